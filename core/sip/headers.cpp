/// @file
/// Parsers of header field values, each under its rule of RFC 3261 §25.1.
#include "core/sip/headers.hpp"

#include "core/base/ascii.hpp"
#include "core/base/numbers.hpp"
#include "core/sip/grammar.hpp"
#include "core/sip/param_reader.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/value_list.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace reginfo::sip {

namespace {

constexpr std::uint64_t kCSeqMax = (std::uint64_t{1} << 31) - 1;
constexpr std::uint64_t kDeltaMax = std::numeric_limits<std::uint32_t>::max();

/// Calls `take` for all parameters. False if they are malformed or `take` refuses one.
template <class Take>
bool read_params(std::string_view params, Take take) {
    ParamReader reader(params);
    while (const auto param = reader.next()) {
        if (!take(*param)) return false;
    }
    return !reader.failed();
}

/// Stores the value of a parameter that must have a value and must not be repeated.
bool keep(std::string_view& place, const ParamReader::Param& param) {
    if (!place.empty() || param.value.empty()) return false;
    place = param.value;
    return true;
}

/// The text behind SEMI; empty at the end. Nothing if there is something else here.
std::optional<std::string_view> rest_as_params(Scanner& scanner) {
    if (scanner.accept_separator(';')) {
        return scanner.at_end() ? std::nullopt : std::optional(scanner.rest());
    }
    scanner.skip_lws();
    return scanner.at_end() ? std::optional(std::string_view{}) : std::nullopt;
}

/// Reads `name-addr` from its LAQUOT on, or `addr-spec`, into `uri`.
bool read_address(Scanner& scanner, NameAddr& address) {
    address.bracketed = scanner.accept('<');
    if (address.bracketed) {
        address.uri = scanner.take_until('>');
        if (!scanner.accept('>')) return false;
    } else {
        const std::size_t begin = scanner.position();
        while (!scanner.at_end() && scanner.peek() != ';' && !is(Chars::lws, scanner.peek())) {
            if (scanner.peek() == '?' || scanner.peek() == ',') return false;
            scanner.accept(scanner.peek());
        }
        address.uri = scanner.since(begin);
    }
    const std::size_t colon = address.uri.find(':');
    return colon != std::string_view::npos && colon > 0 && colon + 1 < address.uri.size() &&
           is(Chars::alpha, address.uri.front()) && is_addr(address.uri);
}

/// The display-name before a '<'; empty if there is none. Moves the scanner to the address.
bool read_display(Scanner& scanner, NameAddr& address) {
    scanner.skip_lws();
    if (scanner.peek() == '"') {
        const auto quoted = scanner.quoted_string();
        if (!quoted) return false;
        address.display = *quoted;
        scanner.skip_lws();
        return scanner.peek() == '<';
    }
    const Scanner before = scanner;
    const std::string_view name = scanner.take(Chars::display);
    if (scanner.peek() == '<') {
        address.display = trim(name);
    } else {
        scanner = before;
    }
    return true;
}

/// Whether a `qvalue` is above 0. A malformed one counts as 1, the default.
bool is_above_zero(std::string_view qvalue) {
    return qvalue.empty() || qvalue.find_first_not_of("0.") != std::string_view::npos;
}

struct MediaType {
    std::string_view type;
    std::string_view subtype;
    std::string_view params;
};

std::optional<MediaType> read_media_type(std::string_view value) {
    Scanner scanner(value);
    MediaType media;
    scanner.skip_lws();
    media.type = scanner.token();
    if (media.type.empty() || !scanner.accept_separator('/')) return std::nullopt;
    media.subtype = scanner.token();
    if (media.subtype.empty()) return std::nullopt;
    const auto params = rest_as_params(scanner);
    if (!params) return std::nullopt;
    media.params = *params;
    if (!params->empty() && !read_params(*params, [](const auto&) { return true; })) {
        return std::nullopt;
    }
    return media;
}

/// How well a media range matches the type: 0 not, 1 "*/*", 2 "type/*", 3 exactly.
int closeness(const MediaType& range, const MediaType& media) {
    if (range.type == "*") return range.subtype == "*" ? 1 : 0;
    if (!equal_ignoring_case(range.type, media.type)) return 0;
    if (range.subtype == "*") return 2;
    return equal_ignoring_case(range.subtype, media.subtype) ? 3 : 0;
}

}  // namespace

std::optional<Via> parse_via(std::string_view value) {
    Scanner scanner(value);
    Via via;
    via.text = trim(value);
    scanner.skip_lws();
    if (scanner.token().empty() || !scanner.accept_separator('/')) return std::nullopt;
    if (scanner.token().empty() || !scanner.accept_separator('/')) return std::nullopt;
    via.transport = scanner.token();
    if (via.transport.empty() || !is(Chars::lws, scanner.peek())) return std::nullopt;
    scanner.skip_lws();

    via.host = scanner.host();
    if (!is_host(via.host, via.address)) return std::nullopt;
    if (scanner.accept_separator(':')) {
        const auto port = parse_port(scanner.take(Chars::digit));
        if (!port) return std::nullopt;
        via.port = *port;
    }
    const auto params = rest_as_params(scanner);
    if (!params) return std::nullopt;
    via.params = trim(*params);
    if (via.params.empty()) return via;
    bool has_branch = false;
    const bool good = read_params(via.params, [&](const ParamReader::Param& param) {
        if (equal_ignoring_case(param.name, "branch")) {
            if (std::exchange(has_branch, true)) return false;
            via.branch = param.value;  // an empty branch counts as absent
            return true;
        }
        if (equal_ignoring_case(param.name, "maddr")) return keep(via.maddr, param);
        if (equal_ignoring_case(param.name, "rport")) via.has_rport = true;
        if (equal_ignoring_case(param.name, "received")) via.has_received = true;
        return true;
    });
    if (!good) return std::nullopt;
    return via;
}

std::optional<NameAddr> parse_name_addr(std::string_view value) {
    Scanner scanner(value);
    NameAddr address;
    address.text = trim(value);
    if (!read_display(scanner, address) || !read_address(scanner, address)) return std::nullopt;
    const auto params = rest_as_params(scanner);
    if (!params) return std::nullopt;
    address.params = trim(*params);
    if (address.params.empty()) return address;
    const bool good = read_params(address.params, [&address](const ParamReader::Param& param) {
        return !equal_ignoring_case(param.name, "tag") || keep(address.tag, param);
    });
    if (!good) return std::nullopt;
    return address;
}

std::optional<CSeq> parse_cseq(std::string_view value) {
    Scanner scanner(trim(value));
    const auto number = parse_number(scanner.take(Chars::digit), kCSeqMax);
    if (!number || !is(Chars::lws, scanner.peek())) return std::nullopt;
    scanner.skip_lws();
    CSeq cseq;
    cseq.number = static_cast<std::uint32_t>(*number);
    cseq.method_text = scanner.token();
    if (cseq.method_text.empty() || !scanner.at_end()) return std::nullopt;
    cseq.method = method_of(cseq.method_text);
    return cseq;
}

std::optional<EventHeader> parse_event(std::string_view value) {
    Scanner scanner(value);
    EventHeader event;
    scanner.skip_lws();
    event.package = scanner.token();
    if (event.package.empty()) return std::nullopt;
    const auto params = rest_as_params(scanner);
    if (!params) return std::nullopt;
    event.params = trim(*params);
    if (event.params.empty()) return event;
    const bool good = read_params(event.params, [&event](const ParamReader::Param& param) {
        if (!equal_ignoring_case(param.name, "id")) return true;
        if (event.id || !is_token(param.value)) return false;
        event.id = param.value;
        return true;
    });
    if (!good) return std::nullopt;
    return event;
}

std::optional<Seconds> parse_delta_seconds(std::string_view value) {
    const auto number = parse_saturating(trim(value), kDeltaMax);
    if (!number) return std::nullopt;
    return Seconds(static_cast<Seconds::rep>(*number));
}

std::optional<Seconds> parse_retry_after(std::string_view value) {
    Scanner scanner(trim(value));
    const std::string_view digits = scanner.take(Chars::digit);
    scanner.skip_lws();
    if (!scanner.at_end() && scanner.peek() != ';' && scanner.peek() != '(') return std::nullopt;
    return parse_delta_seconds(digits);
}

bool is_token(std::string_view value) { return consists_of(Chars::token, value); }

bool is_media_type(std::string_view value, std::string_view media_type) {
    if (value == media_type) return true;
    const auto actual = read_media_type(value);
    const auto wanted = read_media_type(media_type);
    return actual && wanted && equal_ignoring_case(actual->type, wanted->type) &&
           equal_ignoring_case(actual->subtype, wanted->subtype);
}

bool is_utf8(std::string_view content_type) {
    if (content_type.find(';') == std::string_view::npos) return true;
    const auto media = read_media_type(content_type);
    auto charset = media ? find_param(media->params, "charset") : std::nullopt;
    if (!charset) return true;
    if (charset->size() > 1 && charset->front() == '"' && charset->back() == '"') {
        charset = charset->substr(1, charset->size() - 2);
    }
    return equal_ignoring_case(*charset, "utf-8") || equal_ignoring_case(*charset, "us-ascii");
}

bool accepts(const Message& message, std::string_view media_type) {
    const bool is_only_one = message.count(HeaderName::accept) == 1;
    if (is_only_one && message.first(HeaderName::accept) == media_type) return true;
    const auto media = read_media_type(media_type);
    if (!media) return false;
    int closest = 0;
    bool accepted = false;
    ValueList ranges(message, HeaderName::accept);
    while (const auto value = ranges.next()) {
        const auto range = read_media_type(*value);
        const int close = range ? closeness(*range, *media) : 0;
        if (close == 0 || close < closest) continue;
        const bool admits = is_above_zero(find_param(range->params, "q").value_or(""));
        accepted = admits || (close == closest && accepted);
        closest = close;
    }
    return accepted;
}

}  // namespace reginfo::sip

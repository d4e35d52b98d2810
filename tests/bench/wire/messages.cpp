/// @file

#include "tests/bench/wire/messages.hpp"

#include <algorithm>
#include <charconv>

namespace reginfo::bench {
namespace {

constexpr std::uint32_t kFirstState = 1'000'000;  ///< so that all documents are of one length

void append(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

template <class... Pieces>
void put(std::string& out, const Pieces&... pieces) {
    const auto one = [&](const auto& piece) {
        if constexpr (std::is_arithmetic_v<std::decay_t<decltype(piece)>>) {
            append(out, piece);
        } else {
            out.append(piece);
        }
    };
    (one(pieces), ...);
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end == text.data()) return std::nullopt;
    return number;
}

/// The value of the first attribute of that name from `at` on, as a number.
std::optional<std::uint32_t> attribute(
    std::string_view text,
    std::string_view name_and_quote,
    std::size_t at = 0
) {
    const std::size_t begin = text.find(name_and_quote, at);
    if (begin == text.npos) return std::nullopt;
    return parse_number(text.substr(begin + name_and_quote.size()));
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    return text;
}

std::string_view value_of(std::string_view line) {
    line.remove_prefix(line.find(':') + 1);
    while (line.starts_with(' ')) line.remove_prefix(1);
    return line;
}

/// One header line, without its CRLF. Returns false if its value is broken.
bool take_line(std::string_view line, Incoming& message, std::optional<std::uint32_t>& length) {
    const auto is = [&](std::string_view name) { return line.starts_with(name); };
    const bool repeated = is("Via:") || is("From:") || is("To:") || is("Call-ID:") || is("CSeq:");
    if (repeated) {
        if (message.goes_back_count == message.goes_back.size()) return false;
        message.goes_back[message.goes_back_count++] = line;
    }
    if (is("Call-ID:")) message.call_id = value_of(line);
    if (is("SIP-ETag:")) message.etag = value_of(line);
    if (is("Subscription-State:")) message.subscription_state = value_of(line);
    if (is("CSeq:")) {
        const std::string_view value = value_of(line);
        const auto number = parse_number(value);
        if (!number) return false;
        message.cseq = *number;
        message.cseq_method = value.substr(std::min(value.find(' '), value.size()));
        while (message.cseq_method.starts_with(' ')) message.cseq_method.remove_prefix(1);
    }
    if (is("Content-Length:")) {
        length = parse_number(value_of(line));
        if (!length) return false;
    }
    return true;
}

}  // namespace

std::string aor_of(std::uint32_t number) {
    std::string aor = "sip:u";
    append(aor, 10'000'000 + number);
    return aor + "@bench.test";
}

std::string document(const Scene& scene, std::uint32_t aor, std::uint32_t state) {
    const std::string uri = aor_of(aor);
    std::string out;
    out.reserve(scene.body_bytes * scene.contacts + 64);
    put(out,
        "<?xml version=\"1.0\"?>\n"
        "<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"0\" state=\"full\">\n"
        "  <registration aor=\"",
        uri,
        "\" id=\"0x7f812fed6580\" state=\"active\">\n");
    for (std::uint32_t i = 0; i < scene.contacts; ++i) {
        put(out,
            "    <contact id=\"0x7f812fed6",
            100 + i,
            "\" state=\"active\" event=\"created\" "
            "expires=\"3600\" callid=\"c",
            i,
            "-",
            uri,
            "\" cseq=\"",
            kFirstState + state,
            "\" received=\"\" path=\"\" user_agent=\"bench");
        constexpr std::size_t kRest = 98;  // the rest of a document with one contact
        if (i == 0 && out.size() + kRest < scene.body_bytes) {
            out.append(scene.body_bytes - kRest - out.size(), 'x');
        }
        put(out, "\">\n      <uri>sip:phone@192.0.2.1:", 10'000 + i, "</uri>\n    </contact>\n");
    }
    put(out, "  </registration>\n</reginfo>\n");
    return out;
}

void write_publish(std::string& out, const Scene& scene, const Publish& publish) {
    const std::string aor = aor_of(publish.aor);
    const std::string body =
        publish.with_body ? document(scene, publish.aor, publish.state) : std::string();
    put(out,
        "PUBLISH ",
        aor,
        " SIP/2.0\r\nVia: SIP/2.0/",
        scene.transport,
        " ",
        scene.publisher,
        ";branch=z9hG4bK5a64.p",
        publish.aor,
        ".",
        publish.cseq,
        ".0000000000000000",
        "\r\nTo: <",
        aor,
        ">\r\nFrom: <",
        aor,
        ">;tag=cdb99d0d253e5194d8191660afc9d7bd-e94603c6",
        "\r\nCSeq: ",
        publish.cseq,
        " PUBLISH\r\nCall-ID: p",
        publish.aor,
        "@bench\r\nContent-Length: ",
        body.size(),
        "\r\nUser-Agent: bench\r\nMax-Forwards: 70\r\nEvent: reg\r\nExpires: ",
        publish.expires,
        "\r\n");
    if (!publish.etag.empty()) put(out, "SIP-If-Match: ", publish.etag, "\r\n");
    if (publish.with_body) put(out, "Content-Type: application/reginfo+xml\r\n");
    put(out, "\r\n", body);
}

void write_subscribe(std::string& out, const Scene& scene, const Subscribe& subscribe) {
    const std::string aor = aor_of(subscribe.aor);
    put(out,
        "SUBSCRIBE ",
        aor,
        " SIP/2.0\r\nVia: SIP/2.0/",
        scene.transport,
        " ",
        scene.watcher,
        ";branch=z9hG4bK09fd.s",
        subscribe.watcher,
        ".",
        subscribe.cseq,
        ".0000000000000000",
        "\r\nTo: <",
        aor,
        ">\r\nFrom: <sip:w",
        subscribe.watcher,
        "@",
        scene.watcher,
        ">;tag=4fef0669abcea5a0-",
        subscribe.watcher,
        "\r\nCSeq: ",
        subscribe.cseq,
        " SUBSCRIBE\r\nCall-ID: w",
        subscribe.watcher,
        "@bench\r\nContent-Length: 0\r\nUser-Agent: bench\r\nMax-Forwards: 70\r\nEvent: reg\r\n"
        "Accept: application/reginfo+xml\r\nContact: <sip:w",
        subscribe.watcher,
        "@",
        scene.watcher,
        scene.transport == "TCP" ? ";transport=tcp" : "",
        ">\r\nExpires: ",
        subscribe.expires,
        "\r\n\r\n");
}

std::optional<Incoming> read_incoming(std::string_view bytes) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == bytes.npos) return std::nullopt;
    Incoming message;
    message.body = bytes.substr(end + 4);
    message.is_notify = bytes.starts_with("NOTIFY sip:");
    if (!message.is_notify) {
        if (!bytes.starts_with("SIP/2.0 ")) return std::nullopt;
        const auto status = parse_number(bytes.substr(8, 3));
        if (!status) return std::nullopt;
        message.status = static_cast<int>(*status);
    }
    std::optional<std::uint32_t> length;
    for (std::size_t at = bytes.find("\r\n") + 2; at < end;) {
        const std::size_t line_end = bytes.find("\r\n", at);
        if (!take_line(bytes.substr(at, line_end - at), message, length)) return std::nullopt;
        at = line_end + 2;
    }
    const bool complete = !message.call_id.empty() && !message.cseq_method.empty() && length &&
                          *length == message.body.size() && message.goes_back_count >= 5 &&
                          (!message.is_notify || !message.subscription_state.empty());
    if (!complete) return std::nullopt;
    return message;
}

void write_answer(std::string& out, const Incoming& notify) {
    out.append("SIP/2.0 200 OK\r\n");
    for (std::size_t i = 0; i < notify.goes_back_count; ++i) {
        put(out, notify.goes_back[i], "\r\n");
    }
    out.append("Content-Length: 0\r\n\r\n");
}

std::optional<Told> read_document(
    std::string_view body,
    std::uint32_t aor,
    std::uint32_t contacts
) {
    const std::size_t root = body.find("<reginfo");
    if (root == body.npos || !trimmed(body).ends_with("</reginfo>")) return std::nullopt;
    const auto version = attribute(body, " version=\"", root);
    const std::size_t registration = body.find("<registration", root);
    if (!version || registration == body.npos) return std::nullopt;
    const std::size_t named = body.find(aor_of(aor), registration);
    if (named == body.npos || named > body.find('>', registration)) return std::nullopt;

    Told told{*version, 0};
    std::uint32_t listed = 0;
    for (std::size_t at = body.find("<contact ", registration); at != body.npos;
         at = body.find("<contact ", at + 1)) {
        const auto state = attribute(body, " cseq=\"", at);
        if (!state || *state < kFirstState) return std::nullopt;
        if (listed++ > 0 && told.state != *state - kFirstState) return std::nullopt;
        told.state = *state - kFirstState;
    }
    if (listed != 0 && listed != contacts) return std::nullopt;
    return told;
}

std::optional<std::uint32_t> number_of(std::string_view call_id, char kind) {
    if (call_id.empty() || call_id.front() != kind || !call_id.ends_with("@bench")) {
        return std::nullopt;
    }
    return parse_number(call_id.substr(1));
}

}  // namespace reginfo::bench

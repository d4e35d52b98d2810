/// @file

#include "core/request_reader.hpp"

#include "core/base/ascii.hpp"
#include "core/base/numbers.hpp"
#include "core/reginfo/document.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/value_list.hpp"

#include <string>
#include <utility>

namespace reginfo {
namespace {

using sip::HeaderName;

/// The value of a field that must be present exactly once.
Result<std::string_view> sole(const sip::Message& message, HeaderName name) {
    const std::size_t count = message.count(name);
    if (count == 1) return *message.first(name);
    const std::string field(sip::text_of(name));
    return count == 0 ? refusal(400, "Missing " + field + " header")
                      : refusal(400, "Several " + field + " headers");
}

Reply malformed(HeaderName name) {
    return refusal(400, "Malformed " + std::string(sip::text_of(name)) + " header");
}

/// @param uri  the Request-URI: From and To often have the same one
Result<sip::NameAddr> address_in(
    const sip::Message& message,
    HeaderName name,
    const std::optional<sip::Uri>& uri
) {
    const auto value = sole(message, name);
    if (!value) return value.error();
    const auto address = sip::parse_name_addr(*value);
    if (!address) return malformed(name);
    const bool is_request_uri = address->uri == message.request_uri;
    const bool is_uri = is_request_uri ? uri.has_value() : sip::parse_uri(address->uri).has_value();
    if (!is_uri) return malformed(name);
    return *address;
}

std::optional<Reply> bad_max_forwards(const sip::Message& message) {
    constexpr std::uint64_t kMaxForwards = 255;
    if (message.count(HeaderName::max_forwards) == 0) return std::nullopt;
    const auto value = sole(message, HeaderName::max_forwards);
    if (!value) return value.error();
    if (!parse_number(*value, kMaxForwards)) return malformed(HeaderName::max_forwards);
    return std::nullopt;
}

/// RFC 3261 §8.2.2.3: there is no extension that a client could require.
std::optional<Reply> bad_require(const sip::Message& message) {
    Reply reply = refusal(420);
    sip::ValueList required(message, HeaderName::require);
    while (const auto tag = required.next()) {
        if (!sip::is_token(*tag)) return malformed(HeaderName::require);
        if (!reply.unsupported.empty()) reply.unsupported.append(", ");
        reply.unsupported.append(*tag);
    }
    if (reply.unsupported.empty()) return std::nullopt;
    return reply;
}

/// Whether a body that is not understood may be ignored (RFC 3261 §20.11).
bool is_optional_body(const sip::Message& message) {
    for (const sip::HeaderField& field : message.headers) {
        if (!equal_ignoring_case(field.text, "Content-Disposition")) continue;
        const std::size_t params = field.value.find(';');
        if (params == std::string_view::npos) return false;
        const auto handling = sip::find_param(field.value.substr(params + 1), "handling");
        return handling && equal_ignoring_case(*handling, "optional");
    }
    return false;
}

/// RFC 3261 §8.2.3. The body of a PUBLISH is never optional (RFC 3903 §6).
std::optional<Reply> bad_body(const sip::Message& message) {
    if (message.count(HeaderName::content_type) > 1) {
        return refusal(400, "Several Content-Type headers");
    }
    const bool is_publish = message.method == sip::Method::publish;
    if (message.body.empty() || (!is_publish && is_optional_body(message))) return std::nullopt;
    sip::ValueList encodings(message, HeaderName::content_encoding);
    while (const auto encoding = encodings.next()) {
        if (!equal_ignoring_case(*encoding, "identity")) return refusal(415);
    }
    const auto type = message.first(HeaderName::content_type).value_or("");
    if (!is_publish && !sip::is_media_type(type, kReginfoType)) return refusal(415);
    return std::nullopt;
}

}  // namespace

std::optional<sip::Via> top_via_of(const sip::Message& message) {
    const auto value = sip::ValueList(message, HeaderName::via).next();
    return value ? sip::parse_via(*value) : std::nullopt;
}

Result<Request> read_request(
    const sip::Message& message,
    const Flow& flow,
    const sip::Via& top_via,
    const TransactionKey& key
) {
    if (!equal_ignoring_case(message.version, "SIP/2.0")) return refusal(505);
    const auto uri = sip::parse_uri(message.request_uri);
    const auto from = address_in(message, HeaderName::from, uri);
    if (!from) return from.error();
    const auto to = address_in(message, HeaderName::to, uri);
    if (!to) return to.error();
    const auto call_id = sole(message, HeaderName::call_id);
    if (!call_id) return call_id.error();
    if (call_id->empty()) return malformed(HeaderName::call_id);
    const auto cseq_text = sole(message, HeaderName::cseq);
    if (!cseq_text) return cseq_text.error();
    const auto cseq = sip::parse_cseq(*cseq_text);
    if (!cseq) return malformed(HeaderName::cseq);
    if (cseq->method_text != message.method_text) {
        return refusal(400, "CSeq method differs from request method");
    }
    if (!message.defect.empty()) return refusal(400, std::string(message.defect));
    if (const auto bad = bad_max_forwards(message)) return *bad;
    return Request{message, flow, top_via, key, *from, *to, *cseq, *call_id, uri, {}};
}

std::optional<Reply> inspect(const Request& request) {
    const sip::Message& message = request.message;
    if (!request.uri) return refusal(400, "Malformed Request-URI");
    if (request.uri->scheme == sip::Uri::Scheme::other) return refusal(416);
    if (const auto bad = bad_require(message)) return *bad;
    return bad_body(message);
}

}  // namespace reginfo

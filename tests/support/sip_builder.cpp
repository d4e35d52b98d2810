/// @file

#include "tests/support/sip_builder.hpp"

#include "core/sip/writer.hpp"

namespace reginfo::test {
namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out.append(name).append(": ").append(value).append("\r\n");
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
    out.append(" ").append(name).append("=\"").append(value).append("\"");
}

/// Whether a response has it from its request.
bool is_repeated(sip::HeaderName name) {
    using enum sip::HeaderName;
    return name == via || name == from || name == to || name == call_id || name == cseq;
}

}  // namespace

std::string RequestText::text() const {
    std::string out = method + " " + uri + " SIP/2.0\r\n";
    append_field(out, "Via", via);
    append_field(out, "From", from);
    append_field(out, "To", to);
    append_field(out, "Call-ID", call_id);
    append_field(out, "CSeq", cseq.empty() ? "" : cseq + " " + method);
    append_field(out, "Max-Forwards", "70");
    append_field(out, "Event", event);
    append_field(out, "Expires", expires);
    append_field(out, "Contact", contact);
    append_field(out, "Content-Type", content_type);
    for (const std::string& line : more) out.append(line).append("\r\n");
    return out + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string BodyText::text() const {
    std::string out = R"(<?xml version="1.0"?><reginfo xmlns="urn:ietf:params:xml:ns:reginfo")";
    append_attribute(out, "version", "0");
    append_attribute(out, "state", state);
    out.append("><registration id=\"r\"");
    append_attribute(out, "aor", aor);
    append_attribute(out, "state", registration_state);
    out.append(">");
    for (const ContactText& contact : contacts) {
        out.append("<contact id=\"0x1\"");
        append_attribute(out, "state", contact.state);
        append_attribute(out, "event", contact.event);
        if (contact.expires) append_attribute(out, "expires", std::to_string(*contact.expires));
        if (!contact.callid.empty()) append_attribute(out, "callid", contact.callid);
        if (contact.cseq) append_attribute(out, "cseq", std::to_string(*contact.cseq));
        out.append(contact.attributes).append("><uri>").append(contact.uri).append("</uri>");
        out.append(contact.children).append("</contact>");
    }
    return out.append(extensions).append("</registration>").append(more).append("</reginfo>");
}

std::string response_text(
    const sip::Message& request,
    int status,
    const std::vector<std::string>& more
) {
    std::string out = "SIP/2.0 " + std::to_string(status) + " ";
    out.append(sip::reason_of(status)).append("\r\n");
    for (const sip::HeaderField& field : request.headers) {
        if (is_repeated(field.name)) append_field(out, field.text, field.value);
    }
    for (const std::string& line : more) out.append(line).append("\r\n");
    return out + "Content-Length: 0\r\n\r\n";
}

std::string next_branch() {
    static std::uint64_t last = 0;
    return "z9hG4bK-test-" + std::to_string(++last);
}

}  // namespace reginfo::test

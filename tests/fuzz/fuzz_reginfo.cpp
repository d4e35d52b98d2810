/// @file
/// An accepted document is accepted again when it is written back, with the same content; also by a
/// reader that has read other documents before.
/// Input: a body.

#include "core/reginfo/reader.hpp"
#include "core/reginfo/writer.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace {

using reginfo::Contact;
using reginfo::Document;
using reginfo::ReaderLimits;
using reginfo::Registration;
using reginfo::Seconds;

// Escaping makes up to six bytes of one, and default declarations are added.
constexpr ReaderLimits kLimitsOfCopy{
    .bytes = 1 << 24,
    .attributes = 256,
    .text_bytes = 1 << 20,
    .namespaces = 128,
};

void append_seconds(std::string& out, std::string_view name, std::optional<Seconds> seconds) {
    if (!seconds) return;
    out.append(" ")
        .append(name)
        .append("=\"")
        .append(std::to_string(seconds->count()))
        .append("\"");
}

void append_contact(std::string& out, const Contact& contact) {
    out += "<contact id=\"c\" state=\"";
    out += contact.active ? "active" : "terminated";
    out += "\" event=\"";
    out += text_of(contact.event);
    out += '"';
    append_seconds(out, "expires", contact.expires);
    append_seconds(out, "retry-after", contact.retry_after);
    append_seconds(out, "duration-registered", contact.duration_registered);
    out.append(contact.attributes_xml).append("><uri>").append(contact.uri_xml).append("</uri>");
    out.append(contact.children_xml).append("</contact>");
}

std::string write(const Document& document) {
    std::string out;
    reginfo::append_document_head(out, 1, document.full);
    for (const Registration& registration : document.registrations) {
        reginfo::append_registration_head(out, registration.aor, "r", registration.state);
        for (const Contact& contact : registration.contacts) append_contact(out, contact);
        out += registration.extensions_xml;
        reginfo::append_registration_end(out);
    }
    reginfo::append_document_end(out);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    const auto document = reginfo::read_document(body, {});
    static reginfo::DocumentReader used;
    const auto same = used.read(body, {});
    if (same.has_value() != document.has_value()) std::abort();
    if (!document) return 0;
    if (**same != *document) std::abort();
    const auto copy = reginfo::read_document(write(*document), kLimitsOfCopy);
    if (!copy || *copy != *document) std::abort();
    return 0;
}

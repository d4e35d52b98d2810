/// @file
/// Small reginfo documents from pieces, and their result.
#pragma once

#include "core/reginfo/reader.hpp"
#include "tests/core/reginfo/samples.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace reginfo::test {

inline constexpr std::string_view kUri = "<uri>sip:a@192.0.2.1</uri>";

inline std::string reginfo_with(std::string_view registrations, std::string_view more = {}) {
    return std::string(R"(<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full")"
    )
        .append(more)
        .append(">")
        .append(registrations)
        .append("</reginfo>");
}

inline std::string registration_with(std::string_view children, std::string_view more = {}) {
    return std::string(R"(<registration aor="sip:a@example.org" id="r" state="active")")
        .append(more)
        .append(">")
        .append(children)
        .append("</registration>");
}

inline std::string contact_with(std::string_view children, std::string_view more = {}) {
    return std::string(R"(<contact id="c" state="active" event="created")")
        .append(more)
        .append(">")
        .append(children)
        .append("</contact>");
}

/// A document of one registration with one contact.
inline std::string document_of(std::string_view contact_children, std::string_view more = {}) {
    return reginfo_with(registration_with(contact_with(contact_children, more)));
}

/// Why it is refused; "" if it is not.
inline std::string refusal(std::string_view body, const ReaderLimits& limits = {}) {
    const auto result = read_document(body, limits);
    return result ? "" : result.error().reason;
}

/// An empty document, and a failure of the test, if it is refused.
inline Document read(std::string_view body) {
    auto result = read_document(body, {});
    if (result) return std::move(*result);
    ADD_FAILURE() << result.error().reason << ": " << body;
    return {};
}

/// A contact, and the document that has its texts.
struct OnlyContact : Contact {
    Document document;
};

/// The only contact, or an empty one and a failure.
inline OnlyContact read_contact(std::string_view body) {
    Document document = read(body);
    if (document.registrations.size() == 1 && document.registrations[0].contacts.size() == 1) {
        const Contact contact = document.registrations[0].contacts[0];
        return {contact, std::move(document)};
    }
    ADD_FAILURE() << "not one contact: " << body;
    return {};
}

}  // namespace reginfo::test

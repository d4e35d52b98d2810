/// @file
/// Escaping and the frame of a document.

#include "core/reginfo/writer.hpp"

#include "core/reginfo/reader.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace reginfo {
namespace {

std::string escaped(std::string_view text) {
    std::string out = "before:";
    append_escaped(out, text);
    return out;
}

TEST(Writer, MarkupIsEscaped) {
    EXPECT_EQ(escaped(R"(a<b>&"c'd)"), "before:a&lt;b&gt;&amp;&quot;c'd");
}

TEST(Writer, BlanksThatAParserWouldChangeBecomeReferences) {
    EXPECT_EQ(escaped("\ta\r\nb "), "before:&#9;a&#13;&#10;b ");
}

TEST(Writer, WhatNeedsNoEscapeIsLeftAlone) {
    EXPECT_EQ(escaped(""), "before:");
    EXPECT_EQ(escaped("sip:j\xC3\xB6rg@example.org"), "before:sip:j\xC3\xB6rg@example.org");
}

TEST(Writer, TheHeadIsCompactAndHasNoPrefix) {
    std::string out;
    append_document_head(out, std::numeric_limits<std::uint32_t>::max(), true);
    EXPECT_EQ(
        out,
        R"(<?xml version="1.0" encoding="UTF-8"?><reginfo xmlns="urn:ietf:params:xml:ns:reginfo")"
        R"( version="4294967295" state="full">)"
    );
}

TEST(Writer, APartialDocumentHasTheStatePartial) {
    std::string out;
    append_document_head(out, 7, false);
    EXPECT_TRUE(out.ends_with(R"( version="7" state="partial">)"));
}

TEST(Writer, TheAorOfARegistrationIsEscaped) {
    std::string out;
    append_registration_head(out, "sip:a&b@example.org", "r1", RegistrationState::init);
    append_registration_end(out);
    EXPECT_EQ(
        out, R"(<registration aor="sip:a&amp;b@example.org" id="r1" state="init"></registration>)"
    );
}

TEST(Writer, WhatIsWrittenIsRead) {
    std::string out;
    append_document_head(out, 0, false);
    append_registration_head(out, "sip:a&b@example.org", "r1", RegistrationState::terminated);
    append_registration_end(out);
    append_document_end(out);

    const auto document = read_document(out, {});

    ASSERT_TRUE(document);
    EXPECT_FALSE(document->full);
    ASSERT_EQ(document->registrations.size(), 1U);
    EXPECT_EQ(document->registrations[0].aor, "sip:a&b@example.org");
    EXPECT_EQ(document->registrations[0].state, RegistrationState::terminated);
}

TEST(Writer, EventsAndStatesAreTheWordsOfRfc3680) {
    EXPECT_EQ(text_of(ContactEvent::registered), "registered");
    EXPECT_EQ(text_of(ContactEvent::created), "created");
    EXPECT_EQ(text_of(ContactEvent::refreshed), "refreshed");
    EXPECT_EQ(text_of(ContactEvent::shortened), "shortened");
    EXPECT_EQ(text_of(ContactEvent::expired), "expired");
    EXPECT_EQ(text_of(ContactEvent::deactivated), "deactivated");
    EXPECT_EQ(text_of(ContactEvent::probation), "probation");
    EXPECT_EQ(text_of(ContactEvent::unregistered), "unregistered");
    EXPECT_EQ(text_of(ContactEvent::rejected), "rejected");
    EXPECT_EQ(text_of(ContactEvent::terminated), "terminated");
    EXPECT_EQ(text_of(RegistrationState::init), "init");
    EXPECT_EQ(text_of(RegistrationState::active), "active");
    EXPECT_EQ(text_of(RegistrationState::terminated), "terminated");
}

}  // namespace
}  // namespace reginfo

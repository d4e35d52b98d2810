/// @file
/// Which documents are read, and the reason for each refusal.

#include "core/reginfo/reader.hpp"

#include "tests/core/reginfo/documents.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::test {
namespace {

using namespace std::string_literals;

struct Case {
    std::string body;
    std::string reason;
};

void expect_reasons(const std::vector<Case>& cases) {
    for (const Case& c : cases) EXPECT_EQ(refusal(c.body), c.reason) << c.body;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
    std::string out(text);
    const std::size_t at = out.find(from);
    if (at == std::string::npos) {
        ADD_FAILURE() << "no " << from;
        return out;
    }
    return out.replace(at, from.size(), to);
}

TEST(Reader, KamailiosDocumentIsRead) {
    const Document document = read(kKamailio);

    EXPECT_TRUE(document.full);
    ASSERT_EQ(document.registrations.size(), 1U);
    EXPECT_EQ(document.registrations[0].aor, "sip:alice@reg.test");
    EXPECT_EQ(document.registrations[0].state, RegistrationState::active);
    EXPECT_EQ(document.registrations[0].extensions_xml, "");
    ASSERT_EQ(document.registrations[0].contacts.size(), 1U);
    const Contact& contact = document.registrations[0].contacts[0];
    EXPECT_TRUE(contact.active);
    EXPECT_EQ(contact.event, ContactEvent::created);
    EXPECT_EQ(contact.expires, Seconds(300));
    EXPECT_EQ(contact.callid, "alice-c1@ua.reg.test");
    EXPECT_EQ(contact.cseq, 1U);
    EXPECT_EQ(contact.uri, "sip:alice@127.0.0.1:17201");
    EXPECT_EQ(contact.uri_xml, "sip:alice@127.0.0.1:17201");
    EXPECT_EQ(contact.children_xml, "");
    EXPECT_EQ(
        contact.attributes_xml,
        R"( callid="alice-c1@ua.reg.test" cseq="1" received="" path="")"
        R"( user_agent="interop-ua &quot;v1&quot; &lt;x&amp;y&gt;")"
    );
}

TEST(Reader, KamailiosThreeContactsAreReadInOrder) {
    const Document document = read(kKamailioThree);

    ASSERT_EQ(document.registrations.size(), 1U);
    const auto& contacts = document.registrations[0].contacts;
    ASSERT_EQ(contacts.size(), 3U);
    EXPECT_EQ(contacts[0].uri, "sip:carol@127.0.0.1:17223");
    EXPECT_EQ(contacts[1].uri, "sip:carol@127.0.0.1:17222");
    EXPECT_EQ(contacts[2].uri, "sip:carol@127.0.0.1:17221");
    EXPECT_EQ(contacts[2].event, ContactEvent::created);
}

TEST(Reader, ARegistrationWithoutContactsIsRead) {
    const Document document = read(kKamailioExpired);

    ASSERT_EQ(document.registrations.size(), 1U);
    EXPECT_EQ(document.registrations[0].state, RegistrationState::terminated);
    EXPECT_TRUE(document.registrations[0].contacts.empty());
}

TEST(Reader, AnEndedContactIsRead) {
    const OnlyContact contact = read_contact(reginfo_with(registration_with(
        R"(<contact id="c" state="terminated" event="unregistered" expires="293">)" +
        std::string(kUri) + "</contact>"
    )));

    EXPECT_FALSE(contact.active);
    EXPECT_EQ(contact.event, ContactEvent::unregistered);
    EXPECT_EQ(contact.expires, Seconds(293));
}

// OpenSIPS prints its version with leading zeros and several registrations in one document.
TEST(Reader, OpenSipsDocumentIsRead) {
    const Document document = read(
        R"(<?xml version="1.0"?><reginfo xmlns="urn:ietf:params:xml:ns:reginfo")"
        R"( version="00000000000" state="full"><registration aor="sip:a@b.example")"
        R"( id="0x7f00.1" state="terminated"><contact id="0x7f01.2" state="terminated")"
        R"( event="expired" expires="0" callid="x" cseq="2"><uri>sip:a@192.0.2.1</uri></contact>)"
        R"(</registration><registration aor="tel:+15551234" id="0x7f00.2" state="active"/></reginfo>)"
    );

    ASSERT_EQ(document.registrations.size(), 2U);
    EXPECT_EQ(document.registrations[0].contacts.at(0).expires, Seconds(0));
    EXPECT_EQ(document.registrations[1].aor, "tel:+15551234");
}

TEST(Reader, AnyPrefixMayStandForReginfo) {
    const Document plain = read(document_of(kUri));
    const Document prefixed =
        read(R"(<r:reginfo xmlns:r="urn:ietf:params:xml:ns:reginfo" version="0" state="full">)"
             R"(<r:registration aor="sip:a@example.org" id="r" state="active">)"
             R"(<q:contact xmlns:q="urn:ietf:params:xml:ns:reginfo" id="c" state="active")"
             R"( event="created"><q:uri>sip:a@192.0.2.1</q:uri></q:contact>)"
             R"(</r:registration></r:reginfo>)");
    EXPECT_EQ(plain, prefixed);
}

TEST(Reader, ANamespaceMayBeWrittenWithReferences) {
    const std::string body = replaced(document_of(kUri), "ns:reginfo", "ns:re&#103;info");
    EXPECT_EQ(read(body), read(document_of(kUri)));
}

TEST(Reader, AnotherRootIsRefused) {
    constexpr const char* kReason =
        "reginfo: root element is not {urn:ietf:params:xml:ns:reginfo}reginfo";
    expect_reasons({
        {replaced(document_of(kUri), "ns:reginfo", "ns:other"), kReason},
        {replaced(document_of(kUri), " xmlns=", " xmlns:r="), kReason},
        {"<reginfo version='0' state='full'/>", kReason},
        {"<presence xmlns='urn:ietf:params:xml:ns:reginfo'/>", kReason},
        {"<Reginfo xmlns='urn:ietf:params:xml:ns:reginfo'/>", kReason},
    });
}

TEST(Reader, WhatIsNotXmlIsRefused) {
    expect_reasons({
        {"", "reginfo: no root element"},
        {"v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\n", "reginfo: text outside of the root element"},
        {"{\"state\": \"full\"}", "reginfo: text outside of the root element"},
        {document_of(kUri) + "x", "reginfo: text outside of the root element"},
        {document_of(kUri) + document_of(kUri), "reginfo: more than one root element"},
        {"<!DOCTYPE reginfo>" + document_of(kUri), "reginfo: DTD"},
        {replaced(kKamailio, "?>", " encoding='UTF-16'?>"),
         "reginfo: encoding is neither UTF-8 nor US-ASCII"},
    });
}

TEST(Reader, TheStateOfTheDocumentIsFullOrPartial) {
    EXPECT_FALSE(read(replaced(document_of(kUri), "\"full\"", "\"partial\"")).full);
    expect_reasons({
        {replaced(document_of(kUri), " state=\"full\"", ""),
         "reginfo: missing attribute state of reginfo"},
        {replaced(document_of(kUri), "\"full\"", "\"Full\""),
         "reginfo: attribute state of reginfo is neither full nor partial"},
    });
}

TEST(Reader, ADocumentWhoseOnlyRegistrationCannotBePassedOnIsRefused) {
    const std::string body = reginfo_with(registration_with(""));
    expect_reasons({
        {replaced(body, " aor=\"sip:a@example.org\"", ""),
         "reginfo: missing attribute aor of registration"},
        {replaced(body, "sip:a@example.org", ""),
         "reginfo: attribute aor of registration is not a URI"},
        {replaced(body, "sip:a@example.org", "sip:a#b#c"),
         "reginfo: attribute aor of registration is not a URI"},
    });
}

TEST(Reader, TheStateOfARegistrationIsNoHarm) {
    const std::string body = reginfo_with(registration_with(""));
    const auto state_of = [](const std::string& text) {
        return read(text).registrations.at(0).state;
    };
    EXPECT_EQ(
        state_of(replaced(body, "\"active\"", "\"terminated\"")), RegistrationState::terminated
    );
    EXPECT_EQ(state_of(replaced(body, "\"active\"", "\"init\"")), RegistrationState::init);
    EXPECT_EQ(state_of(replaced(body, "\"active\"", "\"ACTIVE\"")), RegistrationState::active);
    EXPECT_EQ(state_of(replaced(body, " state=\"active\"", "")), RegistrationState::active);
}

TEST(Reader, ADocumentHasARegistration) {
    expect_reasons({
        {reginfo_with(""), "reginfo: no registration"},
        {reginfo_with("<x:registration xmlns:x='urn:x'/>"), "reginfo: no registration"},
    });
}

TEST(Reader, RegistrationsAndContactsAreLimited) {
    ReaderLimits limits;
    limits.registrations = 2;
    limits.contacts = 1;
    const std::string one = registration_with(contact_with(kUri));
    const std::string two = registration_with(contact_with(kUri) + contact_with(kUri));
    EXPECT_EQ(refusal(reginfo_with(one + one), limits), "");
    EXPECT_EQ(refusal(reginfo_with(one + one + one), limits), "reginfo: too many registrations");
    EXPECT_EQ(refusal(reginfo_with(two), limits), "reginfo: too many contacts in registration");
}

TEST(Reader, TheSizeIsLimited) {
    const std::string body = document_of(kUri);
    ReaderLimits limits;
    limits.bytes = body.size();
    EXPECT_EQ(refusal(body, limits), "");
    EXPECT_EQ(refusal(body + " ", limits), "reginfo: body too large");
}

TEST(Reader, IdsMayBeMissingOrTheSame) {
    const std::string body =
        reginfo_with(registration_with(contact_with(kUri) + contact_with(kUri)));
    EXPECT_EQ(read(body).registrations.at(0).contacts.size(), 2U);
    EXPECT_EQ(refusal(replaced(body, " id=\"c\"", "")), "");
}

TEST(Reader, EveryReasonFitsAReasonPhrase) {
    const std::string body = std::string(kKamailio);
    for (std::size_t size = 0; size < body.size(); ++size) {
        for (const char* const damage : {"", "<", "&", "\"", "\x01", "</x>", "\xC3"}) {
            const std::string reason = refusal(body.substr(0, size) + damage);
            EXPECT_LT(reason.size(), 120U);
            EXPECT_TRUE(std::ranges::all_of(reason, [](char c) { return c >= ' ' && c < '\x7F'; }));
        }
    }
}

// What RapidXML lets pass, each with its own reason here.

TEST(Reader, AClosingTagNamesItsElement) {
    const std::string body = document_of(kUri);
    EXPECT_EQ(refusal(replaced(body, "</uri>", "</urj>")), "reginfo: invalid closing tag name");
    EXPECT_EQ(refusal(replaced(body, "</uri>", "</x:uri>")), "reginfo: invalid closing tag name");
}

TEST(Reader, AttributesAreThereOnce) {
    constexpr const char* kReason = "reginfo: duplicate attribute";
    EXPECT_EQ(refusal(document_of(kUri, " state='active'")), kReason);
    EXPECT_EQ(refusal(document_of(kUri, " x='1' x='1'")), kReason);
    EXPECT_EQ(refusal(document_of(kUri, " xmlns:p='urn:a' xmlns:p='urn:b'")), kReason);
    EXPECT_EQ(refusal(reginfo_with("", " xmlns='urn:ietf:params:xml:ns:reginfo'")), kReason);
    EXPECT_EQ(
        refusal(document_of(kUri, " xmlns:p='urn:a' xmlns:q='urn:a' p:x='1' q:x='1'")), kReason
    );
    EXPECT_EQ(refusal(document_of(kUri, " xmlns:p='urn:a' xmlns:q='urn:b' p:x='1' q:x='1'")), "");
    EXPECT_EQ(refusal(document_of(kUri, " xmlns:p='urn:a' p:x='1' x='1'")), "");
}

TEST(Reader, APrefixIsBound) {
    constexpr const char* kReason = "reginfo: unbound prefix";
    expect_reasons({
        {document_of(kUri, " p:x='1'"), kReason},
        {document_of(std::string(kUri) + "<p:x/>"), kReason},
        {document_of(std::string(kUri) + "<x xmlns='urn:x'><y p:z=''/></x>"), kReason},
        {document_of("<p:x xmlns:p='urn:p'/><p:y/>" + std::string(kUri)), kReason},
        {reginfo_with(registration_with("") + "<p:x/>"), kReason},
        {reginfo_with(registration_with("<nowhere><p:x/></nowhere>")), kReason},
        {"<p:reginfo/>", kReason},
        {document_of("<xmlns:x/>" + std::string(kUri)), kReason},
    });
}

TEST(Reader, ADeclarationKeepsTheRulesOfNamespaces) {
    constexpr const char* kReserved = "reginfo: reserved namespace";
    expect_reasons({
        {document_of(kUri, " xmlns:xmlns='urn:x'"), kReserved},
        {document_of(kUri, " xmlns:x='http://www.w3.org/2000/xmlns/'"), kReserved},
        {document_of(kUri, " xmlns:xml='urn:x'"), kReserved},
        {document_of(kUri, " xmlns:x='http://www.w3.org/XML/1998/namespace'"), kReserved},
        {document_of(kUri, " xmlns:x=''"), "reginfo: empty namespace of a prefix"},
    });
    EXPECT_EQ(
        refusal(document_of(kUri, " xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang='en'")
        ),
        ""
    );
}

TEST(Reader, ABareAmpersandIsRefused) {
    EXPECT_EQ(
        refusal(document_of("<uri>sip:a@192.0.2.1?x=1&y=2</uri>")), "reginfo: & that is not escaped"
    );
    EXPECT_EQ(refusal(document_of(kUri, " callid='a&b'")), "reginfo: & that is not escaped");
}

TEST(Reader, AnUnknownEntityIsRefused) {
    EXPECT_EQ(refusal(document_of(kUri, " callid='&x;'")), "reginfo: unknown entity");
}

TEST(Reader, ANulEndsNothing) {
    const std::string body = document_of(kUri);
    EXPECT_EQ(refusal(body + "\0"s), "reginfo: character not allowed in XML");
    EXPECT_EQ(refusal(body + "\0<junk"s), "reginfo: character not allowed in XML");
    EXPECT_EQ(
        refusal(replaced(body, "sip:a@", "sip:a\0@"s)), "reginfo: character not allowed in XML"
    );
}

TEST(Reader, BytesThatAreNotUtf8AreRefused) {
    EXPECT_EQ(refusal(document_of(kUri, " callid='\xE9'")), "reginfo: not UTF-8");
}

TEST(Reader, WhatWasReadBeforeLeavesNothingBehind) {
    const std::string extended = reginfo_with(registration_with(contact_with(
        std::string(kUri) + R"(<unknown-param name="a">b</unknown-param><e:x>y</e:x>)",
        R"( xmlns:e="urn:e" e:z="1" callid="c" cseq="1" expires="5")"
    )));
    const std::vector<std::string> bodies = {
        extended,
        "<reginfo",
        std::string(kKamailio),
        reginfo_with("<e:x xmlns:e='&amp;'><e:y></e:x>"),
        reginfo_with(registration_with(contact_with(kUri))),
        extended,
        reginfo_with(registration_with(contact_with("<e:x/>")))
    };
    DocumentReader reader;
    for (const std::string& body : bodies) {
        const auto once = read_document(body, {});
        const auto again = reader.read(body, {});
        ASSERT_EQ(again.has_value(), once.has_value()) << body;
        if (once) {
            EXPECT_EQ(**again, *once) << body;
        } else {
            EXPECT_EQ(again.error().reason, once.error().reason) << body;
        }
    }
}

}  // namespace
}  // namespace reginfo::test

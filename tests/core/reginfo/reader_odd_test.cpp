/// @file
/// What is odd about a document hurts only itself: it is passed on as text where RFC 3680 §5.4
/// allows that, and left out alone where it does not.

#include "core/reginfo/reader.hpp"
#include "core/reginfo/reasons.hpp"
#include "core/reginfo/values.hpp"
#include "tests/core/reginfo/documents.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::test {
namespace {

/// URIs that RFC 3261 §25.1 does not know and xs:anyURI does.
const std::vector<std::string> kOddUris = {
    "sip:9#1@10.0.0.8:5060",
    "sip:a b@10.0.0.8",
    "sip:a|b@10.0.0.8",
    "sip:e@10.0.0.8;x=\"y\"",
    "sip:\xC3\xA9@10.0.0.8",
    "sip:e@10.0.0.8;;ob",
    "sip:e@10.0.0.8:",
    "sip:@10.0.0.8",
    "sip:0398765432100",
    "sip:0711",
    "tel:not-a-number",
    "alice",
    "instance 1 1 \"a\"",
};

/// Neither.
const std::vector<std::string> kNoUris = {
    "sip:PBX#1000#905448737777@10.0.0.8",
    "sip:100%@10.0.0.8",
    "sip:a%zz@10.0.0.8",
    "<sip:a@10.0.0.8>",
    "\"B\" <sip:a@10.0.0.8>",
    "10.0.0.8:5060",
    ":a",
};

std::string escaped_text(std::string_view text) {
    std::string out;
    for (const char c : text) c == '<' ? out += "&lt;" : out += c;
    return out;
}

std::string uri_element(std::string_view uri) { return "<uri>" + escaped_text(uri) + "</uri>"; }

/// A healthy contact, that one, and another healthy one.
Document read_beside_healthy(const std::string& odd_contact) {
    return read(reginfo_with(registration_with(
        contact_with("<uri>sip:first@192.0.2.1</uri>") + odd_contact +
        contact_with("<uri>sip:last@192.0.2.2</uri>")
    )));
}

std::vector<std::string> uris_of(const Document& document) {
    std::vector<std::string> uris;
    for (const Contact& contact : document.registrations.at(0).contacts) {
        uris.emplace_back(contact.uri);
    }
    return uris;
}

/// Only the two healthy ones are there, for that reason.
void expect_left_out(const std::string& odd_contact, std::string_view reason) {
    SCOPED_TRACE(odd_contact);
    const Document document = read_beside_healthy(odd_contact);
    EXPECT_EQ(
        uris_of(document), (std::vector<std::string>{"sip:first@192.0.2.1", "sip:last@192.0.2.2"})
    );
    EXPECT_EQ(document.left_out.contacts, 1U);
    ASSERT_TRUE(document.left_out.any());
    EXPECT_EQ(document.left_out.reason, reason);
}

TEST(ReaderOdd, AUriThatOnlyTheSchemaAllowsIsPassedOnUnchanged) {
    for (const std::string& uri : kOddUris) {
        SCOPED_TRACE(uri);
        const Document document = read_beside_healthy(contact_with(uri_element(uri)));
        ASSERT_EQ(document.registrations.at(0).contacts.size(), 3U);
        EXPECT_EQ(document.registrations[0].contacts[1].uri, uri);
        EXPECT_FALSE(document.left_out.any());
    }
}

TEST(ReaderOdd, TheIdentityOfSuchAUriIsItsBytes) {
    std::set<std::string> identities;
    for (const std::string& uri : kOddUris) {
        const OnlyContact contact = read_contact(document_of(uri_element(uri)));
        EXPECT_EQ(identities.emplace(contact.identity).second, true) << uri;
        EXPECT_TRUE(contact.identity == uri || uri.starts_with("instance")) << uri;
    }
    const auto identity_of = [](std::string_view uri) {
        return std::string(read_contact(document_of(uri_element(uri))).identity);
    };
    EXPECT_NE(identity_of("sip:A b@h"), identity_of("sip:a b@h"));
    EXPECT_EQ(identity_of(" \n sip:a b@h\t"), "sip:a b@h") << "white space around it is none of it";
}

TEST(ReaderOdd, NoTextIsTakenForAnInstance) {
    const std::string instance =
        "<unknown-param name='reg-id'>1</unknown-param>"
        "<unknown-param name='+sip.instance'>\"a\"</unknown-param>";
    const OnlyContact flow = read_contact(document_of(std::string(kUri) + instance));
    for (const char* const prefix : {"", "text ", "text text "}) {
        const std::string text = std::string(prefix).append(flow.identity);
        EXPECT_NE(read_contact(document_of(uri_element(text))).identity, flow.identity);
        EXPECT_NE(
            read_contact(document_of(uri_element(text))).identity,
            read_contact(document_of(uri_element("text " + text))).identity
        );
    }
}

TEST(ReaderOdd, AContactWithoutAnAddressIsLeftOutAlone) {
    constexpr std::string_view kElement =
        "reginfo: element in a uri, display-name or unknown-param";
    expect_left_out(contact_with(""), "reginfo: missing uri of contact");
    expect_left_out(contact_with("<uri xmlns=''>sip:a@h</uri>"), "reginfo: missing uri of contact");
    expect_left_out(
        contact_with("<x:uri xmlns:x='urn:x'>sip:a@h</x:uri>"), "reginfo: missing uri of contact"
    );
    expect_left_out(contact_with("<uri/>"), "reginfo: empty uri of contact");
    expect_left_out(contact_with("<uri> \n </uri>"), "reginfo: empty uri of contact");
    expect_left_out(contact_with("<uri>sip:a<b/>@h</uri>"), kElement);
    for (const std::string& uri : kNoUris) {
        expect_left_out(contact_with(uri_element(uri)), "reginfo: uri of contact is not a URI");
    }
}

TEST(ReaderOdd, OfSeveralUrisTheFirstCountsThatIsOne) {
    const Document document = read_beside_healthy(contact_with(
        "<uri/><uri>sip:a%@h</uri><uri>sip:<b/></uri><uri>sip:a@h</uri><uri>sip:b@h</uri>"
    ));
    EXPECT_EQ(uris_of(document).at(1), "sip:a@h");
    EXPECT_FALSE(document.left_out.any());
}

TEST(ReaderOdd, StateAndEventFollowFromEachOther) {
    const auto read_with = [](std::string_view attributes) {
        return read_contact(reginfo_with(registration_with(
            "<contact id='c'" + std::string(attributes) + ">" + std::string(kUri) + "</contact>"
        )));
    };
    for (const char* const state : {"", " state='ACTIVE'", " state=''", " state='init'"}) {
        const OnlyContact there = read_with(std::string(state) + " event='refreshed'");
        EXPECT_TRUE(there.active) << state;
        EXPECT_EQ(there.event, ContactEvent::refreshed) << state;
        EXPECT_FALSE(read_with(std::string(state) + " event='expired'").active) << state;
    }
    for (const char* const event : {"", " event='Created'", " event=''", " event='moved'"}) {
        const OnlyContact there = read_with(std::string(event) + " state='active'");
        EXPECT_TRUE(there.active) << event;
        EXPECT_EQ(there.event, ContactEvent::registered) << event;
        const OnlyContact gone = read_with(std::string(event) + " state='terminated'");
        EXPECT_FALSE(gone.active) << event;
        EXPECT_EQ(gone.event, ContactEvent::unregistered) << event;
    }
}

TEST(ReaderOdd, AContactWithNeitherIsLeftOutAlone) {
    for (const char* const attributes :
         {"", " state='on'", " event='Created'", " state='' event=''"}) {
        expect_left_out(
            "<contact id='c'" + std::string(attributes) + ">" + std::string(kUri) + "</contact>",
            "reginfo: neither state nor event of contact is known"
        );
    }
}

TEST(ReaderOdd, ATextThatIsTooLongIsLeftOutWithoutItsContact) {
    const std::string much(8'193, 'x');
    for (const std::string& odd :
         {contact_with(kUri, " user_agent='" + much + "' callid='c' cseq='1'"),
          contact_with(kUri, " xmlns:e='urn:e' e:x='" + much + "' callid='c' cseq='1'"),
          contact_with(
              std::string(kUri) + "<display-name>" + much + "</display-name>",
              " callid='c' cseq='1'"
          ),
          contact_with(
              std::string(kUri) + "<unknown-param name='a'>" + much + "</unknown-param>",
              " callid='c' cseq='1'"
          ),
          contact_with(
              std::string(kUri) + "<unknown-param name='" + much + "'>a</unknown-param>",
              " callid='c' cseq='1'"
          ),
          contact_with(
              std::string(kUri) + "<e:a xmlns:e='urn:e'><e:b>12<![CDATA[" + much +
                  "]]></e:b></e:a>",
              " callid='c' cseq='1'"
          )}) {
        SCOPED_TRACE(odd.substr(0, 200));
        const Document document = read_beside_healthy(odd);
        ASSERT_EQ(document.registrations.at(0).contacts.size(), 3U);
        const Contact& contact = document.registrations[0].contacts[1];
        EXPECT_EQ(contact.attributes_xml, " callid=\"c\" cseq=\"1\"");
        EXPECT_EQ(contact.children_xml, "");
        EXPECT_EQ(document.left_out.details, 1U);
        EXPECT_EQ(document.left_out.contacts, 0U);
    }
}

TEST(ReaderOdd, ATextAtTheLimitIsTaken) {
    ReaderLimits limits;
    limits.text_bytes = 17;
    const auto read_it = [&](const std::string& uri) {
        return read_document(document_of(uri_element(uri)), limits)->left_out.contacts;
    };
    EXPECT_EQ(read_it("sip:a@192.0.2.111"), 0U);
    EXPECT_EQ(read_it("sip:ab@192.0.2.111"), 1U);
}

TEST(ReaderOdd, AnAddressOrCallIdThatIsTooLongTakesItsContactWithIt) {
    const std::string much(8'193, 'x');
    expect_left_out(contact_with(uri_element("sip:" + much)), "reginfo: text of contact too long");
    const Document document = read_beside_healthy(contact_with(kUri, " callid='" + much + "'"));
    EXPECT_EQ(document.registrations.at(0).contacts.size(), 2U);
    EXPECT_EQ(document.left_out.contacts, 1U);
}

TEST(ReaderOdd, ElementsInATextAreLeftOutWithoutTheirContact) {
    const Document document =
        read_beside_healthy(contact_with(
            std::string(kUri) + "<display-name>a<b/></display-name>"
                                "<unknown-param name='x'><b/></unknown-param>"
                                "<unknown-param name='y'>1</unknown-param>"
        ));
    ASSERT_EQ(document.registrations.at(0).contacts.size(), 3U);
    EXPECT_EQ(
        document.registrations[0].contacts[1].children_xml,
        "<unknown-param name=\"y\">1</unknown-param>"
    );
    EXPECT_EQ(document.left_out.details, 2U);
}

TEST(ReaderOdd, WhatIsLeftOutMustStillBeXml) {
    for (const char* const inside :
         {"<p:x/>", "<uri>a<p:x/></uri>", "<display-name><p:x/></display-name>"}) {
        EXPECT_EQ(
            refusal(reginfo_with(registration_with(contact_with(inside)))),
            "reginfo: unbound prefix"
        );
        EXPECT_EQ(
            refusal(reginfo_with(
                "<registration>" + contact_with(inside) + "</registration>" + registration_with("")
            )),
            "reginfo: unbound prefix"
        );
    }
}

TEST(ReaderOdd, ARegistrationWithoutAnAddressIsLeftOutAlone) {
    const std::string healthy = registration_with(contact_with(kUri));
    for (const std::string& aor :
         {std::string(),
          std::string(" aor=''"),
          std::string(" aor='sip:a#b#c'"),
          " aor='sip:" + std::string(8'193, 'x') + "'"}) {
        const std::string odd = "<registration" + aor + " state='active'>" + contact_with(kUri) +
                                "<x:y xmlns:x='urn:x'/></registration>";
        for (const std::string& body : {odd + healthy, healthy + odd}) {
            const Document document = read(reginfo_with(body));
            ASSERT_EQ(document.registrations.size(), 1U);
            EXPECT_EQ(document.registrations[0].aor, "sip:a@example.org");
            EXPECT_EQ(document.registrations[0].contacts.size(), 1U);
            EXPECT_EQ(document.left_out.registrations, 1U);
        }
    }
}

TEST(ReaderOdd, ARegistrationWhoseAorOnlyTheSchemaAllowsIsAccepted) {
    for (const std::string& aor : kOddUris) {
        const std::string quoted = "'" + aor + "'";
        const Document document =
            read(reginfo_with("<registration aor=" + quoted + " state='active'/>"));
        EXPECT_EQ(document.registrations.at(0).aor, aor);
        EXPECT_FALSE(document.left_out.any());
    }
}

TEST(ReaderOdd, AnErrorHasAKind) {
    const auto kind_of = [](std::string_view body, const ReaderLimits& limits = {}) {
        return read_document(body, limits).error().kind;
    };
    EXPECT_EQ(kind_of("<reginfo>"), ReadError::Kind::wrong);
    EXPECT_EQ(kind_of(reginfo_with("")), ReadError::Kind::wrong);
    ReaderLimits limits;
    limits.contacts = 0;
    EXPECT_EQ(kind_of(document_of(kUri), limits), ReadError::Kind::over_limit);
    limits.bytes = 10;
    EXPECT_EQ(kind_of(document_of(kUri), limits), ReadError::Kind::too_large);
    limits = {};
    limits.depth = 2;
    EXPECT_EQ(kind_of(document_of(kUri), limits), ReadError::Kind::over_limit);
    limits = {};
    limits.elements = 2;
    EXPECT_EQ(kind_of(document_of(kUri), limits), ReadError::Kind::over_limit);
}

}  // namespace
}  // namespace reginfo::test

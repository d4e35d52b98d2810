/// @file
/// What a Contact and the extensions become.

#include "core/reginfo/reader.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/uri_comparison.hpp"
#include "tests/core/reginfo/documents.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace reginfo::test {
namespace {

std::string children_of(std::string_view children) {
    return std::string(read_contact(document_of(std::string(kUri).append(children))).children_xml);
}

std::string attributes_of(std::string_view attributes) {
    return std::string(read_contact(document_of(kUri, attributes)).attributes_xml);
}

std::string identity_of(std::string_view params) {
    return std::string(read_contact(document_of(std::string(kUri).append(params))).identity);
}

TEST(ReaderContact, AttributesComeInOneOrderWhateverTheSource) {
    constexpr std::string_view kWanted =
        R"( q="0.5" callid="c" cseq="2" received="r" path="p" user_agent="u")";
    EXPECT_EQ(
        attributes_of(" q='0.5' callid='c' cseq='2' received='r' path='p' user_agent='u'"), kWanted
    );
    EXPECT_EQ(
        attributes_of(" user_agent='u' path='p' received='r' cseq='2' callid='c' q='0.5'"), kWanted
    );
}

TEST(ReaderContact, OtherAttributesWithoutANamespaceAreDropped) {
    EXPECT_EQ(attributes_of(" color='red' methods='INVITE' expires='3' retry-after='4'"), "");
}

TEST(ReaderContact, TheClocksAreRead) {
    const OnlyContact contact = read_contact(
        document_of(kUri, " expires='0300' retry-after=' 7 ' duration-registered='4294967295'")
    );
    EXPECT_EQ(contact.expires, Seconds(300));
    EXPECT_EQ(contact.retry_after, Seconds(7));
    EXPECT_EQ(contact.duration_registered, Seconds(4'294'967'295));
}

TEST(ReaderContact, WhatIsNoNumberOfSecondsIsAbsent) {
    for (const char* const text : {"-1", "", "1.5", "abc", "0x10", "1 2", "+1"}) {
        const OnlyContact contact =
            read_contact(document_of(kUri, " expires='" + std::string(text) + "'"));
        EXPECT_EQ(contact.expires, std::nullopt) << text;
    }
}

TEST(ReaderContact, SecondsSaturate) {
    const OnlyContact contact =
        read_contact(document_of(kUri, " expires='99999999999999999999999999999999'"));
    EXPECT_EQ(contact.expires, Seconds(4'294'967'295));
}

TEST(ReaderContact, ACseqIsBelowTwoToTheThirtyTwo) {
    const OnlyContact highest = read_contact(document_of(kUri, " cseq='4294967295'"));
    EXPECT_EQ(highest.cseq, 4'294'967'295U);
    EXPECT_EQ(highest.attributes_xml, R"( cseq="4294967295")");
    for (const char* const text : {"4294967296", "18446744073709551617", "-1", "x", ""}) {
        const OnlyContact contact =
            read_contact(document_of(kUri, " cseq='" + std::string(text) + "'"));
        EXPECT_EQ(contact.cseq, std::nullopt) << text;
        EXPECT_EQ(contact.attributes_xml, "") << text;
    }
}

TEST(ReaderContact, AQIsAQvalue) {
    for (const std::string q : {"0", "1", "0.", "1.", "0.7", "0.123", "1.0", "1.000"}) {
        EXPECT_EQ(attributes_of(" q='" + q + "'"), " q=\"" + q + "\"");
    }
    for (const std::string q :
         {"", "2", "1.1", "1.001", "0.1234", "-0", ".5", "0,5", "00", "0x5"}) {
        EXPECT_EQ(attributes_of(" q='" + q + "'"), "") << q;
    }
}

TEST(ReaderContact, ValuesAreUnescapedAndWrittenEscaped) {
    const OnlyContact contact =
        read_contact(document_of(kUri, " callid='&lt;&amp;&gt;&quot;&apos;&#x20AC;&#65;'"));
    EXPECT_EQ(
        contact.callid,
        "<&>\"'\xE2\x82\xAC"
        "A"
    );
    EXPECT_EQ(
        contact.attributes_xml,
        " callid=\"&lt;&amp;&gt;&quot;'\xE2\x82\xAC"
        "A\""
    );
}

TEST(ReaderContact, AReferenceIsReplacedOnce) {
    EXPECT_EQ(read_contact(document_of(kUri, " callid='&amp;lt;&#38;amp;'")).callid, "&lt;&amp;");
}

TEST(ReaderContact, EveryLengthOfUtf8CanBeReferredTo) {
    const OnlyContact contact = read_contact(
        document_of(kUri, " callid='&#x7F;&#x80;&#x7FF;&#x800;&#xFFFD;&#x10000;&#x10FFFF;'")
    );
    EXPECT_EQ(
        contact.callid,
        "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBD\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"
    );
}

TEST(ReaderContact, LiteralBlanksInAttributesBecomeSpacesAndReferencesStay) {
    const OnlyContact contact =
        read_contact(document_of(kUri, " callid='a\tb\r\nc\nd\re&#9;f&#13;&#10;g'"));
    EXPECT_EQ(contact.callid, "a b c d e\tf\r\ng");
    EXPECT_EQ(contact.attributes_xml, R"( callid="a b c d e&#9;f&#13;&#10;g")");
}

TEST(ReaderContact, TheUriIsUnescapedAndTrimmed) {
    const OnlyContact contact =
        read_contact(document_of("<uri>\r\n  sip:a@192.0.2.1?x=1&amp;y=2\n</uri>"));
    EXPECT_EQ(contact.uri, "sip:a@192.0.2.1?x=1&y=2");
    EXPECT_EQ(contact.uri_xml, "sip:a@192.0.2.1?x=1&amp;y=2");
}

TEST(ReaderContact, TextMayBeInPieces) {
    const OnlyContact contact =
        read_contact(document_of("<uri>sip:<!-- c --><![CDATA[a@192.0.2.1?x=1&]]>y=<?p i?>2</uri>")
        );
    EXPECT_EQ(contact.uri, "sip:a@192.0.2.1?x=1&y=2");
}

TEST(ReaderContact, AUriIsTheIdentityByItsCanonicalForm) {
    const OnlyContact contact = read_contact(document_of("<uri>sip:a@HOST.example;LR</uri>"));
    EXPECT_EQ(contact.uri, "sip:a@HOST.example;LR");
    EXPECT_EQ(contact.identity, "sip:a@host.example;lr");
}

TEST(ReaderContact, AnInstanceWithRegIdIsTheIdentity) {
    constexpr std::string_view kInstance =
        "<unknown-param name='+sip.instance'>\"&lt;urn:uuid:1>\"</unknown-param>";
    const std::string both =
        identity_of(std::string(kInstance) + "<unknown-param name='reg-id'>1</unknown-param>");
    const std::string swapped_and_other_case = identity_of(
        "<unknown-param name='Reg-ID'> 1 </unknown-param>"
        "<unknown-param name='+SIP.Instance'>\"&lt;urn:uuid:1>\"</unknown-param>"
    );
    const std::string other_flow =
        identity_of(std::string(kInstance) + "<unknown-param name='reg-id'>2</unknown-param>");

    EXPECT_EQ(both, swapped_and_other_case);
    EXPECT_NE(both, other_flow);
    EXPECT_EQ(identity_of(kInstance), identity_of(""));
    EXPECT_EQ(identity_of("<unknown-param name='reg-id'>1</unknown-param>"), identity_of(""));
    EXPECT_FALSE(sip::parse_uri(both));
}

TEST(ReaderContact, InstancesAndRegIdsCannotBeMistakenForEachOther) {
    const auto identity = [](const std::string& reg_id, const std::string& instance) {
        return identity_of(
            "<unknown-param name='reg-id'>" + reg_id + "</unknown-param>" +
            "<unknown-param name='+sip.instance'>" + instance + "</unknown-param>"
        );
    };
    EXPECT_NE(identity("1 2", "3"), identity("1", "2 3"));
}

// RFC 5626 4.1: they are compared as URNs, of which a UUID has no case (RFC 9562 4).
TEST(ReaderContact, EqualInstancesAreOneWhateverTheyLookLike) {
    const auto identity = [](const std::string& instance) {
        return identity_of(
            "<unknown-param name='reg-id'>1</unknown-param>"
            "<unknown-param name='+sip.instance'>" +
            instance + "</unknown-param>"
        );
    };
    const std::string usual = identity("\"&lt;urn:uuid:00000000-0000-1000-8000-00a95a0e128f>\"");
    EXPECT_EQ(identity("&lt;urn:uuid:00000000-0000-1000-8000-00a95a0e128f>"), usual);
    EXPECT_EQ(identity("\"&lt;URN:UUID:00000000-0000-1000-8000-00A95A0E128F>\""), usual);
    EXPECT_NE(identity("\"&lt;urn:uuid:00000000-0000-1000-8000-00a95a0e1280>\""), usual);
    EXPECT_NE(identity("\"&lt;urn:imei:A>\""), identity("\"&lt;urn:imei:a>\""));
}

TEST(ReaderContact, AnEmptyDisplayNameIsDropped) {
    EXPECT_EQ(children_of("<display-name/>"), "");
    EXPECT_EQ(children_of("<display-name xml:lang='en'> \n </display-name>"), "");
    EXPECT_EQ(children_of("<display-name>&#32;&#10;</display-name>"), "");
}

TEST(ReaderContact, ADisplayNameKeepsItsLanguageOnly) {
    EXPECT_EQ(
        children_of("<display-name xml:lang='de' x='1'>J\xC3\xB6rg &amp; Co</display-name>"),
        "<display-name xml:lang=\"de\">J\xC3\xB6rg &amp; Co</display-name>"
    );
}

TEST(ReaderContact, TheFirstOfSeveralDisplayNamesCounts) {
    EXPECT_EQ(
        children_of("<display-name/><display-name>A</display-name><display-name>B</display-name>"),
        "<display-name>A</display-name>"
    );
}

TEST(ReaderContact, ChildrenComeInTheOrderOfTheSchema) {
    EXPECT_EQ(
        children_of("<x:e xmlns:x='urn:x'/><unknown-param name='b'>2</unknown-param>"
                    "<unknown-param name='a'/><display-name>N</display-name>"),
        "<display-name>N</display-name><unknown-param name=\"b\">2</unknown-param>"
        "<unknown-param name=\"a\"></unknown-param><x:e xmlns:x=\"urn:x\"/>"
    );
}

TEST(ReaderContact, AParameterWithoutANameIsDropped) {
    EXPECT_EQ(children_of("<unknown-param>1</unknown-param><unknown-param name=' '/>"), "");
}

TEST(ReaderContact, ElementsThatHaveNoPlaceAreDropped) {
    EXPECT_EQ(children_of("<contact/><foo>bar</foo><foo xmlns=''><bar/></foo> text"), "");
    const Document document = read(reginfo_with(
        "<x:e xmlns:x='urn:x'/>" +
        registration_with("<uri/>text<foo xmlns=''/>" + contact_with(kUri))
    ));
    EXPECT_EQ(document, read(document_of(kUri)));
}

}  // namespace
}  // namespace reginfo::test

/// @file
/// Which documents are refused before RapidXML gets them.

#include "core/reginfo/guard.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace reginfo::xml {
namespace {

using namespace std::string_literals;

std::string check(const std::string& text, const ReaderLimits& limits = {}) {
    const char* const error = check_document(text, limits);
    return error ? error : "";
}

struct Case {
    std::string text;
    std::string reason;
};

void expect_reasons(const std::vector<Case>& cases) {
    for (const Case& c : cases) EXPECT_EQ(check(c.text), c.reason) << c.text;
}

void expect_accepted(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) EXPECT_EQ(check(text), "") << text;
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

TEST(Guard, OneElementIsADocument) {
    expect_accepted({"<a/>", "<a></a>", "<a />", "<a></a >", " \t\r\n<a/>\n", "<a b='1' c=\"2\"/>"}
    );
}

TEST(Guard, ADocumentHasExactlyOneRoot) {
    expect_reasons({
        {"", "reginfo: no root element"},
        {" \n", "reginfo: no root element"},
        {"<!-- only -->", "reginfo: no root element"},
        {"<a/><b/>", "reginfo: more than one root element"},
        {"<a></a><b>", "reginfo: more than one root element"},
        {"x<a/>", "reginfo: text outside of the root element"},
        {"<a/>x", "reginfo: text outside of the root element"},
        {"<a/>-", "reginfo: text outside of the root element"},
        {"<a/>&amp;", "reginfo: text outside of the root element"},
        {"<a/><![CDATA[x]]>", "reginfo: text outside of the root element"},
    });
}

TEST(Guard, TagsAreBalancedAndWhole) {
    expect_reasons({
        {"<a>", "reginfo: element without end"},
        {"<a><b></a>", "reginfo: element without end"},
        {"</a>", "reginfo: end of no element"},
        {"<a></a></a>", "reginfo: end of no element"},
        {"<a", "reginfo: malformed tag"},
        {"<a/", "reginfo: malformed tag"},
        {"<a / >", "reginfo: malformed name"},
        {"<a></a", "reginfo: malformed tag"},
        {"<a></a b='1'>", "reginfo: malformed tag"},
        {"<a></a/>", "reginfo: malformed tag"},
        {"<a b='1'c='2'/>", "reginfo: malformed tag"},
        {"<", "reginfo: malformed name"},
        {"< a/>", "reginfo: malformed name"},
        {"<a><</a>", "reginfo: malformed name"},
        {"<a></>", "reginfo: malformed name"},
    });
}

TEST(Guard, AttributesHaveValuesInQuotes) {
    expect_reasons({
        {"<a b/>", "reginfo: attribute without value"},
        {"<a b", "reginfo: attribute without value"},
        {"<a b=c/>", "reginfo: attribute value without quotes"},
        {"<a b='c/>", "reginfo: unexpected end"},
        {"<a b='<'/>", "reginfo: < that is not escaped"},
        {"<a ='c'/>", "reginfo: malformed name"},
    });
    expect_accepted({"<a b = 'c' />", "<a b='\"'/>", "<a b=\"'>\"/>", "<a b='\t\n'/>"});
}

TEST(Guard, NamesAreThoseOfXmlWithAtMostOneColon) {
    expect_accepted({"<a.-1_\xC3\xB6/>", "<_/>", "<p:a q:b='1'/>", "<\xE0\xB8\x81/>"});
    expect_reasons({
        {"<1/>", "reginfo: malformed name"},
        {"<-a/>", "reginfo: malformed name"},
        {"<:a/>", "reginfo: malformed name"},
        {"<p:/>", "reginfo: malformed name"},
        {"<p:1/>", "reginfo: malformed name"},
        {"<p:q:r/>", "reginfo: malformed tag"},
        {"<\xC2\xB7/>", "reginfo: malformed name"},
        {"<a\xC3\x97/>", "reginfo: malformed name"},
        {"<a a\"='1'/>", "reginfo: attribute without value"},
        {"<a b$='1'/>", "reginfo: attribute without value"},
    });
}

TEST(Guard, OnlyTheFiveEntitiesAreKnown) {
    expect_accepted({"<a b='&amp;&lt;&gt;&quot;&apos;'>&amp;&lt;&gt;&quot;&apos;</a>"});
    expect_reasons({
        {"<a>&nbsp;</a>", "reginfo: unknown entity"},
        {"<a b='&nbsp;'/>", "reginfo: unknown entity"},
        {"<a>&AMP;</a>", "reginfo: unknown entity"},
        {"<a>&ampx;</a>", "reginfo: unknown entity"},
    });
}

TEST(Guard, AnAmpersandAloneIsRefused) {
    expect_reasons({
        {"<a>x & y</a>", "reginfo: & that is not escaped"},
        {"<a>sip:a@b?x=1&y=2</a>", "reginfo: & that is not escaped"},
        {"<a b='x&y'/>", "reginfo: & that is not escaped"},
        {"<a>&amp</a>", "reginfo: & that is not escaped"},
        {"<a>&;</a>", "reginfo: & that is not escaped"},
        {"<a>&", "reginfo: & that is not escaped"},
    });
}

TEST(Guard, ACharacterReferenceNamesACharacterOfXml) {
    constexpr const char* kMalformed = "reginfo: malformed character reference";
    constexpr const char* kForbidden = "reginfo: reference to a character not allowed in XML";
    expect_accepted({"<a>&#9;&#x10FFFF;&#xfFfd;&#00000000000000000000000065;</a>"});
    expect_reasons({
        {"<a>&#;</a>", kMalformed},
        {"<a>&#x;</a>", kMalformed},
        {"<a>&#X41;</a>", kMalformed},
        {"<a>&#4a;</a>", kMalformed},
        {"<a>&#65</a>", kMalformed},
        {"<a>&#-65;</a>", kMalformed},
        {"<a>&#65", kMalformed},
        {"<a>&#0;</a>", kForbidden},
        {"<a>&#1;</a>", kForbidden},
        {"<a>&#xFFFE;</a>", kForbidden},
        {"<a>&#xD800;</a>", kForbidden},
        {"<a>&#x110000;</a>", kForbidden},
        {"<a>&#x10000000000000041;</a>", kForbidden},
        {"<a>&#18446744073709551681;</a>", kForbidden},
        {"<a>&#4294967361;</a>", kForbidden},
    });
}

TEST(Guard, CharactersAreThoseOfXml) {
    constexpr const char* kForbidden = "reginfo: character not allowed in XML";
    expect_accepted({"<a>\x7F\xC2\x80\xEE\x80\x80\xF0\x9F\x98\x80</a>"});
    expect_reasons({
        {"<a>\0</a>"s, kForbidden},
        {"<a/>\0<b"s, kForbidden},
        {"<a\0/>"s, "reginfo: malformed tag"},
        {"<a b='\0'/>"s, kForbidden},
        {"<a>\x01</a>", kForbidden},
        {"<a b='\x1F'/>", kForbidden},
        {"<a><!-- \x02 --></a>", kForbidden},
        {"<a><![CDATA[\x03]]></a>", kForbidden},
        {"<a><?p \x04?></a>", kForbidden},
        {"<a>\xEF\xBF\xBE</a>", kForbidden},
        {"<a>\xEF\xBF\xBF</a>", kForbidden},
    });
}

TEST(Guard, BytesAreUtf8) {
    for (const std::string bytes : {
             "\xE9",              // Latin-1
             "\x80",              // a tail alone
             "\xC3",              // a head alone
             "\xC0\xAF",          // overlong /
             "\xE0\x80\xAF",      // overlong
             "\xF0\x80\x80\xAF",  // overlong
             "\xED\xA0\x80",      // a surrogate
             "\xF4\x90\x80\x80",  // above U+10FFFF
             "\xF5\x80\x80\x80",
             "\xFF",
         }) {
        EXPECT_EQ(check("<a>" + bytes + "</a>"), "reginfo: not UTF-8");
        EXPECT_EQ(check("<a b='" + bytes + "'/>"), "reginfo: not UTF-8");
        EXPECT_EQ(check("<a><![CDATA[" + bytes + "]]></a>"), "reginfo: not UTF-8");
        EXPECT_EQ(check("<a><!--" + bytes + "--></a>"), "reginfo: not UTF-8");
    }
    EXPECT_EQ(check("\xFF\xFE<\0a\0/\0>\0"s), "reginfo: not UTF-8");
    EXPECT_EQ(check("<a\xFF/>"), "reginfo: not UTF-8");
}

TEST(Guard, AByteOrderMarkIsPassedOver) {
    EXPECT_EQ(check("\xEF\xBB\xBF<?xml version='1.0'?><a/>"), "");
    EXPECT_EQ(check(" \xEF\xBB\xBF<a/>"), "reginfo: text outside of the root element");
}

TEST(Guard, ADeclarationMayNameUtf8AndAscii) {
    expect_accepted({
        "<?xml version=\"1.0\"?><a/>",
        "<?xml version='1.0' encoding='utf-8'?><a/>",
        "<?xml version = '1.0' encoding = 'UTF-8' standalone = 'yes' ?><a/>",
        "<?xml version='1.0' standalone='no'?><a/>",
        "<?xml version='1.0' encoding='US-ASCII'?><a>&#xE9;</a>",
    });
    expect_reasons({
        {"<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
         "reginfo: encoding is neither UTF-8 nor US-ASCII"},
        {"<?xml version='1.0' encoding='UTF-16'?><a/>",
         "reginfo: encoding is neither UTF-8 nor US-ASCII"},
        {"<?xml version='1.0' encoding='us-ascii'?><a>\xC3\xA9</a>",
         "reginfo: not US-ASCII as declared"},
    });
}

TEST(Guard, ADeclarationIsWhole) {
    constexpr const char* kMalformed = "reginfo: malformed XML declaration";
    expect_reasons({
        {"<?xml ?><a/>", kMalformed},
        {"<?xml encoding='UTF-8'?><a/>", kMalformed},
        {"<?xml version='1.0' foo='bar'?><a/>", kMalformed},
        {"<?xml version='1.0' standalone='maybe'?><a/>", kMalformed},
        {"<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>", kMalformed},
        {"<?xml version='1.0'encoding='UTF-8'?><a/>", kMalformed},
        {"<?xml version='1.0\"?><a/>", kMalformed},
        {"<?xml version=1.0?><a/>", kMalformed},
        {"<?xml version='1.0'", kMalformed},
        {"<?xml version='2.0'?><a/>", "reginfo: XML version is not 1.0"},
        {" <?xml version='1.0'?><a/>", "reginfo: XML declaration not at the start"},
        {"<a><?XML version='1.0'?></a>", "reginfo: XML declaration not at the start"},
    });
}

TEST(Guard, EveryDtdIsRefused) {
    expect_reasons({
        {"<!DOCTYPE a><a/>", "reginfo: DTD"},
        {"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "reginfo: DTD"},
        {"<!DOCTYPE l [<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;&a;'>]><l>&b;</l>", "reginfo: DTD"},
        {"<a><!ENTITY x 'y'></a>", "reginfo: malformed markup"},
        {"<!doctype a><a/>", "reginfo: malformed markup"},
        {"<a><!x></a>", "reginfo: malformed markup"},
    });
}

TEST(Guard, CommentsSectionsAndInstructionsAreWhole) {
    expect_accepted({
        "<!----><a><!-- <b> & - ]]> ?> --></a><!-- - -->",
        "<a><![CDATA[<b> & ]] ]> --> ?>]]]]></a>",
        "<?p?><a><?p ? ?></a><?p <b> & ]]> -- ? > ?>",
        "<a>]] ]> ></a>",
    });
    expect_reasons({
        {"<!-- -- --><a/>", "reginfo: -- in a comment"},
        {"<!-- ---><a/>", "reginfo: -- in a comment"},
        {"<!-- ", "reginfo: unexpected end"},
        {"<!--->", "reginfo: unexpected end"},
        {"<a><![CDATA[ ]] >", "reginfo: unexpected end"},
        {"<a><![cdata[x]]></a>", "reginfo: malformed markup"},
        {"<a>]]></a>", "reginfo: ]]> in text"},
        {"<a>]]]></a>", "reginfo: ]]> in text"},
        {"<?p ", "reginfo: unexpected end"},
        {"<? p?><a/>", "reginfo: malformed name"},
        {"<?p:q?><a/>", "reginfo: malformed name"},
        {"<?p+?><a/>", "reginfo: malformed processing instruction"},
    });
}

TEST(Guard, DepthIsLimited) {
    ReaderLimits limits;
    limits.depth = 3;
    EXPECT_EQ(check("<a><b><c/></b><b><c></c></b></a>", limits), "");
    EXPECT_EQ(check("<a><b><c><d/></c></b></a>", limits), "reginfo: elements nested too deep");
}

TEST(Guard, TenThousandLevelsAreRefusedWhateverIsConfigured) {
    ReaderLimits limits;
    limits.depth = 1'000'000;
    limits.elements = 1'000'000;
    const std::string deep = repeated("<a>", 10'000) + repeated("</a>", 10'000);
    EXPECT_EQ(check(deep, limits), "reginfo: elements nested too deep");
    EXPECT_EQ(check(repeated("<a>", 1'000) + repeated("</a>", 1'000), limits), "");
}

TEST(Guard, ElementsAndAttributesAreCounted) {
    ReaderLimits limits;
    limits.elements = 3;
    limits.attributes = 2;
    EXPECT_EQ(check("<a><b/><b/></a>", limits), "");
    EXPECT_EQ(check("<a><b/><b/><b/></a>", limits), "reginfo: too many elements");
    EXPECT_EQ(check("<a b='' c=''><b d='' e=''/></a>", limits), "");
    EXPECT_EQ(check("<a b='' c='' d=''/>", limits), "reginfo: too many attributes");
}

}  // namespace
}  // namespace reginfo::xml

/// @file
/// Extensions are passed on so that they mean the same elsewhere, and cannot be used to blow up.

#include "core/reginfo/reader.hpp"
#include "tests/core/reginfo/documents.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace reginfo::test {
namespace {

std::string extensions_of(std::string_view children, std::string_view declarations = {}) {
    const std::string contact = contact_with(std::string(kUri).append(children));
    return std::string(
        read_contact(reginfo_with(registration_with(contact), declarations)).children_xml
    );
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

TEST(ReaderExtension, GruusAreKept) {
    EXPECT_EQ(
        extensions_of(
            "\n<gr:pub-gruu uri='sip:a@example.org;gr=1'/>\n"
            "<gr:temp-gruu uri='sip:x@example.org;gr' first-cseq='9'/>",
            " xmlns:gr='urn:ietf:params:xml:ns:gruuinfo'"
        ),
        "<gr:pub-gruu xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\" uri=\"sip:a@example.org;gr=1\"/>"
        "<gr:temp-gruu xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\" uri=\"sip:x@example.org;gr\""
        " first-cseq=\"9\"/>"
    );
}

TEST(ReaderExtension, AnElementOfARegistrationIsKept) {
    const Document document = read(reginfo_with(
        registration_with("<ere:wildcardedIdentity>sip:u!.*!@example.org</ere:wildcardedIdentity>"),
        " xmlns:ere='urn:3gpp:ns:extRegExp:1.0'"
    ));
    EXPECT_EQ(
        document.registrations.at(0).extensions_xml,
        "<ere:wildcardedIdentity xmlns:ere=\"urn:3gpp:ns:extRegExp:1.0\">"
        "sip:u!.*!@example.org</ere:wildcardedIdentity>"
    );
}

TEST(ReaderExtension, AUriOfAnotherNamespaceIsAnExtension) {
    EXPECT_EQ(
        extensions_of("<uri xmlns='urn:x'>sip:evil@192.0.2.9</uri>"),
        "<uri xmlns=\"urn:x\">sip:evil@192.0.2.9</uri>"
    );
}

TEST(ReaderExtension, ADeclarationIsWrittenWhereItIsNeededOnly) {
    EXPECT_EQ(
        extensions_of(
            "<x:a><x:b y:c='1'/><y:d/></x:a>",
            " xmlns:x='urn:x' xmlns:y='urn:y' xmlns:unused='urn:unused'"
        ),
        "<x:a xmlns:x=\"urn:x\"><x:b xmlns:y=\"urn:y\" y:c=\"1\"/><y:d xmlns:y=\"urn:y\"/></x:a>"
    );
}

TEST(ReaderExtension, APrefixThatChangesItsMeaningIsDeclaredAgain) {
    EXPECT_EQ(
        extensions_of("<p:a xmlns:p='urn:1'><p:b xmlns:p='urn:2'><p:c/></p:b><p:d/></p:a>"),
        "<p:a xmlns:p=\"urn:1\"><p:b xmlns:p=\"urn:2\"><p:c/></p:b><p:d/></p:a>"
    );
}

TEST(ReaderExtension, ElementsInsideKeepTheirNamespaceOrNone) {
    EXPECT_EQ(
        extensions_of("<x:a xmlns:x='urn:x'><b xmlns=''><x:c/></b></x:a>"),
        "<x:a xmlns:x=\"urn:x\"><b xmlns=\"\"><x:c/></b></x:a>"
    );
}

/// They would make the whole document invalid.
TEST(ReaderExtension, WhatNoSchemaAllowsIsLeftOutWhole) {
    const std::string gruu = " xmlns:gr='urn:ietf:params:xml:ns:gruuinfo'";
    for (const std::string& odd : {
             std::string("<x:a xmlns:x='urn:x'><contact/></x:a>"),
             std::string("<x:a xmlns:x='urn:x'><x:b xml:lang='no language'/></x:a>"),
             "<gr:pub-gruu" + gruu + "/>",
             "<gr:pub-gruu uri=''" + gruu + "/>",
             "<gr:pub-gruu uri='sip:a@b' x='1'" + gruu + "/>",
             "<gr:pub-gruu uri='sip:a@b'" + gruu + ">text</gr:pub-gruu>",
             "<gr:temp-gruu uri='sip:a@b'" + gruu + "/>",
             "<gr:temp-gruu first-cseq='1'" + gruu + "/>",
             "<gr:temp-gruu uri='sip:a@b' first-cseq='-1'" + gruu + "/>",
             "<x:a xmlns:x='urn:x'><gr:pub-gruu" + gruu + "/></x:a>",
         }) {
        EXPECT_EQ(extensions_of(odd + "<x:good xmlns:x='urn:x'/>"), "<x:good xmlns:x=\"urn:x\"/>")
            << odd;
    }
}

TEST(ReaderExtension, AGruuIsPassedOn) {
    const std::string both =
        "<gr:pub-gruu xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\" uri=\"sip:a@b;gr=1\"/>"
        "<gr:temp-gruu xmlns:gr=\"urn:ietf:params:xml:ns:gruuinfo\" uri=\"sip:t@b;gr\" "
        "first-cseq=\"7\"/>";
    EXPECT_EQ(extensions_of(both), both);
}

TEST(ReaderExtension, MixedTextIsKeptWithoutCommentsAndInstructions) {
    EXPECT_EQ(
        extensions_of("<x:a xmlns:x='urn:x'>one <x:b>&lt;2></x:b><!-- no --> <?no no?>"
                      "<![CDATA[<3>]]>&amp;4\n<x:c> </x:c></x:a>"),
        "<x:a xmlns:x=\"urn:x\">one <x:b>&lt;2&gt;</x:b>&lt;3&gt;&amp;4&#10;<x:c/></x:a>"
    );
}

TEST(ReaderExtension, BlanksThatWereReferredToAreDroppedAlike) {
    EXPECT_EQ(
        extensions_of("<x:a xmlns:x='urn:x'>&#32;<x:b/><![CDATA[  ]]></x:a>"),
        "<x:a xmlns:x=\"urn:x\"><x:b/></x:a>"
    );
}

TEST(ReaderExtension, ForeignAttributesAreKeptBehindTheKnownOnes) {
    const OnlyContact contact = read_contact(
        document_of(kUri, " xmlns:x='urn:x&amp;y' x:b='2' x:a='&lt;' xml:lang='en' callid='c'")
    );
    EXPECT_EQ(
        contact.attributes_xml,
        " callid=\"c\" xmlns:x=\"urn:x&amp;y\" x:b=\"2\" x:a=\"&lt;\" xml:lang=\"en\""
    );
}

TEST(ReaderExtension, AttributesOfTheReginfoNamespaceMeanNothing) {
    const OnlyContact contact = read_contact(document_of(
        kUri, " xmlns:r='urn:ietf:params:xml:ns:reginfo' r:event='expired' r:callid='x'"
    ));
    EXPECT_EQ(contact.event, ContactEvent::created);
    EXPECT_EQ(contact.attributes_xml, "");
}

TEST(ReaderExtension, TheChildrenOfOneContactSayNothingAboutTheNext) {
    const std::string contacts =
        contact_with(std::string(kUri) + "<x:a xmlns:x='urn:1'/>", " xmlns:y='urn:y' y:a='1'") +
        contact_with(std::string(kUri) + "<x:a xmlns:x='urn:2'/>", " xmlns:y='urn:y' y:a='1'");
    const Document document = read(reginfo_with(registration_with(contacts)));
    const auto& read_contacts = document.registrations.at(0).contacts;
    ASSERT_EQ(read_contacts.size(), 2U);
    EXPECT_EQ(read_contacts[0].children_xml, "<x:a xmlns:x=\"urn:1\"/>");
    EXPECT_EQ(read_contacts[1].children_xml, "<x:a xmlns:x=\"urn:2\"/>");
    EXPECT_EQ(read_contacts[0].attributes_xml, read_contacts[1].attributes_xml);
}

TEST(ReaderExtension, NamespacesInForceAreLimited) {
    ReaderLimits limits;
    limits.namespaces = 3;
    const auto body = [](std::string_view inner) {
        return document_of(std::string(kUri).append(inner), " xmlns:a='urn:a'");
    };
    EXPECT_EQ(refusal(body("<a:x xmlns:b='urn:b'/><a:x xmlns:b='urn:b'/>"), limits), "");
    EXPECT_EQ(
        refusal(body("<a:x xmlns:b='urn:b'><b:y xmlns:c='urn:c'/></a:x>"), limits),
        "reginfo: too many namespaces"
    );
}

TEST(ReaderExtension, ALongNamespaceCannotBeMultiplied) {
    const std::string declaration = " xmlns:x='urn:" + repeated("x", 8'000) + "'";
    const std::string body = reginfo_with(
        registration_with(contact_with(std::string(kUri) + repeated("<x:y/>", 10'000))), declaration
    );
    EXPECT_EQ(refusal(body), "reginfo: too many namespace declarations");
    const std::string on_attributes =
        reginfo_with(registration_with(repeated(contact_with(kUri, " x:y=''"), 500)), declaration);
    EXPECT_EQ(refusal(on_attributes), "reginfo: too many namespace declarations");
}

TEST(ReaderExtension, DeepNestingIsRefusedBeforeTheParserRecurses) {
    const std::string deep = document_of(
        std::string(kUri) + "<x:y xmlns:x='urn:x'>" + repeated("<x:y>", 10'000) +
        repeated("</x:y>", 10'000) + "</x:y>"
    );
    EXPECT_EQ(refusal(deep), "reginfo: elements nested too deep");
}

TEST(ReaderExtension, BillionLaughsAreRefused) {
    const std::string entities = R"(<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">)"
                                 R"(<!ENTITY lol1 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>)";
    EXPECT_EQ(refusal(entities + document_of("<uri>&lol1;</uri>")), "reginfo: DTD");
}

}  // namespace
}  // namespace reginfo::test

/// @file

#include "tests/fuzz/support/xml_pieces.hpp"

namespace reginfo::fuzz {
namespace {

using Values = std::string_view[];

constexpr Values kDocuments = {
    R"(<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">)"
    R"(<registration aor="sip:alice@example.org" id="r" state="active">)"
    R"(<contact id="c" state="active" event="registered" expires="60" callid="i" cseq="1">)"
    R"(<uri>sip:a@192.0.2.1</uri></contact></registration></reginfo>)",
    R"(<r:reginfo xmlns:r="urn:ietf:params:xml:ns:reginfo" version="0" state="partial">)"
    R"(<r:registration aor="sip:alice@example.org" id="r" state="terminated"/></r:reginfo>)",
};

constexpr Values kElements = {
    R"(<contact id="d" state="active" event="created"><uri>sip:b@192.0.2.2</uri></contact>)",
    R"(<contact id="d" state="terminated" event="expired" expires="0"><uri>sip:b@x</uri></contact>)",
    R"(<registration aor="tel:+1234" id="s" state="active"/>)",
    R"(<registration aor="sip:alice@example.org" id="s" state="init"></registration>)",
    R"(<gr:pub-gruu xmlns:gr="urn:ietf:params:xml:ns:gruuinfo" uri="sip:a@b;gr"/>)",
    R"(<gr:temp-gruu xmlns:gr="urn:ietf:params:xml:ns:gruuinfo" uri="sip:t@b;gr" first-cseq="1"/>)",
    R"(<unknown-param name="+sip.instance">"&lt;urn:uuid:1&gt;"</unknown-param>)",
    R"(<unknown-param name="reg-id">1</unknown-param>)",
    R"(<display-name xml:lang="en">Alice &amp; co</display-name>)",
    R"(<x xmlns="urn:x"><y><uri>sip:no</uri></y></x>)",
    R"(<a:b xmlns:a="urn:a" a:c="d" xmlns:e="urn:e"><e:f/></a:b>)",
    "<uri>sip:twice@192.0.2.1</uri>",
    "<uri>sip:9#1@192.0.2.1</uri>",
    "<uri>instance 1 1 x#y#z</uri>",
    R"(<registration aor="sip:0711" state="odd"><contact><uri>a b</uri></contact></registration>)",
    "<!-- - -->",
    "<!-- -- -->",
    "<![CDATA[<uri>]]&gt;]]>",
    "<?p i?>",
    R"(<?xml version="1.0" encoding="utf-8"?>)",
    R"(<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?>)",
    R"(<!DOCTYPE reginfo [<!ENTITY x "y">]>)",
    "\xef\xbb\xbf",
    "<>",
    "</contact>",
    "<contact",
};

constexpr Values kNames = {
    "reginfo",
    "registration",
    "contact",
    "uri",
    "unknown-param",
    "display-name",
    "r:contact",
    "x:uri",
    "xmlns:a",
    "xml",
    "a:b:c",
    ":a",
    "-a",
    "\xc3\xa4",
    "URI",
    "Contact",
    "",
};

constexpr Values kAttributes = {
    R"(state="active")",
    R"(state="terminated")",
    R"(state="init")",
    R"(state="full")",
    R"(state="partial")",
    R"(event="registered")",
    R"(event="created")",
    R"(event="refreshed")",
    R"(event="shortened")",
    R"(event="expired")",
    R"(event="deactivated")",
    R"(event="probation" retry-after="10")",
    R"(event="unregistered")",
    R"(event="rejected")",
    R"(event="terminated")",
    R"(aor="sip:alice@example.org")",
    R"(aor="sip:%61lice@EXAMPLE.org;x=y")",
    R"(expires="0")",
    R"(expires="2147483648")",
    R"(expires="-1")",
    R"(duration-registered="5")",
    R"(q="0.5")",
    R"(callid="a&quot;b")",
    R"(cseq="4294967295")",
    R"(received="sip:1.2.3.4:5&#10;")",
    R"(path="&lt;sip:p;lr&gt;")",
    R"(user_agent='a"b')",
    R"(xmlns="urn:ietf:params:xml:ns:reginfo")",
    R"(xmlns="")",
    R"(xmlns="urn:other")",
    R"(xmlns:r="urn:ietf:params:xml:ns:reginfo")",
    R"(xmlns:x="urn:x" x:y="z")",
    R"(xmlns:xml="urn:x")",
    R"(xmlns:x="")",
    R"(xml:space="preserve")",
    R"(y:z="unbound")",
    R"(id="c")",
    "a=b",
    "a",
};

constexpr Values kAttributeValues = {
    "sip:alice@example.org",
    "sip:bob@example.org:5060;transport=tcp",
    "&#x41;&#65;&lt;&gt;&amp;&quot;&apos;",
    "&#0;",
    "&#xD800;",
    "&#x110000;",
    "&#99999999999999999999;",
    "&unknown;",
    "&",
    "<",
    " \t\r\n ",
    "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
    "\xc0\x80",
    "\xed\xa0\x80",
    "\xef\xbf\xbf",
    "\x01",
    "]]>",
    "",
};

constexpr Values kTexts = {
    "sip:a@192.0.2.1:5060;ob",
    " \r\n sip:%61@[2001:db8::1];x=&quot;1&quot; \t",
    "sip:a@x;+sip.instance=&quot;&lt;urn:uuid:1&gt;&quot;;reg-id=1",
    "mailto:a@example.org",
    "tel:+123;phone-context=x",
    "<![CDATA[sip:c@192.0.2.3]]>",
    "&amp;&#10;",
    "&nbsp;",
    "]]>",
    "\xff",
    "",
    "x",
};

}  // namespace

std::span<const std::string_view> document_pieces() { return kDocuments; }
std::span<const std::string_view> element_pieces() { return kElements; }
std::span<const std::string_view> name_pieces() { return kNames; }
std::span<const std::string_view> attribute_pieces() { return kAttributes; }
std::span<const std::string_view> value_pieces() { return kAttributeValues; }
std::span<const std::string_view> text_pieces() { return kTexts; }

}  // namespace reginfo::fuzz

/// @file

#include "tests/fuzz/support/sip_pieces.hpp"

namespace reginfo::fuzz {
namespace {

using Values = std::string_view[];

constexpr Values kVia = {
    "SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bK1;rport",
    "SIP/2.0/TCP 198.51.100.1;branch=z9hG4bK2;alias",
    "SIP / 2.0 / UDP [2001:db8::9]:5070 ; branch=z9hG4bK3 ; ttl=1 ; maddr=224.0.0.1",
    "SIP/2.0/UDP proxy.example.com;received=192.0.2.4;branch=z9hG4bK",
    "SIP/2.0/UDP a.example.com;branch=z9hG4bK4, SIP/2.0/TCP b.example.com:99999;branch=z9hG4bK5",
    "SIP/2.0/TLS 198.51.100.1;branch=0",
    "SIP/2.0/UDP 198.51.100.1",
    "SIP/2.0/UDP :5060;branch=z9hG4bK6",
    "UDP;branch",
};
constexpr Values kAddress = {
    "<sip:alice@example.org>;tag=f1",
    "<sip:alice@example.org>",
    "sip:alice@example.org;tag=a;x=y",
    R"("A. \"L\" <x>" <sip:alice@example.org;user=phone?Subject=x>;tag=1;tag=2)",
    "Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8",
    "<sips:bob@[2001:db8::1]:5061;transport=tls>;tag=",
    "<tel:+358-555-1234567;postd=pp22>;tag=9",
    R"("unclosed <sip:alice@example.org>;tag=1)",
    "<sip:alice@example.org;tag=inside",
    "*",
};
constexpr Values kContact = {
    "<sip:w@198.51.100.1:5060>",
    "<sip:w@198.51.100.1;transport=tcp>;expires=60",
    "<sip:w@w.example.com>",
    "<sip:w@w.example.com:5070;transport=tcp;lr>;+sip.instance=\"<urn:uuid:0>\"",
    "<sip:w@[2001:db8::2]>",
    "<sips:w@198.51.100.1>",
    "<sip:w@198.51.100.1>, <sip:v@198.51.100.1>",
    "<mailto:w@example.com>",
    "<sip:%00@198.51.100.1>",
    "*",
};
constexpr Values kRoute = {
    "<sip:192.0.2.7;lr>",
    "<sip:p1.example.com;lr>,<sip:p2.example.com;lr=on;x=\"a,b\">",
    "<sip:strict@192.0.2.8>",
    "<sip:192.0.2.7:5080;transport=tcp;lr;maddr=192.0.2.9>",
    "<sip:[2001:db8::7];lr>;param=<sip:x>",
    "sip:192.0.2.7;lr",
    "<>",
};
constexpr Values kCSeq = {
    "1 SUBSCRIBE",
    "2 SUBSCRIBE",
    "1 PUBLISH",
    "1 NOTIFY",
    "2147483647 SUBSCRIBE",
    "2147483648 SUBSCRIBE",
    "0 PUBLISH",
    "0002  \t SUBSCRIBE",
    "1",
    "NOTIFY 1",
    "-1 SUBSCRIBE",
};
constexpr Values kEvent = {
    "reg",
    "REG",
    "reg;id=7",
    "reg;id=7;max-rate=0.5;min-rate=0.1",
    "reg;adaptive-min-rate=2.0;max-rate=9999999999",
    "reg;id=\"7\"",
    "reg;max-rate=0;min-rate=.;adaptive-min-rate=0.",
    "presence",
    "reg.winfo",
    ";id=1",
    "reg;id=",
};
constexpr Values kNumber = {
    "0",
    "1",
    "60",
    "600",
    "3600",
    "4294967295",
    "4294967296",
    "99999999999999999999",
    "-1",
    "x",
    "",
};
constexpr Values kMediaType = {
    "application/reginfo+xml",
    "APPLICATION/Reginfo+XML;charset=utf-8",
    "application/reginfo+xml;charset=\"iso-8859-1\"",
    "application/sdp",
    "application / reginfo+xml ; q=0.5",
    "*/*",
    "multipart/mixed;boundary=\"x\"",
    "application",
};
constexpr Values kAccept = {
    "application/reginfo+xml",
    "application/*;q=0.2, text/plain",
    "*/*;q=0.0",
    "application/sdp",
    "",
    "application/reginfo+xml;q=0, */*",
};
constexpr Values kTag = {
    "a1b2c3d4",
    "*",
    "0000000000000000",
    "ffffffffffffffff",
    "\"quoted\"",
    "",
    "a, b",
};
constexpr Values kOptionTags = {
    "",
    "eventlist",
    "100rel, timer",
    "gruu,outbound",
    "eventlist;x",
    ",,",
    "path",
};
constexpr Values kCoding = {"identity", "gzip", "identity;q=0, *;q=0", "", "deflate, gzip"};
constexpr Values kCallId = {"call-1", "call-2@example.com", "", "a b", "x@y@z", "(<>:\\\"/[]?{})"};
constexpr Values kSubscriptionState = {
    "active;expires=60",
    "terminated;reason=timeout",
    "pending",
    "x;reason=",
    "active;expires=-1",
};
constexpr Values kUserAgent = {
    "kamailio (5.6.3 (x86_64/linux))",
    "KAMAILIO",
    "ims-phone/1",
    "Linphone/5",
    "partial/1",
    "",
    "()",
};
constexpr Values kIdentity = {
    "<sip:alice@example.org>",
    "\"Alice\" <sip:alice@example.org>, <tel:+123>",
    "sip:alice@example.org",
    "<>",
};

constexpr HeaderPieces kHeaders[] = {
    {"Via", "v", kVia},
    {"From", "f", kAddress},
    {"To", "t", kAddress},
    {"Call-ID", "i", kCallId},
    {"CSeq", "", kCSeq},
    {"Contact", "m", kContact},
    {"Record-Route", "", kRoute},
    {"Route", "", kRoute},
    {"Event", "o", kEvent},
    {"Expires", "", kNumber},
    {"Content-Type", "c", kMediaType},
    {"Content-Length", "l", kNumber},
    {"Content-Encoding", "e", kCoding},
    {"Accept", "", kAccept},
    {"Accept-Encoding", "", kCoding},
    {"Allow-Events", "u", kEvent},
    {"Max-Forwards", "", kNumber},
    {"Min-Expires", "", kNumber},
    {"Retry-After", "", kNumber},
    {"SIP-If-Match", "", kTag},
    {"SIP-ETag", "", kTag},
    {"Suppress-If-Match", "", kTag},
    {"Require", "", kOptionTags},
    {"Proxy-Require", "", kOptionTags},
    {"Supported", "k", kOptionTags},
    {"Subscription-State", "", kSubscriptionState},
    {"User-Agent", "", kUserAgent},
    {"P-Asserted-Identity", "", kIdentity},
    {"Subject", "s", kCallId},
    {"X-Unknown", "", kTag},
};

constexpr Values kParameters = {
    "tag=t1",
    "branch=z9hG4bKnew",
    "rport",
    "rport=5060",
    "received=192.0.2.200",
    "lr",
    "transport=tcp",
    "transport=udp",
    "transport=SCTP",
    "maddr=192.0.2.11",
    "ttl=255",
    "expires=0",
    "id=7",
    "id",
    "max-rate=1",
    "min-rate=0.01",
    "q=0.5",
    "+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\"",
    "reg-id=1",
    "x=\"a;b,c\\\"d\"",
    "=",
    "x=%zz",
};

constexpr Values kMethods = {
    "PUBLISH",
    "SUBSCRIBE",
    "NOTIFY",
    "OPTIONS",
    "CANCEL",
    "INVITE",
    "ACK",
    "BYE",
    "REGISTER",
    "MESSAGE",
    "publish",
    "PRACK",
    "UPDATE",
    "INFO",
    "REFER",
    "X!%*_+`'~",
};

constexpr Values kUris = {
    "sip:alice@example.org",
    "sip:alice@EXAMPLE.org:5060",
    "sip:%61lice@example.org;user=phone?x=y&z=",
    "sips:bob@example.org",
    "tel:+358-555-1234567",
    "sip:[2001:db8::1]:5060",
    "sip:192.0.2.1:5060;transport=tcp",
    "sip:a:pass@example.org",
    "sip:@example.org",
    "urn:service:sos",
    "sip:alice@example.org;method=SUBSCRIBE;lr",
    "sip:"
    "a%40b@example.org",
    "*",
    "<sip:alice@example.org>",
};

constexpr Values kStartLines = {
    "SUBSCRIBE sip:alice@example.org SIP/2.0",
    "PUBLISH sip:alice@example.org SIP/2.0",
    "SIP/2.0 200 OK",
    "SIP/2.0 481 ",
    "SIP/2.0 100 Trying",
    "SIP/2.0 999 \xc3\xa4",
    "SIP/2.0 4294967301 x",
    "SUBSCRIBE  sip:alice@example.org  SIP/2.0 ",
    "PUBLISH sip:alice@example.org SIP/7.0",
    "GET / HTTP/1.1",
    "",
};

}  // namespace

std::span<const HeaderPieces> header_pieces() { return kHeaders; }
std::span<const std::string_view> parameter_pieces() { return kParameters; }
std::span<const std::string_view> method_pieces() { return kMethods; }
std::span<const std::string_view> uri_pieces() { return kUris; }
std::span<const std::string_view> start_line_pieces() { return kStartLines; }

}  // namespace reginfo::fuzz

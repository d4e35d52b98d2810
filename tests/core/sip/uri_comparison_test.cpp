/// @file
/// Normal forms of AORs and contacts: which URIs have the same, with the examples of RFC 3261
/// §19.1.4.

#include "core/sip/uri_comparison.hpp"

#include "core/sip/uri.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace reginfo::sip {
namespace {

std::string aor(std::string_view text) {
    const auto uri = parse_uri(text);
    return uri ? canonical_aor(*uri).value_or("no AOR") : "no URI";
}

std::string contact(std::string_view text) {
    const auto uri = parse_uri(text);
    std::string out;
    if (uri) append_canonical_contact(out, text, *uri);
    EXPECT_TRUE(uri) << text;
    return out;
}

TEST(CanonicalAor, DropsWhatNamesNoResource) {
    EXPECT_EQ(aor("sip:alice:secret@HOST.example;transport=tcp?a=b"), "sip:alice@host.example");
    EXPECT_EQ(aor("SIPS:Alice@host.example."), "sip:Alice@host.example");
    EXPECT_EQ(aor("sip:alice@h:05060"), "sip:alice@h:5060");
    EXPECT_EQ(aor("sip:H"), "sip:h");
    EXPECT_EQ(aor("sip:a@[2001:DB8:0:0::1]:1"), "sip:a@[2001:db8::1]:1");
}

TEST(CanonicalAor, AnEscapeEqualsItsCharacterUnlessThatIsReserved) {
    EXPECT_EQ(aor("sip:%61%2D%7e@h"), "sip:a-~@h");
    EXPECT_EQ(aor("sip:%2f%3b%2B@h"), "sip:%2F%3B%2B@h");
    EXPECT_EQ(aor("sip:/;+@h"), "sip:/;+@h");
    EXPECT_EQ(aor("sip:%00%0a%20%25%c3%a9@h"), "sip:%00%0A%20%25%C3%A9@h");
    EXPECT_EQ(aor("sip:alice;x=1@h"), "sip:alice;x=1@h");
}

TEST(CanonicalAor, OfATelephoneIsItsNumber) {
    EXPECT_EQ(aor("tel:+1-201-555-0123;ext=5"), "tel:+12015550123");
    EXPECT_EQ(aor("tel:7-0A;phone-context=Example.COM;x=y"), "tel:70a;phone-context=example.com");
    EXPECT_EQ(aor("tel:70;phone-context=+1-2"), "tel:70;phone-context=+12");
    EXPECT_EQ(aor("isbn:1"), "no AOR");
}

TEST(CanonicalContact, IsOneForAllWaysToWriteAUri) {
    const std::string normal = "sip:alice@host.example:5062;a=x;transport=tcp?s=1";
    EXPECT_EQ(contact(normal), normal);
    EXPECT_EQ(contact("SIP:%61lice@HOST.example:5062;Transport=TCP;A=%58?S=1"), normal);
    EXPECT_EQ(contact("ISBN:1"), "ISBN:1");
}

TEST(CanonicalContact, IsOneForTheExamplesOfRfc3261ThatAreEqual) {
    const std::pair<const char*, const char*> pairs[] = {
        {"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"},
        {"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
         "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"},
        {"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
         "sip:alice@atlanta.com?priority=urgent&subject=project%20x"},
    };
    for (const auto& [a, b] : pairs) EXPECT_EQ(contact(a), contact(b));
}

TEST(CanonicalContact, DiffersForTheExamplesOfRfc3261ThatDiffer) {
    const std::pair<const char*, const char*> pairs[] = {
        {"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"},
        {"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"},
        {"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"},
        {"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"},
        {"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"},
        {"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"},
        {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"},
    };
    for (const auto& [a, b] : pairs) EXPECT_NE(contact(a), contact(b));
}

/// By §19.1.4 a parameter of another name counts only where both have it. That is no equivalence,
/// so no text can stand for it.
TEST(CanonicalContact, DiffersWhereOneAloneHasAParameter) {
    EXPECT_NE(contact("sip:carol@chicago.com"), contact("sip:carol@chicago.com;newparam=5"));
    EXPECT_NE(contact("sip:a@h;x"), contact("sip:a@h;x=1"));
    EXPECT_NE(contact("sip:a@h;x=1;x=2"), contact("sip:a@h;x=1"));
}

TEST(CanonicalContact, DiffersWhereSchemeUserPasswordHostPortOrHeadersDo) {
    const std::string base = contact("sip:a@h");
    for (const std::string_view other :
         {"sips:a@h", "sip:A@h", "sip:a@h:5060", "sip:a@i", "sip:a:p@h", "sip:h", "sip:a@h?x=1"}) {
        EXPECT_NE(contact(other), base) << other;
    }
    EXPECT_NE(contact("sip:a:p@h"), contact("sip:a:P@h"));
}

TEST(CanonicalContact, AnEscapeEqualsItsCharacterUnlessThatIsReserved) {
    EXPECT_EQ(contact("sip:a%2Fb@h"), contact("sip:a%2fb@h"));
    EXPECT_NE(contact("sip:a%2Fb@h"), contact("sip:a/b@h"));
    EXPECT_EQ(contact("sip:a@h;x=%41b"), contact("sip:a@h;X=aB"));
}

TEST(CanonicalContact, AnIpv6AddressHasOneForm) {
    EXPECT_EQ(contact("sip:a@[2001:DB8:0::1]"), contact("sip:a@[2001:db8::1]"));
}

TEST(CanonicalContact, ATelephoneHasNoSeparatorsAndAllItsParameters) {
    EXPECT_EQ(contact("tel:+1-201-555-0123"), contact("TEL:+1(201)555.0123"));
    EXPECT_EQ(
        contact("tel:5a;phone-context=+1-2;ext=3"), contact("tel:5A;ext=3;phone-context=+12")
    );
    EXPECT_NE(contact("tel:+1;ext=1"), contact("tel:+1"));
    EXPECT_NE(contact("tel:+1"), contact("tel:1"));
}

TEST(CanonicalContact, SortsSixtyThousandBytesOfParametersWithoutComparingAllPairs) {
    std::string first = "sip:a@h";
    std::string second = "sip:a@h";
    for (int i = 0; i < 9'000; ++i) {
        first += ";p" + std::to_string(i);
        second += ";p" + std::to_string(8'999 - i);
    }
    EXPECT_EQ(contact(first), contact(second));
}

// Found by fuzz_headers.
TEST(CanonicalContact, EmptyHeadersOfAUriAreNone) {
    EXPECT_EQ(contact("sip:h.example?&"), contact("sip:h.example"));
}

}  // namespace
}  // namespace reginfo::sip

/// @file
/// Names, fields and lists of values.

#include "core/sip/message.hpp"

#include "core/sip/value_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace reginfo::sip {
namespace {

using testing::ElementsAre;

std::vector<std::string> values_of(ValueList list) {
    std::vector<std::string> values;
    while (const auto value = list.next()) values.emplace_back(*value);
    return values;
}

TEST(Method, HasCase) {
    EXPECT_EQ(method_of("OPTIONS"), Method::options);
    EXPECT_EQ(method_of("REGISTER"), Method::register_);
    EXPECT_EQ(method_of("options"), Method::other);
    EXPECT_EQ(method_of(""), Method::other);
    EXPECT_EQ(method_of("PUBLISHX"), Method::other);
}

TEST(HeaderName, IsFoundInAnyCase) {
    for (int i = 0; i < static_cast<int>(HeaderName::other); ++i) {
        const auto name = static_cast<HeaderName>(i);
        std::string text(text_of(name));
        EXPECT_EQ(header_name_of(text), name) << text;
        for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        EXPECT_EQ(header_name_of(text), name) << text;
        for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        EXPECT_EQ(header_name_of(text), name) << text;
        EXPECT_EQ(header_name_of(text + 'x'), HeaderName::other);
    }
}

TEST(HeaderName, HasTheCompactForms) {
    EXPECT_EQ(header_name_of("i"), HeaderName::call_id);
    EXPECT_EQ(header_name_of("m"), HeaderName::contact);
    EXPECT_EQ(header_name_of("e"), HeaderName::content_encoding);
    EXPECT_EQ(header_name_of("l"), HeaderName::content_length);
    EXPECT_EQ(header_name_of("c"), HeaderName::content_type);
    EXPECT_EQ(header_name_of("f"), HeaderName::from);
    EXPECT_EQ(header_name_of("k"), HeaderName::supported);
    EXPECT_EQ(header_name_of("t"), HeaderName::to);
    EXPECT_EQ(header_name_of("v"), HeaderName::via);
    EXPECT_EQ(header_name_of("o"), HeaderName::event);
    EXPECT_EQ(header_name_of("u"), HeaderName::allow_events);
    EXPECT_EQ(header_name_of("V"), HeaderName::via);
    for (const std::string_view text : {"s", "r", "x", "a", "1"}) {
        EXPECT_EQ(header_name_of(text), HeaderName::other) << text;
    }
}

TEST(HeaderName, OfAlmostAKnownNameIsOther) {
    for (const std::string_view text :
         {"",
          "Vias",
          "Fromm",
          "CSeqq",
          "To-Do",
          "Contact-Length",
          "I-D",
          "Content-Lengthy",
          "Vi",
          "Call\rID",
          "Call\x4DID",
          "T\x0F",
          "\xF4o",
          "Call_ID",
          "Fron"}) {
        EXPECT_EQ(header_name_of(text), HeaderName::other) << text;
    }
}

TEST(ValueList, SplitsAtCommasOutsideOfQuotesAndBrackets) {
    EXPECT_THAT(
        values_of(ValueList(R"( "a,\",b" <sip:c,d@h;x="> ;q=1 , e,, <f,g>,"h)")),
        ElementsAre(R"("a,\",b" <sip:c,d@h;x="> ;q=1)", "e", "<f,g>", R"("h)")
    );
    EXPECT_THAT(values_of(ValueList("")), ElementsAre());
    EXPECT_THAT(values_of(ValueList(" , ,")), ElementsAre());
    EXPECT_THAT(values_of(ValueList("<a,b")), ElementsAre("<a,b"));
}

TEST(ValueList, WalksAllFieldsOfTheNameInOrder) {
    Message message;
    message.add({HeaderName::via, "v", "a, b"});
    message.add({HeaderName::to, "To", "x"});
    message.add({HeaderName::via, "Via", ""});
    message.add({HeaderName::via, "Via", "c"});
    EXPECT_THAT(values_of(ValueList(message, HeaderName::via)), ElementsAre("a", "b", "c"));
    EXPECT_THAT(values_of(ValueList(message, HeaderName::from)), ElementsAre());
    EXPECT_EQ(message.first(HeaderName::via), "a, b");
    EXPECT_EQ(message.first(HeaderName::from), std::nullopt);
    EXPECT_EQ(message.count(HeaderName::via), 3U);
}

}  // namespace
}  // namespace reginfo::sip

/// @file
/// Character classes and scanners.

#include "core/sip/grammar.hpp"

#include "core/sip/param_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace reginfo::sip {
namespace {

TEST(Grammar, ATokenHasTheCharactersOfRfc3261AndNoOthers) {
    std::string found;
    for (int c = 0; c < 256; ++c) {
        if (is(Chars::token, static_cast<char>(c))) found += static_cast<char>(c);
    }
    EXPECT_EQ(found, "!%'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_`abcdefghijklmnopqrstuvwxyz~");
}

TEST(Grammar, AnAddressHasAnyCharacterButBlanksQuotesAndBrackets) {
    for (const std::size_t size : {1U, 15U, 16U, 40U}) {
        for (int c = 0; c < 256; ++c) {
            std::string text(size, 'a');
            text.back() = static_cast<char>(c);
            const bool is_in = c > 0x20 && std::string_view("<>\"\x7F").find(text.back()) ==
                                               std::string_view::npos;
            EXPECT_EQ(is_addr(text), is_in) << size << " " << c;
        }
    }
    EXPECT_FALSE(is_addr(""));
}

TEST(Grammar, AHostIsANameOrAnAddress) {
    for (const std::string_view host :
         {"a",
          "host.example",
          "host.example.",
          "a-b.c1",
          "kamailio_1",
          "3f2a91bc",
          "192.0.2.1",
          "[2001:db8::1]",
          "[::ffff:192.0.2.1]",
          "1host"}) {
        EXPECT_TRUE(is_host(host)) << host;
    }
    for (const std::string_view host :
         {"",
          ".",
          "a..b",
          ".a",
          "-a",
          "a-",
          "a.-b",
          "a-.b",
          "256.0.0.1",
          "1.2.3",
          "1",
          "[::1",
          "::1",
          "[192.0.2.1]",
          "[]",
          "a b",
          "h\xC3\xA9",
          "1.2.3.4.",
          "a%62"}) {
        EXPECT_FALSE(is_host(host)) << host;
    }
}

TEST(Grammar, APortIsBetween1And65535) {
    EXPECT_EQ(parse_port("1"), 1);
    EXPECT_EQ(parse_port("65535"), 65535);
    EXPECT_EQ(parse_port("00005060"), 5060);
    for (const std::string_view port : {"", "0", "65536", "-1", "5060 ", "99999999999999999999"}) {
        EXPECT_FALSE(parse_port(port)) << port;
    }
}

TEST(Grammar, EscapesAreAPercentAndTwoHexDigits) {
    EXPECT_TRUE(consists_of_or_escaped(Chars::user, "a%4a%4A"));
    for (const std::string_view text : {"%", "a%4", "%4g", "%%41", "a b"}) {
        EXPECT_FALSE(consists_of_or_escaped(Chars::user, text)) << text;
    }
}

TEST(Grammar, FindControlGivesTheFirstLowByteWhereverItStands) {
    for (const char control : {'\r', '\n', '\t', '\0'}) {
        for (std::size_t size = 0; size < 40; ++size) {
            std::string text(size, '\xFF');
            EXPECT_EQ(find_control(text, 0), size);
            for (std::size_t at = 0; at < size; ++at) {
                text.assign(size, at % 2 == 0 ? '\x80' : '\x0E');
                text[at] = control;
                if (at + 1 < size) text[at + 1] = '\x01';
                EXPECT_EQ(find_control(text, 0), at);
                EXPECT_EQ(find_control(text, at), at);
            }
        }
    }
}

TEST(Scanner, AQuotedStringEndsAtItsUnescapedQuote) {
    Scanner scanner(R"("a\"b\\"rest)");
    EXPECT_EQ(scanner.quoted_string(), R"("a\"b\\")");
    EXPECT_EQ(scanner.rest(), "rest");
    for (const std::string_view text : {R"("a)", R"("a\")", R"("a\)", "a", ""}) {
        EXPECT_FALSE(Scanner(text).quoted_string()) << text;
    }
}

TEST(Scanner, ASeparatorTakesTheBlanksAroundIt) {
    Scanner scanner("a \t; b ");
    scanner.token();
    EXPECT_FALSE(scanner.accept_separator('='));
    EXPECT_EQ(scanner.position(), 1U);
    EXPECT_TRUE(scanner.accept_separator(';'));
    EXPECT_EQ(scanner.rest(), "b ");
}

TEST(ParamReader, ReadsNamesAndValuesWithBlanksAndQuotes) {
    ParamReader reader(R"( a ; b = "x;y\"" ;c=1=2)");
    EXPECT_EQ(reader.next()->name, "a");
    const auto b = reader.next();
    EXPECT_EQ(b->name, "b");
    EXPECT_EQ(b->value, R"("x;y\"")");
    EXPECT_EQ(b->text, R"(b = "x;y\"")");
    EXPECT_EQ(reader.next()->value, "1=2");
    EXPECT_FALSE(reader.next());
    EXPECT_FALSE(reader.failed());
}

TEST(Scanner, AValueHasTheCharactersOfParametersAndEqualSigns) {
    for (const std::size_t size : {1U, 15U, 16U, 40U}) {
        for (int c = 0; c < 256; ++c) {
            std::string text(size, 'a');
            text.back() = static_cast<char>(c);
            const bool is_in = is(Chars::gen_value, text.back()) || c == '=';
            Scanner scanner(text);
            EXPECT_EQ(scanner.take_value().size(), is_in ? size : size - 1) << size << " " << c;
        }
    }
}

TEST(ParamReader, FailsWhereAParameterIsMissingOrBroken) {
    for (const std::string_view text :
         {"", ";", "a;", ";a", "a;;b", "=1", "a=\"", "a b", "a=1 2"}) {
        ParamReader reader(text);
        while (reader.next()) {
        }
        EXPECT_TRUE(reader.failed()) << text;
    }
}

}  // namespace
}  // namespace reginfo::sip

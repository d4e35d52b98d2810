/// @file
/// Whole messages: start lines, fields, bodies, and their errors.

#include "core/sip/parser.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace reginfo::sip {
namespace {

constexpr std::string_view kStart = "OPTIONS sip:h SIP/2.0\r\n";

class ParserTest : public testing::Test {
protected:
    /// Keeps the bytes while the message is looked at.
    ParseError parse(std::string bytes, const ParseLimits& limits = {}) {
        bytes_ = std::move(bytes);
        return parse_message(bytes_, limits, message);
    }

    std::string_view value(HeaderName name) { return message.first(name).value_or("(none)"); }

    Message message;

private:
    std::string bytes_;
};

TEST_F(ParserTest, ARequestIsTakenApart) {
    EXPECT_EQ(
        parse("PUBLISH sip:a@b SIP/2.0\r\nv: x\r\nX-Own : y \r\nl: 2\r\n\r\nabc"), ParseError::none
    );
    EXPECT_TRUE(message.is_request);
    EXPECT_EQ(message.method, Method::publish);
    EXPECT_EQ(message.method_text, "PUBLISH");
    EXPECT_EQ(message.request_uri, "sip:a@b");
    EXPECT_EQ(message.version, "SIP/2.0");
    ASSERT_EQ(message.headers.size(), 3U);
    EXPECT_EQ(value(HeaderName::via), "x");
    EXPECT_EQ(message.headers[1].text, "X-Own");
    EXPECT_EQ(message.headers[1].value, "y");
    EXPECT_EQ(message.body, "ab");
    EXPECT_EQ(message.defect, "");
}

TEST_F(ParserTest, AResponseIsTakenApart) {
    EXPECT_EQ(parse("sip/2.0 481 Call Leg Gone\r\n\r\n"), ParseError::none);
    EXPECT_FALSE(message.is_request);
    EXPECT_EQ(message.version, "sip/2.0");
    EXPECT_EQ(message.status, 481);
    EXPECT_EQ(message.reason, "Call Leg Gone");
    EXPECT_EQ(parse("SIP/2.0 200\r\n\r\n"), ParseError::none);
    EXPECT_EQ(parse("SIP/2.0 200 \r\n\r\n"), ParseError::none);
    EXPECT_EQ(message.reason, "");
}

TEST_F(ParserTest, NothingIsLeftOfTheMessageBefore) {
    parse("SIP/2.0 200 OK\r\nTo:\r\n x\r\nbroken\r\n\r\nbody");
    EXPECT_EQ(parse(std::string(kStart) + "\r\n"), ParseError::none);
    EXPECT_TRUE(message.is_request);
    EXPECT_EQ(message.status, 0);
    EXPECT_EQ(message.headers.size(), 0U);
    EXPECT_EQ(message.defect, "");
    EXPECT_EQ(message.body, "");
}

TEST_F(ParserTest, ALineEndsInCrlfOrLf) {
    EXPECT_EQ(parse("\r\n\n\r\nOPTIONS sip:h SIP/2.0\nTo: x\n\nbody"), ParseError::none);
    EXPECT_EQ(value(HeaderName::to), "x");
    EXPECT_EQ(message.body, "body");
}

TEST_F(ParserTest, AFoldedFieldIsOneValue) {
    EXPECT_EQ(
        parse(
            std::string(kStart) + "Via: SIP/2.0/UDP\r\n h\r\n\t;branch=x\r\nEvent:\r\n  reg\r\n\r\n"
        ),
        ParseError::none
    );
    EXPECT_EQ(value(HeaderName::via), "SIP/2.0/UDP   h  \t;branch=x");
    EXPECT_EQ(value(HeaderName::event), "reg");
}

TEST_F(ParserTest, AFoldedContentLengthCounts) {
    EXPECT_EQ(parse(std::string(kStart) + "Content-Length:\r\n 2\r\n\r\nabc"), ParseError::none);
    EXPECT_EQ(message.body, "ab");
}

TEST_F(ParserTest, NoValueHoldsALineEnd) {
    EXPECT_EQ(parse(std::string(kStart) + "To: a\rVia: b\r\n\r\n"), ParseError::none);
    EXPECT_EQ(value(HeaderName::to), "a Via: b");
}

TEST_F(ParserTest, BytesThatAreNoUtf8PassThrough) {
    EXPECT_EQ(
        parse(std::string(kStart) + "From: \"\xFF\xC0\x80\" <sip:a@b>\r\n\r\n"), ParseError::none
    );
    EXPECT_EQ(value(HeaderName::from), "\"\xFF\xC0\x80\" <sip:a@b>");
    EXPECT_EQ(message.defect, "");
}

TEST_F(ParserTest, ALineWithoutColonIsADefect) {
    EXPECT_EQ(parse(std::string(kStart) + "this is no header\r\nTo: x\r\n\r\n"), ParseError::none);
    EXPECT_EQ(message.defect, "Malformed header line");
    EXPECT_EQ(value(HeaderName::to), "x");
}

TEST_F(ParserTest, ABadContentLengthIsADefect) {
    for (const char* length :
         {"-5", "abc", "", "5 5", "5,5", "+5", "99999999999999999999", "4294967296", "0x5"}) {
        EXPECT_EQ(
            parse(std::string(kStart) + "Content-Length: " + length + "\r\n\r\nbody"),
            ParseError::none
        );
        EXPECT_EQ(message.defect, "Bad Content-Length") << length;
    }
    EXPECT_EQ(
        parse(std::string(kStart) + "l: 4\r\nContent-Length: 3\r\n\r\nbody"), ParseError::none
    );
    EXPECT_EQ(message.defect, "Bad Content-Length");
}

TEST_F(ParserTest, ContentLengthsThatAgreeAndLeadingZerosAreFine) {
    EXPECT_EQ(
        parse(std::string(kStart) + "l: 4\r\nContent-Length: 0004\r\n\r\nbody+"), ParseError::none
    );
    EXPECT_EQ(message.defect, "");
    EXPECT_EQ(message.body, "body");
}

TEST_F(ParserTest, ABodyShorterThanItsLengthIsADefect) {
    EXPECT_EQ(parse(std::string(kStart) + "l: 5\r\n\r\nbody"), ParseError::none);
    EXPECT_EQ(message.defect, "Body shorter than Content-Length");
}

TEST_F(ParserTest, WithoutContentLengthTheBodyIsAllThatFollows) {
    EXPECT_EQ(parse(std::string(kStart) + "\r\n\r\nbody\r\n"), ParseError::none);
    EXPECT_EQ(message.body, "\r\nbody\r\n");
}

TEST_F(ParserTest, KeepAlivesAreEmpty) {
    for (const std::string_view bytes :
         {std::string_view(),
          std::string_view("\r\n"),
          std::string_view("\r\n\r\n"),
          std::string_view("\0", 1),
          std::string_view("\0\0\0\0", 4),
          std::string_view(" \r\n\t")}) {
        EXPECT_EQ(parse(std::string(bytes)), ParseError::empty);
    }
}

TEST_F(ParserTest, WhatIsNoStartLineIsRefused) {
    for (const std::string_view line :
         {"OPTIONS sip:127.0.0.1",
          "OPTIONS",
          "OPTIONS  SIP/2.0",
          "OPTIONS sip:a b",
          " OPTIONS sip:a SIP/2.0",
          "GET / HTTP/1.1",
          "OP(TIONS sip:a SIP/2.0",
          "SIP/2.0",
          "SIP/2.0 20 OK",
          "SIP/2.0 2000 OK",
          "SIP/2.0 700 X",
          "SIP/2.0 099 X",
          "SIP/2.0  200 OK",
          "SIP/2.0 abc OK",
          "SIP/ 200 OK",
          "OPTIONS sip:a SIP/",
          "OPTIONS\tsip:a\tSIP/2.0",
          "\xFF\xFE",
          "{}"}) {
        EXPECT_EQ(parse(std::string(line) + "\r\nTo: x\r\n\r\n"), ParseError::bad_start_line)
            << line;
    }
}

TEST_F(ParserTest, AnyVersionIsLeftToTheCaller) {
    EXPECT_EQ(parse("OPTIONS sip:h SIP/3.0\r\n\r\n"), ParseError::none);
    EXPECT_EQ(message.version, "SIP/3.0");
    EXPECT_EQ(message.defect, "");
    EXPECT_EQ(parse("OPTIONS sip:h sip/2.0\r\n\r\n"), ParseError::none);
    EXPECT_EQ(message.version, "sip/2.0");
}

TEST_F(ParserTest, ABrokenRequestUriIsKeptAndADefect) {
    EXPECT_EQ(parse("OPTIONS <sip:h> SIP/2.0\r\n\r\n"), ParseError::none);
    EXPECT_EQ(message.request_uri, "<sip:h>");
    EXPECT_EQ(message.defect, "Malformed Request-URI");
    EXPECT_EQ(parse("OPTIONS sip:h; lr SIP/2.0\r\n\r\n"), ParseError::none);
    EXPECT_EQ(message.request_uri, "sip:h; lr");
    EXPECT_EQ(message.defect, "Malformed Request-URI");
}

TEST_F(ParserTest, OddSpacingInTheRequestLineIsADefect) {
    for (const std::string_view line :
         {"OPTIONS  sip:h SIP/2.0", "OPTIONS sip:h  SIP/2.0", "OPTIONS sip:h SIP/2.0  "}) {
        EXPECT_EQ(parse(std::string(line) + "\r\n\r\n"), ParseError::none) << line;
        EXPECT_EQ(message.request_uri, "sip:h");
        EXPECT_EQ(message.version, "SIP/2.0");
        EXPECT_EQ(message.defect, "Malformed request line") << line;
    }
}

TEST_F(ParserTest, AnUnfinishedHeadKeepsWhatWasRead) {
    EXPECT_EQ(parse(std::string(kStart) + "To: x\r\nFrom: y"), ParseError::no_end_of_head);
    EXPECT_EQ(value(HeaderName::to), "x");
    EXPECT_EQ(message.count(HeaderName::from), 0U);
}

TEST_F(ParserTest, HeadersAreBounded) {
    ParseLimits limits;
    limits.headers = 3;
    const std::string fields = "To: 1\r\nTo: 2\r\nTo: 3\r\n";
    EXPECT_EQ(parse(std::string(kStart) + fields + "\r\n", limits), ParseError::none);
    EXPECT_EQ(
        parse(std::string(kStart) + fields + "To: 4\r\n\r\n", limits), ParseError::too_many_headers
    );
    EXPECT_EQ(message.headers.size(), 3U);
}

TEST_F(ParserTest, TheHeadIsBounded) {
    ParseLimits limits;
    const std::string head = std::string(kStart) + "To: x\r\n\r\n";
    limits.header_bytes = head.size();
    EXPECT_EQ(parse(head + "body", limits), ParseError::none);
    limits.header_bytes = head.size() - 1;
    EXPECT_EQ(parse(head + "body", limits), ParseError::head_too_large);
    EXPECT_EQ(value(HeaderName::to), "x");
}

TEST_F(ParserTest, TheBodyIsBounded) {
    ParseLimits limits;
    limits.body_bytes = 4;
    EXPECT_EQ(parse(std::string(kStart) + "l: 4\r\n\r\nbody and more", limits), ParseError::none);
    EXPECT_EQ(
        parse(std::string(kStart) + "To: x\r\n\r\nbody+", limits), ParseError::body_too_large
    );
    EXPECT_EQ(value(HeaderName::to), "x");
}

TEST_F(ParserTest, ALongRequestUriAndManyHeadersAreRead) {
    std::string bytes = "OPTIONS sip:" + std::string(60'000, 'u') + "@h SIP/2.0\r\n";
    for (int i = 0; i < 200; ++i) bytes += "X: y\r\n";
    EXPECT_EQ(parse(bytes + "\r\n"), ParseError::none);
    EXPECT_EQ(message.headers.size(), 200U);
    EXPECT_EQ(message.request_uri.size(), 60'006U);
}

TEST_F(ParserTest, EachErrorHasAText) {
    for (int i = 0; i <= static_cast<int>(ParseError::body_too_large); ++i) {
        EXPECT_NE(text_of(static_cast<ParseError>(i)), "unknown");
    }
}

}  // namespace
}  // namespace reginfo::sip

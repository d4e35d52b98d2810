/// @file
/// Commands to bytes, and bytes to replies, also where they are none.

#include "core/storage/redis/redis_protocol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace reginfo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = RedisReply::Kind;

RedisReply text(std::string value) { return {.kind = Kind::text, .text = std::move(value)}; }
RedisReply number(std::int64_t value) { return {.kind = Kind::number, .number = value}; }
RedisReply list(std::vector<RedisReply> items) {
    return {.kind = Kind::list, .items = std::move(items)};
}

std::vector<RedisReply> read_all(RedisReplyReader& reader, std::string_view bytes) {
    std::vector<RedisReply> replies;
    reader.add(bytes);
    while (auto reply = reader.next()) replies.push_back(std::move(*reply));
    return replies;
}

std::vector<RedisReply> read_all(std::string_view bytes) {
    RedisReplyReader reader;
    return read_all(reader, bytes);
}

std::string error_of(std::string_view bytes, const RedisReplyReader::Bounds& bounds = {}) {
    RedisReplyReader reader(bounds);
    read_all(reader, bytes);
    return reader.error();
}

TEST(RedisProtocol, ACommandIsAListOfTextsWithTheirLengths) {
    std::string out = "before";
    append_redis_command(out, {"SET", "key", std::string_view("a\0\r\n", 4)});
    EXPECT_EQ(out, std::string_view("before*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$4\r\na\0\r\n\r\n", 38));
}

TEST(RedisProtocol, EachKindOfReplyIsRead) {
    EXPECT_THAT(
        read_all("+OK\r\n-ERR no\r\n:-7\r\n$3\r\na\r\n\r\n$-1\r\n*-1\r\n*2\r\n:1\r\n$0\r\n\r\n"),
        ElementsAre(
            RedisReply{.kind = Kind::status, .text = "OK"},
            RedisReply{.kind = Kind::error, .text = "ERR no"},
            number(-7),
            text("a\r\n"),
            RedisReply{},
            RedisReply{},
            list({number(1), text("")})
        )
    );
}

TEST(RedisProtocol, ListsAreReadWithinLists) {
    EXPECT_THAT(
        read_all("*3\r\n*2\r\n:1\r\n*0\r\n$1\r\nx\r\n*1\r\n*1\r\n$-1\r\n"),
        ElementsAre(list({list({number(1), list({})}), text("x"), list({list({RedisReply{}})})}))
    );
}

TEST(RedisProtocol, AReplyMayComeByteByByte) {
    RedisReplyReader reader;
    std::vector<RedisReply> replies;
    for (const char byte : std::string_view("*2\r\n$2\r\nab\r\n:5\r\n+OK\r\n")) {
        for (RedisReply& reply : read_all(reader, {&byte, 1})) replies.push_back(std::move(reply));
    }
    EXPECT_THAT(
        replies,
        ElementsAre(list({text("ab"), number(5)}), RedisReply{.kind = Kind::status, .text = "OK"})
    );
    EXPECT_THAT(reader.error(), IsEmpty());
}

TEST(RedisProtocol, WhatIsNoReplyIsAnErrorAndEndsTheReading) {
    RedisReplyReader reader;
    EXPECT_THAT(
        read_all(reader, "+OK\r\nHTTP/1.1 400 Bad Request\r\n\r\n"),
        ElementsAre(RedisReply{.kind = Kind::status, .text = "OK"})
    );
    EXPECT_THAT(reader.error(), HasSubstr("no reply of Redis"));
    EXPECT_THAT(read_all(reader, "+OK\r\n"), IsEmpty());
}

TEST(RedisProtocol, LengthsThatAreNoneAreErrors) {
    for (const char* bytes : {"$-2\r\n", "*-2\r\n", "$1x\r\na\r\n", "*x\r\n", ":\r\n", ":1x\r\n"}) {
        EXPECT_THAT(error_of(bytes), HasSubstr("no reply of Redis")) << bytes;
    }
}

TEST(RedisProtocol, RepliesOfAnotherVersionOfTheProtocolAreErrors) {
    for (const char* bytes :
         {"%1\r\n:1\r\n:2\r\n",
          "~1\r\n:1\r\n",
          ",1.5\r\n",
          "#t\r\n",
          "(12345\r\n",
          "=5\r\ntxt:a\r\n",
          ">1\r\n+x\r\n",
          "*1\r\n#t\r\n"}) {
        EXPECT_FALSE(error_of(bytes).empty()) << bytes;
    }
}

TEST(RedisProtocol, AReplyHasABoundedNumberOfItemsAtAnyDepth) {
    constexpr RedisReplyReader::Bounds kFew{.items = 4};
    EXPECT_THAT(error_of("*3\r\n:1\r\n:2\r\n:3\r\n*3\r\n:1\r\n:2\r\n:3\r\n", kFew), IsEmpty());
    EXPECT_THAT(error_of("*5\r\n", kFew), HasSubstr("too many items"));
    EXPECT_THAT(error_of("*2\r\n*2\r\n:1\r\n:2\r\n*2\r\n", kFew), HasSubstr("too many items"));
    EXPECT_FALSE(error_of("*2147483647\r\n").empty());
    EXPECT_FALSE(error_of("*4294967296\r\n").empty());
}

TEST(RedisProtocol, AReplyHasABoundedDepth) {
    constexpr RedisReplyReader::Bounds kFlat{.depth = 2};
    EXPECT_THAT(error_of("*1\r\n*1\r\n:1\r\n", kFlat), IsEmpty());
    EXPECT_THAT(error_of("*1\r\n*1\r\n*1\r\n:1\r\n", kFlat), HasSubstr("lists within lists"));
    std::string deep;
    for (int i = 0; i < 1000; ++i) deep += "*1\r\n";
    EXPECT_FALSE(error_of(deep).empty());
}

TEST(RedisProtocol, AReplyHasABoundedNumberOfBytes) {
    constexpr RedisReplyReader::Bounds kShort{.bytes = 10};
    EXPECT_THAT(error_of("$8\r\n12345678\r\n$8\r\n12345678\r\n", kShort), IsEmpty());
    EXPECT_THAT(error_of("$2000000000\r\n12345678", kShort), HasSubstr("too long"));
    EXPECT_THAT(error_of("*9\r\n$6\r\n123456\r\n$6\r\n123456\r\n", kShort), HasSubstr("too long"));
    EXPECT_THAT(error_of("+a line without an end", kShort), HasSubstr("too long"));
}

TEST(RedisReply, AnErrorIsKnownByItsFirstWord) {
    const RedisReply reply{.kind = Kind::error, .text = "FENCED shard 5"};
    EXPECT_TRUE(reply.is_error("FENCED"));
    EXPECT_FALSE(reply.is_error("FENCE"));
    EXPECT_FALSE(text("FENCED").is_error("FENCED"));
}

TEST(RedisReply, ATextMayBeANumber) {
    EXPECT_EQ(number(7).number_value(), 7);
    EXPECT_EQ(text("-12").number_value(), -12);
    for (const char* other : {"", "1x", "x", "1.5", "99999999999999999999"}) {
        EXPECT_FALSE(text(other).number_value()) << other;
    }
    EXPECT_FALSE(RedisReply{}.number_value());
}

TEST(RedisReply, AnItemIsFoundByTheNameBeforeIt) {
    const RedisReply reply = list({text("view"), number(3), text("odd")});
    ASSERT_NE(reply.find("view"), nullptr);
    EXPECT_EQ(*reply.find("view"), number(3));
    EXPECT_EQ(reply.find("odd"), nullptr);
    EXPECT_EQ(number(1).find("view"), nullptr);
}

}  // namespace
}  // namespace reginfo

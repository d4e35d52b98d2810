/// @file
/// What records hold in as few bytes as they can.

#include "core/base/compact_optional.hpp"

#include "core/base/fixed_text.hpp"
#include "core/dialog/dialog_state.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {
namespace {

using namespace std::chrono_literals;

TEST(CompactOptional, IsAsLargeAsItsValueAndBeginsWithNothing) {
    EXPECT_EQ(sizeof(CompactOptional<TimePoint>), sizeof(TimePoint));
    EXPECT_FALSE(CompactOptional<TimePoint>());
    EXPECT_FALSE(CompactOptional<std::uint64_t>());
}

TEST(CompactOptional, ZeroIsAValueAndResetLeavesNone) {
    CompactOptional<std::uint64_t> revision = std::uint64_t{0};
    ASSERT_TRUE(revision);
    EXPECT_EQ(*revision, 0U);
    revision.reset();
    EXPECT_FALSE(revision.has_value());
}

TEST(CompactOptional, GoesToAndFromAnOptional) {
    const TimePoint at{5s};
    const CompactOptional<TimePoint> some = std::optional(at);
    const CompactOptional<TimePoint> none = std::optional<TimePoint>();
    EXPECT_EQ(std::optional<TimePoint>(some), at);
    EXPECT_EQ(std::optional<TimePoint>(none), std::nullopt);
    EXPECT_NE(some, none);
}

TEST(FixedText, IsWhatItWasMadeFrom) {
    for (const std::string& text : {std::string(), std::string("a\0b", 3), std::string(99, 'x')}) {
        EXPECT_EQ(std::string_view(FixedText(text)), text);
        EXPECT_EQ(FixedText(text).string(), text);
    }
}

TEST(DialogState, TheRemoteTagIsThatOfTheRemoteParty) {
    const auto tag_of = [](std::string_view party) {
        DialogTexts texts;
        texts.remote_party = party;
        return std::string(DialogState(texts).remote_tag());
    };
    EXPECT_EQ(tag_of("<sip:bob@b.test>;tag=x-1"), "x-1");
    EXPECT_EQ(tag_of("sip:bob@b.test;tag=x"), "x");
    EXPECT_EQ(tag_of("<sip:bob@b.test>;tag=x;other=y"), "x");
    EXPECT_EQ(tag_of("<sip:bob@b.test> ; TAG = x"), "x");
    EXPECT_EQ(tag_of("<sip:bob@b.test;tag=uri>"), "");
    EXPECT_EQ(tag_of("\"a;tag=quoted\" <sip:bob@b.test>"), "");
    EXPECT_EQ(tag_of("<sip:bob@b.test>"), "");
    EXPECT_EQ(tag_of(""), "");
}

}  // namespace
}  // namespace reginfo

/// @file
/// Several texts in one allocation.

#include "core/base/texts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

namespace reginfo {
namespace {

TEST(Texts, EachIsInItsPlaceAndBeyondTheLastThereIsNone) {
    const Texts texts{"a", "", std::string(70'000, 'x'), "end"};
    EXPECT_EQ(texts.size(), 4U);
    EXPECT_EQ(texts[0], "a");
    EXPECT_EQ(texts[1], "");
    EXPECT_EQ(texts[2].size(), 70'000U);
    EXPECT_EQ(texts[3], "end");
    EXPECT_EQ(texts[4], "");
    EXPECT_EQ(texts.bytes(), 70'004U);
}

TEST(Texts, ARowOfNoneHasNoBlock) {
    const Texts none;
    EXPECT_EQ(none.size(), 0U);
    EXPECT_EQ(none[0], "");
    EXPECT_EQ(none.bytes(), 0U);
    EXPECT_EQ(none.block_bytes(), 0U);
    EXPECT_EQ(Texts(none), none);
}

TEST(Texts, ACopyIsEqualAndOfItsOwn) {
    Texts texts{"a", "b"};
    const Texts copy(texts);
    EXPECT_EQ(copy, texts);
    texts = texts.with(1, "longer");
    EXPECT_EQ(texts[1], "longer");
    EXPECT_EQ(copy[1], "b");
    EXPECT_NE(copy, texts);
    texts = copy;
    EXPECT_EQ(copy, texts);
}

TEST(Texts, TheyAreVisitedInOrderFromAnyPlaceOn) {
    const Texts texts{"a", "", std::string(300, 'x'), "end"};
    for (std::size_t from = 0; from < 6; ++from) {
        std::size_t place = from;
        texts.for_each(from, [&](std::string_view text) { EXPECT_EQ(text, texts[place++]); });
        EXPECT_EQ(place, std::max<std::size_t>(from, 4)) << from;
    }
    Texts().for_each(0, [](std::string_view) { FAIL(); });
}

TEST(Texts, WhereTextsBeginCounts) { EXPECT_NE((Texts{"ab", "c"}), (Texts{"a", "bc"})); }

}  // namespace
}  // namespace reginfo

/// @file

#include "core/base/text_arena.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

TEST(TextArena, KeepsTextsWhereTheyAreWhateverFollowsAndWhereverItGoes) {
    TextArena arena(1);
    std::vector<std::string_view> kept;
    for (std::size_t size = 0; size < 300; ++size)
        kept.push_back(arena.keep(std::string(size, 'x')));

    const TextArena moved = std::move(arena);
    for (std::size_t size = 0; size < kept.size(); ++size) {
        EXPECT_EQ(kept[size], std::string(size, 'x'));
    }
}

TEST(TextArena, PutsANulBehindATextThatIsToHaveOne) {
    TextArena arena;
    EXPECT_STREQ(arena.keep_terminated("abc"), "abc");
    EXPECT_STREQ(arena.keep_terminated(""), "");
}

TEST(TextArena, BeginsAnewInTheSameMemoryUnlessThatIsTooLittleOrVeryMuch) {
    TextArena arena(1'000);
    const char* const first = arena.keep("abc").data();
    arena.restart(500);
    EXPECT_EQ(arena.keep("def").data(), first);

    arena.restart(1'000'000);
    EXPECT_EQ(arena.keep(std::string(900'000, 'x')), std::string(900'000, 'x'));
    arena.restart(100);
    EXPECT_EQ(arena.keep("ghi"), "ghi");
}

}  // namespace
}  // namespace reginfo

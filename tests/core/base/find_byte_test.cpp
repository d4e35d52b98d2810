/// @file
#include "core/base/find_byte.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace reginfo {
namespace {

constexpr auto kWanted = [](auto c) { return c == +'x' || c > 0xF0; };

TEST(FindByte, GivesTheFirstOneWhereverItStands) {
    for (const char wanted : {'x', '\xFF'}) {
        for (std::size_t size = 1; size < 70; ++size) {
            for (std::size_t at = 0; at < size; ++at) {
                std::string text(size, 'a');
                text[at] = wanted;
                if (at + 1 < size) text.back() = 'x';
                EXPECT_EQ(find_byte(text, 0, kWanted), at);
            }
        }
    }
}

TEST(FindByte, LooksAtNothingBeforeTheBeginning) {
    for (std::size_t size = 1; size < 70; ++size) {
        for (std::size_t from = 0; from <= size; ++from) {
            std::string text(size, 'a');
            text.replace(0, from, from, 'x');
            EXPECT_EQ(find_byte(text, from, kWanted), size);
        }
    }
}

TEST(FindByte, DoesNotFindWhatIsBehindTheEnd) {
    for (std::size_t size = 0; size < 70; ++size) {
        const std::string text = std::string(size, 'a') + std::string(40, 'x');
        EXPECT_EQ(find_byte(std::string_view(text).substr(0, size), 0, kWanted), size);
    }
}

}  // namespace
}  // namespace reginfo

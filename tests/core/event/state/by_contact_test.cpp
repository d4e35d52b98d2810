/// @file

#include "core/event/state/by_contact.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace reginfo {
namespace {

Hash128 id(std::uint64_t number) { return {number * 7, number}; }

TEST(ByContact, FindsEachOfFewAndOfMany) {
    ByContact<int> map;
    for (int i = 0; i < 40; ++i) {
        EXPECT_TRUE(map.try_emplace(id(static_cast<std::uint64_t>(i)), i).second) << i;
        for (int known = 0; known <= i; ++known) {
            ASSERT_TRUE(map.find(id(static_cast<std::uint64_t>(known)))) << known << " of " << i;
            EXPECT_EQ(*map.find(id(static_cast<std::uint64_t>(known))), known);
        }
        EXPECT_FALSE(map.find(id(100)));
    }
}

TEST(ByContact, KeepsTheFirstOfTwoForOneContact) {
    for (const std::uint64_t others : {0U, 20U}) {
        ByContact<int> map;
        map.try_emplace(id(100), 1);
        for (std::uint64_t i = 0; i < others; ++i) map.try_emplace(id(i), 0);
        const auto [value, is_new] = map.try_emplace(id(100), 2);
        EXPECT_FALSE(is_new);
        EXPECT_EQ(*value, 1);
    }
}

}  // namespace
}  // namespace reginfo

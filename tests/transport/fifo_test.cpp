/// @file
/// The queue of unsent messages.

#include "transport/fifo.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>

namespace reginfo {
namespace {

TEST(Fifo, BehavesAsADequeHoweverItGrowsAndShrinks) {
    Fifo<std::string, 16> fifo;
    std::deque<std::string> model;
    std::mt19937 random(1);

    for (int i = 0; i < 20'000; ++i) {
        // Phases of growth and of decline.
        const bool grow = random() % 10 < ((i / 2'000) % 2 == 0 ? 6U : 4U);
        if (grow || model.empty()) {
            fifo.push(std::to_string(i));
            model.push_back(std::to_string(i));
        } else {
            fifo.pop();
            model.pop_front();
        }
        ASSERT_EQ(fifo.size(), model.size());
        if (model.empty()) continue;
        ASSERT_EQ(fifo[0], model.front());
        ASSERT_EQ(fifo[model.size() - 1], model.back());
    }
}

}  // namespace
}  // namespace reginfo

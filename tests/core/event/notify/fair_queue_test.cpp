/// @file
/// Who is next of those that wait for a window.

#include "core/event/notify/fair_queue.hpp"

#include "core/event/persistence/open_states.hpp"
#include "core/event/records/aor.hpp"
#include "core/event/records/dialog.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <memory>

namespace reginfo {
namespace {

class FairQueueTest : public ::testing::Test {
protected:
    Subscription& waiting(Aor& aor, bool urgent = false) {
        Subscription& subscription = subscriptions.emplace_back(dialogs.emplace_back(), aor);
        if (urgent) subscription.set_urgent();
        queue.push(subscription);
        return subscription;
    }

    FairQueue queue;
    OpenStates states{1, 1};
    Aor a{"sip:a@example.org", 1, states};
    Aor b{"sip:b@example.org", 2, states};
    std::deque<Dialog> dialogs;
    std::deque<Subscription> subscriptions;
};

TEST_F(FairQueueTest, AorsTakeTurnsHoweverManyOfOneWait) {
    for (int i = 0; i < 100; ++i) waiting(a);
    const Subscription& of_b = waiting(b);
    EXPECT_EQ(&queue.pop()->aor(), &a);
    EXPECT_EQ(queue.pop(), &of_b);
    EXPECT_EQ(&queue.pop()->aor(), &a);
}

TEST_F(FairQueueTest, WithinOneAorTheFirstAndTheLastTakeTurns) {
    const Subscription& first = waiting(a);
    const Subscription& second = waiting(a);
    const Subscription& last = waiting(a);
    EXPECT_EQ(queue.pop(), &first);
    EXPECT_EQ(queue.pop(), &last);
    EXPECT_EQ(queue.pop(), &second);
    EXPECT_EQ(queue.pop(), nullptr);
}

TEST_F(FairQueueTest, AnUrgentNewcomerGoesSecondHoweverManyWait) {
    for (int i = 0; i < 100; ++i) waiting(a, true);
    const Subscription& newcomer = waiting(a, true);
    EXPECT_NE(queue.pop(), &newcomer);
    EXPECT_EQ(queue.pop(), &newcomer);
}

TEST_F(FairQueueTest, AnUrgentOneGoesFirst) {
    waiting(a);
    const Subscription& urgent = waiting(b, true);
    EXPECT_EQ(queue.pop(), &urgent);
}

TEST_F(FairQueueTest, ManyUrgentOnesDoNotKeepTheOthersWaiting) {
    const Subscription& other = waiting(b);
    for (int i = 0; i < 100; ++i) waiting(a, true);
    EXPECT_TRUE(queue.pop()->is_urgent());
    EXPECT_EQ(queue.pop(), &other);
}

TEST_F(FairQueueTest, OneThatBecomesUrgentMoves) {
    waiting(a);
    Subscription& becomes = waiting(a);
    becomes.set_urgent();
    queue.push(becomes);
    EXPECT_EQ(queue.pop(), &becomes);
    EXPECT_NE(queue.pop(), nullptr);
    EXPECT_EQ(queue.pop(), nullptr) << "nobody waits twice";
}

TEST_F(FairQueueTest, OneThatIsRemovedLeaves) {
    Dialog dialog;
    auto removed = std::make_unique<Subscription>(dialog, a);
    queue.push(*removed);
    removed.reset();
    EXPECT_EQ(queue.pop(), nullptr);
    EXPECT_TRUE(queue.is_empty());
}

}  // namespace
}  // namespace reginfo

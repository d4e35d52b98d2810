/// @file
/// The entries of the unsettled, while commits are on their way
/// (core/event/records/unsettled.hpp).

#include "tests/core/late_store.hpp"

#include <optional>

namespace reginfo::test {
namespace {

class UnsettledLate : public LateStore {};

TEST_F(UnsettledLate, AChangeUnderASubscribeThatFailsLeavesNoEntry) {
    world.receive(watcher.flow, watcher.subscribe().text());
    send(publisher, body({contact(kX)}));
    world.commit(false);
    world.commit();
    EXPECT_EQ(world.unsettled_kept(), 1U) << "the SUBSCRIBE might have succeeded";

    world.pass(3s);

    EXPECT_EQ(world.unsettled_kept(), 0U);
}

TEST_F(UnsettledLate, WhoArrivesUnderAChangeIsSettledWithIt) {
    world.receive(watcher.flow, watcher.subscribe().text());
    send(publisher, body({contact(kX)}));
    world.commit();
    world.commit();

    world.pass(3s);

    EXPECT_EQ(world.unsettled_kept(), 0U);
}

TEST_F(UnsettledLate, ARefreshUnderWhichTheDialogEndsLeavesNoEntry) {
    subscribed(watcher);
    world.pass(3s);
    std::optional<Sent> last;
    world.answers = [&](const Sent& notify) {
        last = notify;
        return std::nullopt;
    };
    published(publisher, body({contact(kX)}));
    world.receive(watcher.flow, watcher.subscribe().text());
    ASSERT_TRUE(last);
    world.answer(*last, 481);
    while (world.commits_waiting() > 0) world.commit();
    world.pass(3s);
    while (world.commits_waiting() > 0) world.commit();

    EXPECT_EQ(world.stats().dialogs, 0U);
    EXPECT_EQ(world.stats().dialogs, 0U);
    EXPECT_EQ(world.stats().commits_pending, 0U);
    EXPECT_EQ(world.commits_waiting(), 0U);
    EXPECT_EQ(world.unsettled_kept(), 0U);
}

}  // namespace
}  // namespace reginfo::test

/// @file
/// Two subscriptions in one dialog, a late store and a crash (RULES.md, "One NOTIFY in flight",
/// "Nothing acknowledged is lost"): the fate of one must not change the other. All of it was found
/// by fuzz_engine.

#include "core/event/persistence/dialog_record.hpp"
#include "core/event/records/dialog_storage.hpp"
#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

class DialogOfTwo : public ::testing::Test {
protected:
    /// The first is being refreshed or ended while the watcher's 481 ends the second.
    void end_second_while_first_is_stored(int expires) {
        watcher.subscribe(world);
        world.take();
        world.answers = [](const Sent&) { return std::nullopt; };
        watcher.event = "reg;id=7";
        watcher.subscribe(world);
        const std::vector<Sent> notifies = world.take_notifies();
        ASSERT_EQ(notifies.size(), 1U);
        world.answers = [](const Sent&) { return 200; };
        world.store_answers_late = true;
        watcher.event = "reg";
        world.receive(watcher.flow, watcher.subscribe(expires).text());
        world.answer(notifies.front(), 481);
        while (world.commits_waiting() > 0) world.commit();
        ASSERT_EQ(world.take().front().status(), 200);
        world.store_answers_late = false;
    }

    static Settings durable_settings() {
        Settings settings = test_settings();
        settings.durable = true;
        settings.hash_seed = 7;
        return settings;
    }

    World world{durable_settings()};
    Publisher publisher;
    Watcher watcher{"bob"};
};

/// Found by fuzz_engine: nothing but the next crash may take back a CSeq that was used.
TEST_F(DialogOfTwo, TheEndOfOneSubscriptionLeavesTheOthersOfItsDialogTheirCseqs) {
    watcher.subscribe(world, 10);
    watcher.event = "reg;id=7";
    watcher.subscribe(world);
    std::vector<std::uint32_t> cseqs;
    const auto collect = [&] {
        for (const Sent& notify : world.take_notifies()) cseqs.push_back(notify.cseq());
    };
    collect();
    world.store_answers_late = true;
    world.crash();
    world.pass(11s);
    collect();

    world.crash();
    world.store_answers_late = false;
    ASSERT_EQ(publisher.publish(world, {{.uri = "sip:x@192.0.2.10"}}).status(), 200);
    world.pass(1s);
    collect();

    ASSERT_GE(cseqs.size(), 4U);  // one for each SUBSCRIBE, an end, news
    EXPECT_TRUE(std::is_sorted(cseqs.begin(), cseqs.end(), std::less_equal<>()))
        << ::testing::PrintToString(cseqs);
}

TEST_F(DialogOfTwo, ARefreshIsNotUndoneByTheEndOfAnother) {
    end_second_while_first_is_stored(7200);
    EXPECT_EQ(world.stats().subscriptions, 1U);

    world.crash();

    EXPECT_EQ(world.stats().subscriptions, 1U) << "the second does not come back";
    world.pass(5000s);
    EXPECT_EQ(world.stats().subscriptions, 1U) << "for as long as it was granted";
}

TEST_F(DialogOfTwo, TheEndOfBothLeavesNothing) {
    end_second_while_first_is_stored(0);
    EXPECT_EQ(world.stats().dialogs, 0U);

    world.crash();

    EXPECT_EQ(world.stats().dialogs, 0U);
}

TEST(DialogRecord, UnderAKeyThatIsNotItsOwnItCannotBeRead) {
    Settings settings = test_settings();
    settings.durable = true;
    Engine engine(settings, 1);
    DialogRecord record;
    DialogTexts texts;
    texts.call_id = "c";
    record.state = DialogState(texts);
    record.subscriptions.emplace_back().aor = "sip:alice@example.org";
    const std::string value = encode(record, TimePoint{});

    EXPECT_FALSE(engine.restore(TimePoint{}, {Bucket::dialog, "another", value}));
    EXPECT_EQ(engine.stats().dialogs, 0U);
    EXPECT_TRUE(engine.restore(TimePoint{}, {Bucket::dialog, dialog_key(record.state), value}));
    EXPECT_EQ(engine.stats().dialogs, 1U);
}

TEST_F(DialogOfTwo, ARefreshThatIsBeingStoredAtACleanStopIsNotOverwritten) {
    ASSERT_EQ(watcher.subscribe(world, 100).status(), 200);
    world.pass(50s);
    world.store_answers_late = true;
    world.receive(watcher.flow, watcher.subscribe(3600).text());

    world.restart_while_storing();
    world.store_answers_late = false;
    world.pass(200s);

    EXPECT_EQ(world.stats().subscriptions, 1U);
}

}  // namespace
}  // namespace reginfo::test

/// @file
/// The way of a PUBLISH of a traced AOR in the log.

#include "tests/core/event/notify/notify_fixture.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kAlice = "sip:alice@example.org";
constexpr std::size_t kIdDigits = 16;

class TraceTest : public NotifyTest {
protected:
    void SetUp() override {
        NotifyTest::SetUp();
        world.answers = [](const Sent&) { return 200; };
    }

    void trace(Seconds time = 5min) {
        EXPECT_EQ(world.act(TraceAor{kAlice, time}), ActionOutcome::done);
        world.notes.clear();
    }

    /// What was traced since the last call.
    std::vector<std::string> lines() {
        std::vector<std::string> found;
        for (const Note& note : world.notes) {
            if (note.what != "trace") continue;
            EXPECT_FALSE(note.limited);
            found.push_back(note.detail);
        }
        world.notes.clear();
        return found;
    }
};

TEST_F(TraceTest, OneIdLeadsFromAPublishToTheAnswerOfEachNotify) {
    trace();
    change();

    const auto told = lines();

    ASSERT_THAT(
        told,
        ElementsAre(
            HasSubstr(" PUBLISH received, "),
            HasSubstr(" makes revision 1, 1 watchers are told"),
            HasSubstr(" NOTIFY 2 sent, full version 1 with revision 1, to sip:"),
            HasSubstr(" NOTIFY 2 accepted (200) after 0 ms")
        )
    );
    for (const std::string& line : told) {
        EXPECT_EQ(line.substr(0, kIdDigits), told[0].substr(0, kIdDigits));
        EXPECT_THAT(line, HasSubstr(kAlice));
    }
    change();
    EXPECT_NE(lines().at(0).substr(0, kIdDigits), told[0].substr(0, kIdDigits));
}

TEST_F(TraceTest, ARefusalAndARefreshAreTraced) {
    trace();
    change();
    lines();
    publisher.refresh(world);
    EXPECT_THAT(
        lines(),
        ElementsAre(HasSubstr("SIP-If-Match"), HasSubstr("changes nothing that watchers see"))
    );
    publisher.etag = "0123456789abcdef";
    publisher.refresh(world);

    EXPECT_THAT(lines(), ElementsAre(HasSubstr("PUBLISH received"), HasSubstr("answered 412")));
}

TEST_F(TraceTest, ANotifyThatIsRefusedOrUnansweredIsTraced) {
    trace();
    world.answers = [](const Sent&) { return 500; };
    change();
    EXPECT_THAT(lines().back(), HasSubstr("refused (500)"));
    world.answers = silence;
    change();
    world.pass(40s);

    EXPECT_THAT(lines().back(), HasSubstr("unanswered (408) after 32000 ms"));
}

TEST_F(TraceTest, OtherAorsAreNot) {
    trace();
    Publisher other;
    other.aor = "sip:bob@example.org";
    other.publish(world, {{.uri = uri_of(7)}});

    EXPECT_THAT(lines(), IsEmpty());
}

TEST_F(TraceTest, ItEndsByItselfAfterItsTime) {
    trace(60s);
    EXPECT_EQ(world.stats().traces, 1U);
    world.pass(61s);

    EXPECT_THAT(lines(), ElementsAre(HasSubstr("trace ends: its time is over")));
    EXPECT_EQ(world.stats().traces, 0U);
    change();
    EXPECT_THAT(lines(), IsEmpty());
}

TEST_F(TraceTest, ItCanBeProlongedAndEnded) {
    trace(60s);
    trace(300s);
    world.pass(100s);
    EXPECT_EQ(world.stats().traces, 1U);

    EXPECT_EQ(world.act(TraceAor{"sips:%61lice@EXAMPLE.org", Seconds{0}}), ActionOutcome::done);
    EXPECT_EQ(world.act(TraceAor{kAlice, Seconds{0}}), ActionOutcome::not_found);
    change();
    EXPECT_THAT(lines(), ElementsAre(HasSubstr("trace ends: asked for")));
}

TEST_F(TraceTest, ThereAreOnlySoMany) {
    for (std::size_t i = 0; i < Tracer::kMost; ++i) {
        const std::string aor = "sip:u" + std::to_string(i) + "@example.org";
        EXPECT_EQ(world.act(TraceAor{aor, 60s}), ActionOutcome::done);
    }
    EXPECT_EQ(world.act(TraceAor{kAlice, 60s}), ActionOutcome::too_many);
    EXPECT_EQ(world.act(TraceAor{"nonsense", 60s}), ActionOutcome::not_found);
}

TEST(Tracer, ATraceWithTooManyLinesEnds) {
    TokenSource tokens(1);
    Tracer tracer(tokens);
    Outbox outbox;
    tracer.start(TimePoint{1h}, kAlice, outbox);
    const TraceId id = tracer.published(kAlice);
    for (std::size_t i = 0; i <= Tracer::kLines; ++i) {
        outbox.clear();
        tracer.log(id, kAlice, "something", {}, outbox);
        if (tracer.size() == 0) break;
    }

    ASSERT_THAT(outbox.effects(), SizeIs(2));
    EXPECT_THAT(std::get<Note>(outbox.effects()[1]).detail, HasSubstr("trace ends: 20000 lines"));
}

}  // namespace
}  // namespace reginfo::test

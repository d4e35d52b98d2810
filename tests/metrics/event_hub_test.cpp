/// @file
/// The stream of events: its content, its start, and readers that are dropped.

#include "tests/metrics/api_fixture.hpp"

#include <gmock/gmock.h>

#include <string>

namespace reginfo::metrics {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

EventLimits small() {
    EventLimits limits;
    limits.events = 4;
    limits.readers = 2;
    return limits;
}

class EventHubTest : public ApiTest {
protected:
    EventHubTest() : ApiTest(small()) {}

    /// What a reader has to read now.
    std::string read(BodyStream& reader) {
        std::string text;
        while ((last_step = reader.next(text)) == BodyStream::Step::more) {
        }
        return text;
    }

    void change(const std::string& aor) { publish(aor, {{"sip:a@192.0.2.9"}}); }

    BodyStream::Step last_step = BodyStream::Step::end;
};

TEST_F(EventHubTest, AChangeIsSentWithTheContactsThatChanged) {
    const auto reader = hub.open({}, "");
    EXPECT_EQ(read(*reader), "retry: 2000\n\n");
    EXPECT_EQ(last_step, BodyStream::Step::wait);

    change("sip:alice@example.org");

    EXPECT_THAT(
        read(*reader),
        AllOf(
            HasSubstr("id: 0123456789ab-1\nevent: registration\ndata: {\"aor\":\"sip:alice@"),
            HasSubstr("\"event\":\"registered\"")
        )
    );
}

TEST_F(EventHubTest, TheLifeOfASubscriptionIsSent) {
    const auto reader = hub.open({}, "");
    test::Watcher watcher("w");
    watcher.subscribe(world);
    EXPECT_THAT(read(*reader), HasSubstr("event: subscription\ndata: {\"what\":\"created\""));
    watcher.subscribe(world);
    EXPECT_THAT(read(*reader), HasSubstr("\"what\":\"refreshed\""));
    watcher.subscribe(world, 0);
    EXPECT_THAT(
        read(*reader), AllOf(HasSubstr("\"what\":\"terminating\""), HasSubstr("\"what\":\"ended\""))
    );
}

TEST_F(EventHubTest, AFilterLetsOneAorOrDomainPass) {
    const auto aor = hub.open({"sip:alice@example.org", ""}, "");
    const auto domain = hub.open({"", "example.net"}, "");

    change("sip:alice@example.org");
    change("sip:bob@example.net");

    EXPECT_THAT(read(*aor), AllOf(HasSubstr("alice"), Not(HasSubstr("bob"))));
    EXPECT_THAT(read(*domain), AllOf(HasSubstr("bob"), Not(HasSubstr("alice"))));
}

TEST_F(EventHubTest, AReaderThatComesBackGoesOnWhereItWas) {
    hub.open({}, "").reset();
    for (const char* aor : {"sip:a@x.org", "sip:b@x.org", "sip:c@x.org"}) change(aor);

    const auto reader = hub.open({}, "0123456789ab-1");

    EXPECT_THAT(
        read(*reader),
        AllOf(
            HasSubstr("sip:b@"),
            HasSubstr("sip:c@"),
            Not(HasSubstr("\"sip:a@x.org\"")),
            Not(HasSubstr("reset"))
        )
    );
}

TEST_F(EventHubTest, AReaderThatMissedEventsIsInformed) {
    hub.open({}, "").reset();
    for (const char* aor :
         {"sip:a@x.org", "sip:b@x.org", "sip:c@x.org", "sip:d@x.org", "sip:e@x.org", "sip:f@x.org"
         }) {
        change(aor);
    }

    for (const char* id : {"0123456789ab-1", "0123456789ab-99", "other-3", "nonsense", "-"}) {
        const auto reader = hub.open({}, id);
        EXPECT_THAT(read(*reader), HasSubstr("event: reset\n")) << id;
    }
}

TEST_F(EventHubTest, ASlowReaderIsDropped) {
    const auto reader = hub.open({}, "");
    read(*reader);
    for (const char* aor :
         {"sip:a@x.org", "sip:b@x.org", "sip:c@x.org", "sip:d@x.org", "sip:e@x.org"}) {
        change(aor);
    }

    read(*reader);

    EXPECT_EQ(last_step, BodyStream::Step::drop);
    EXPECT_EQ(hub.dropped_readers(), 1U);
    const std::string metrics = ask("GET", "/metrics").body;
    EXPECT_THAT(metrics, HasSubstr("\nreginfod_event_readers 1\n"));
    EXPECT_THAT(metrics, HasSubstr("\nreginfod_event_readers_dropped_total 1\n"));
    EXPECT_THAT(metrics, HasSubstr("\nreginfod_events_total 5\n"));
}

TEST_F(EventHubTest, OnePeerLeavesRoomForOtherReaders) {
    EventLimits limits;
    limits.readers = 4;
    limits.readers_per_peer = 2;
    EventHub small(access(), "0123456789ab", limits);
    const auto first = small.open({}, "", "192.0.2.1");
    const auto second = small.open({}, "", "192.0.2.1");

    EXPECT_EQ(small.open({}, "", "192.0.2.1"), nullptr);
    EXPECT_NE(small.open({}, "", "192.0.2.2"), nullptr);
}

TEST_F(EventHubTest, ADomainIsComparedWithoutRegardToCase) {
    HttpRequest request{"GET", "/api/v1/events", "domain=EXAMPLE.net"};
    const HttpResponse response = router.dispatch(request);
    ASSERT_EQ(response.status, 200U);
    read(*response.stream);
    change("sip:bob@example.net");

    EXPECT_THAT(read(*response.stream), HasSubstr("sip:bob@example.net"));
}

TEST_F(EventHubTest, AWaitingReaderIsWokenOnce) {
    const auto reader = hub.open({}, "");
    read(*reader);
    int woken = 0;
    reader->on_ready([&] { ++woken; });

    change("sip:a@x.org");
    change("sip:b@x.org");

    EXPECT_EQ(woken, 1);
}

TEST_F(EventHubTest, ThereIsABoundOfReaders) {
    const auto first = hub.open({}, "");
    const auto second = hub.open({}, "");

    EXPECT_EQ(ask("GET", "/api/v1/events").status, 503U);
}

TEST_F(EventHubTest, TheEngineIsObservedOnlyWhileSomebodyMayWantIt) {
    EXPECT_THAT(observers, IsEmpty());
    change("sip:a@x.org");
    hub.open({}, "").reset();
    change("sip:b@x.org");
    EXPECT_GT(hub.bytes(), 0U) << "kept for those who resume";

    world.pass(std::chrono::minutes{6});
    change("sip:c@x.org");

    ASSERT_EQ(observers.size(), 2U);
    EXPECT_EQ(observers.back(), nullptr);
    EXPECT_EQ(hub.bytes(), 0U);
}

}  // namespace
}  // namespace reginfo::metrics

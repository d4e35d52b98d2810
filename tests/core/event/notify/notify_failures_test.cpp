/// @file
/// What comes after a NOTIFY that did not reach its watcher, or was not answered: the same next
/// hop, another one, less in the NOTIFY, a wait, or the end.

#include "core/event/notify/notify_failures.hpp"

#include "tests/core/event/notify/notify_step_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reginfo::test {
namespace {

class NotifyFailuresTest : public NotifyStepTest {
protected:
    NotifyOutcome give_up(Subscription& subscription, NotifyOutcome why) {
        return failures.given_up(now, subscription.dialog, why, outbox);
    }

    NotifyOutcome too_large(Subscription& subscription) {
        return failures.too_large(now, subscription.dialog, outbox);
    }

    NotifyOutcome connection_lost(Subscription& subscription, bool was_there) {
        const Flow lost = subscription.dialog.in_flight->flow;
        return failures.connection_lost(now, subscription.dialog, lost, was_there, outbox);
    }

    /// A watcher whose next hop has a name with two addresses.
    Subscription& subscribe_by_name(const std::string& name) {
        Subscription& subscription = subscribe(name, "sip:w@edge.example.org");
        next_hops.next_hop(now, subscription.dialog, 1, outbox);
        const std::vector<Target> targets{
            {Transport::udp, endpoint("198.51.100.8")}, {Transport::udp, endpoint("198.51.100.9")}
        };
        next_hops.resolved(now, take<Resolve>().at(0).id, targets, outbox);
        return subscription;
    }

    /// A watcher behind NAT: its SUBSCRIBE came over a connection, and its Contact is elsewhere.
    Subscription& subscribe_by_connection(const std::string& name) {
        Subscription& subscription = subscribe(name);
        subscription.dialog.state.flow = tcp_flow("198.51.100.1", 40'000, 9);
        return subscription;
    }

    Flow way_to(Subscription& subscription) {
        return std::get<Flow>(next_hops.next_hop(now, subscription.dialog, 1, outbox));
    }

    static bool is_abridged(const Subscription& subscription) {
        return subscription.abridgement.needs_full_document();
    }

    NotifyAnswers answers{parts_of_answers()};
    NotifyFailures failures{{settings, stats, records.ends, next_hops, windows, answers}};
};

TEST_F(NotifyFailuresTest, AWatcherThatIsLateIsASuspectUntilItAnswers) {
    Subscription& one = subscribe("one");
    one.dialog.standing = Standing::proven;
    InFlight& notify = put_in_flight(one);
    now += 500ms;
    failures.late(now, notify);
    EXPECT_EQ(one.dialog.standing, Standing::suspect);
    EXPECT_FALSE(notify.holds_place) << "a place is for those whose answer may be on its way";
    one.dialog.standing = Standing::fresh;  // a SUBSCRIBE of it has come
    failures.late(now, notify);
    EXPECT_EQ(one.dialog.standing, Standing::fresh) << "the same NOTIFY shows nothing more";
}

TEST_F(NotifyFailuresTest, ASupersededNotifyIsFollowedByTheNewsInItsTurn) {
    Subscription& one = subscribe("one");
    put_in_flight(one);
    now += 100ms;
    EXPECT_EQ(give_up(one, NotifyOutcome::superseded), NotifyOutcome::superseded);
    EXPECT_EQ(one.due(), Due::news);
    EXPECT_EQ(one.dialog.standing, Standing::fresh) << "it may have been about to answer";
}

TEST_F(NotifyFailuresTest, ASupersededLastNotifyIsSentAgainAtOnce) {
    Subscription& one = subscribe("one");
    records.ends.set_terminated(now, one, TerminationReason::giveup);
    put_in_flight(one);
    EXPECT_EQ(give_up(one, NotifyOutcome::superseded), NotifyOutcome::superseded);
    EXPECT_EQ(one.due(), Due::urgent);
}

TEST_F(NotifyFailuresTest, AWatcherIsSuspectFromT1OnWhateverTheReason) {
    Subscription& one = subscribe("one");
    put_in_flight(one);
    now += settings.t1;
    give_up(one, NotifyOutcome::superseded);
    EXPECT_EQ(one.dialog.standing, Standing::suspect);
}

TEST_F(NotifyFailuresTest, WithoutAnAnswerForTimerFTheSubscriptionEnds) {
    Subscription& one = subscribe("one");
    put_in_flight(one);
    now += 64 * settings.t1;
    EXPECT_EQ(give_up(one, NotifyOutcome::timed_out), NotifyOutcome::timed_out);
    EXPECT_EQ(one.dialog.in_flight->meaning, AnswerMeaning::ends_subscription);
    EXPECT_EQ(one.last_status, 408U);
}

TEST_F(NotifyFailuresTest, NewsGivesAWatcherThatIsSilentForTimerFNoMoreTime) {
    Subscription& one = subscribe("one");
    put_in_flight(one);
    now += 20s;
    end_in_flight(one.dialog);
    put_in_flight(one);
    now += 12s;
    EXPECT_EQ(give_up(one, NotifyOutcome::superseded), NotifyOutcome::timed_out);
}

TEST_F(NotifyFailuresTest, WhatDoesNotLeaveIsTriedLaterAndEndsNothing) {
    Subscription& one = subscribe("one");
    put_in_flight(one);
    EXPECT_EQ(give_up(one, NotifyOutcome::transport_failed), NotifyOutcome::transport_failed);
    EXPECT_EQ(one.dialog.in_flight->meaning, AnswerMeaning::retry);
    EXPECT_EQ(one.due(), Due::again);
    EXPECT_EQ(one.last_status, 503U);
}

TEST_F(NotifyFailuresTest, AnotherAddressOfTheNextHopIsTriedAtOnce) {
    for (const NotifyOutcome why : {NotifyOutcome::transport_failed, NotifyOutcome::timed_out}) {
        Subscription& one = subscribe_by_name(why == NotifyOutcome::timed_out ? "one" : "two");
        one.dialog.standing = Standing::proven;
        const Flow first = way_to(one);
        put_in_flight(one, first);
        if (why == NotifyOutcome::timed_out) now += 64 * settings.t1;
        EXPECT_EQ(give_up(one, why), NotifyOutcome::superseded);
        EXPECT_TRUE(one.is_urgent());
        EXPECT_EQ(one.dialog.standing, Standing::fresh) << "not the watcher has failed";
        EXPECT_NE(way_to(one).peer, first.peer);
        now += 10min;  // until what failed is tried again
    }
}

TEST_F(NotifyFailuresTest, WhoWaitsInTheDialogGoesByTheOtherAddressToo) {
    Subscription& one = subscribe_by_name("one");
    Subscription& other = subscribe_in(one.dialog);
    const Flow first = way_to(one);
    put_in_flight(one, first);
    windows.wait(now, other, first);
    give_up(one, NotifyOutcome::transport_failed);
    EXPECT_FALSE(other.is_queued());
}

TEST_F(NotifyFailuresTest, WhereTheContactIsNotReachedTheConnectionOfTheSubscribeIsUsed) {
    Subscription& one = subscribe_by_connection("one");
    put_in_flight(one);
    EXPECT_EQ(give_up(one, NotifyOutcome::transport_failed), NotifyOutcome::superseded);
    EXPECT_TRUE(one.is_urgent());
    EXPECT_EQ(way_to(one).connection, 9U);
}

TEST_F(NotifyFailuresTest, WhereBothWaysFailedTheContactIsToBlameAndTheSubscriptionIsKept) {
    Subscription& one = subscribe_by_connection("one");
    put_in_flight(one);
    give_up(one, NotifyOutcome::transport_failed);
    end_in_flight(one.dialog);
    put_in_flight(one, way_to(one));
    now += 64 * settings.t1;
    EXPECT_EQ(give_up(one, NotifyOutcome::timed_out), NotifyOutcome::timed_out);
    EXPECT_EQ(one.dialog.in_flight->meaning, AnswerMeaning::retry);
    EXPECT_EQ(way_to(one).peer, flow.peer) << "the Contact is tried first the next time";
}

TEST_F(NotifyFailuresTest, ANotifyThatFitsNoDatagramLeavesAtOnceWithLessAndTheSameNumbers) {
    Subscription& one = subscribe("one");
    put_in_flight(one, way_to(one));
    EXPECT_EQ(too_large(one), NotifyOutcome::superseded);
    EXPECT_TRUE(one.is_urgent());
    EXPECT_TRUE(is_abridged(one));
    EXPECT_EQ(one.dialog.state.local_cseq, 0U) << "nothing has left";
    EXPECT_EQ(one.version, 0U);
    EXPECT_EQ(take<Note>().size(), 1U);
}

TEST_F(NotifyFailuresTest, ACopyThatFitsNoDatagramMayHaveArrivedBeforeSoNumbersGoOn) {
    Subscription& one = subscribe("one");
    put_in_flight(one, way_to(one)).copies = 1;
    too_large(one);
    EXPECT_EQ(one.dialog.state.local_cseq, 1U);
    EXPECT_EQ(one.version, 1U);
}

TEST_F(NotifyFailuresTest, NumbersAreNotUsedAgainWhereAnotherNotifyOfTheDialogComesFirst) {
    Subscription& one = subscribe("one");
    Subscription& other = subscribe_in(one.dialog);
    other.set_urgent();
    put_in_flight(one, way_to(one));
    too_large(one);
    EXPECT_EQ(one.dialog.state.local_cseq, 1U);
    EXPECT_EQ(one.version, 1U);
}

TEST_F(NotifyFailuresTest, WhatFitsNotEvenWithoutADocumentEndsTheSubscription) {
    Subscription& one = subscribe("one");
    put_in_flight(one);
    too_large(one);
    end_in_flight(one.dialog);
    put_in_flight(one);
    EXPECT_EQ(too_large(one), NotifyOutcome::superseded);
    EXPECT_TRUE(one.abridgement.without_body());
    EXPECT_EQ(one.state, Subscription::State::terminated);
    EXPECT_EQ(one.reason, TerminationReason::giveup);
    end_in_flight(one.dialog);
    put_in_flight(one);
    EXPECT_EQ(too_large(one), NotifyOutcome::transport_failed);
    EXPECT_EQ(one.last_status, 503U);
}

TEST_F(NotifyFailuresTest, AConnectionOfTheSubscribeTakesWhatFitsNoDatagramWhole) {
    Subscription& one = subscribe_by_connection("one");
    put_in_flight(one);
    EXPECT_EQ(too_large(one), NotifyOutcome::superseded);
    EXPECT_FALSE(is_abridged(one));
    EXPECT_EQ(way_to(one).connection, 9U);
}

TEST_F(NotifyFailuresTest, AConnectionThatEndsIsReplacedOnce) {
    Subscription& one = subscribe("one", "sip:w@198.51.100.7;transport=tcp");
    const Flow by_tcp = way_to(one);
    put_in_flight(one, by_tcp);
    EXPECT_EQ(connection_lost(one, true), NotifyOutcome::superseded);
    EXPECT_EQ(one.due(), Due::news);
    end_in_flight(one.dialog);
    put_in_flight(one, by_tcp);
    EXPECT_EQ(connection_lost(one, true), NotifyOutcome::transport_failed);
    EXPECT_EQ(one.due(), Due::again);
}

TEST_F(NotifyFailuresTest, TheConnectionOfTheSubscribeIsForgottenWhenItEnds) {
    Subscription& one = subscribe_by_connection("one");
    one.dialog.state.reuse_connection = true;
    put_in_flight(one, one.dialog.state.flow);
    connection_lost(one, true);
    EXPECT_EQ(one.dialog.state.flow.connection, 0U);
}

TEST_F(NotifyFailuresTest, APeerThatTakesNoTcpGetsALargeNotifyByUdpWithTheSameNumbers) {
    const std::size_t large = settings.notify.udp_bytes_max + 1;
    Subscription& one = subscribe("one");
    const Flow by_udp = way_to(one);
    const Flow by_tcp = next_hops.by_tcp(now, one.dialog, by_udp, large).value();
    put_in_flight(one, by_tcp).too_large_for_udp = true;
    EXPECT_EQ(connection_lost(one, false), NotifyOutcome::superseded);
    EXPECT_FALSE(next_hops.by_tcp(now, one.dialog, by_udp, large));
    EXPECT_EQ(one.dialog.state.local_cseq, 0U);
    EXPECT_EQ(one.version, 0U);
}

TEST_F(NotifyFailuresTest, APeerThatTookTheConnectionMayHaveTheNotifyAndIsAskedByTcpOnceMore) {
    const std::size_t large = settings.notify.udp_bytes_max + 1;
    Subscription& one = subscribe("one");
    const Flow by_udp = way_to(one);
    const Flow by_tcp = next_hops.by_tcp(now, one.dialog, by_udp, large).value();
    put_in_flight(one, by_tcp).too_large_for_udp = true;
    EXPECT_EQ(connection_lost(one, true), NotifyOutcome::superseded);
    EXPECT_TRUE(next_hops.by_tcp(now, one.dialog, by_udp, large));
    EXPECT_EQ(one.dialog.state.local_cseq, 1U);
    end_in_flight(one.dialog);
    put_in_flight(one, by_tcp).too_large_for_udp = true;
    connection_lost(one, true);
    EXPECT_FALSE(next_hops.by_tcp(now, one.dialog, by_udp, large));
}

TEST_F(NotifyFailuresTest, WithoutARouteWhatIsDueInTheDialogEndsAndNothingElse) {
    Subscription& due = subscribe("one");
    subscribe_in(due.dialog);
    due.set_due();
    const auto ended = failures.unreachable(now, due.dialog, kNoRoute, outbox);
    EXPECT_EQ(ended, std::vector{&due});
    EXPECT_EQ(due.last_status, 503U);
    EXPECT_EQ(stats.notify_outcomes[index_of(NotifyOutcome::transport_failed)], 1U);
    EXPECT_EQ(take<Note>().size(), 1U);
}

TEST_F(NotifyFailuresTest, WhatWaitedInVainUntilTimerFIsLikeANotifyWithoutAnAnswer) {
    Subscription& one = subscribe("one");
    one.set_due();
    windows.wait(now, one, flow);
    EXPECT_EQ(failures.unreachable(now, one.dialog, kNoAnswer, outbox), std::vector{&one});
    EXPECT_FALSE(one.is_queued());
    EXPECT_EQ(one.last_status, 408U);
    EXPECT_EQ(stats.notify_outcomes[index_of(NotifyOutcome::timed_out)], 1U);
    EXPECT_TRUE(take<Note>().empty());
}

TEST_F(NotifyFailuresTest, AWatcherThatItsProfileKeepsIsTriedLaterUnlessItsSubscriptionIsOver) {
    Subscription& one = subscribe("one");
    records.subscriptions.set_profile(one, Profile::kamailio);
    one.dialog.has_accepted = true;
    one.set_due();
    EXPECT_TRUE(failures.unreachable(now, one.dialog, kNoRoute, outbox).empty());
    EXPECT_EQ(one.due(), Due::again);
    records.ends.set_terminated(now, one, TerminationReason::timeout);
    EXPECT_EQ(failures.unreachable(now, one.dialog, kNoRoute, outbox), std::vector{&one});
}

}  // namespace
}  // namespace reginfo::test

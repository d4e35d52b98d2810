/// @file
/// When and how contacts end, and which changes watchers see (RULES.md, "Every end is notified", "A
/// contact has its own clock", "Work follows change").

#include "tests/core/event/state/merge_fixture.hpp"

#include <limits>

namespace reginfo {
namespace {

class MergeTimes : public MergeTest {};

// RULES.md, "A contact has its own clock".

TEST_F(MergeTimes, AContactEndsByItsOwnClockAfterTheGraceAlthoughItsPublicationLivesOn) {
    publish({active(kX, "c1", 1, 60)});
    EXPECT_EQ(next_deadline(), now + 62s);

    pass(62s - 1us);
    EXPECT_TRUE(is_active(kX));
    pass(1us);
    EXPECT_EQ(end_of(kX), "expired");
    EXPECT_EQ(report.contacts_expired, 1U);
    EXPECT_EQ(state.publications.size(), 1U);
}

TEST_F(MergeTimes, AContactWithoutTimeLivesAsLongAsItsPublication) {
    ContactText contact = active(kX);
    contact.expires.reset();
    publish({contact}, 600s);
    EXPECT_EQ(left(kX), 600);
    pass(600s);
    EXPECT_EQ(end_of(kX), "expired");
}

TEST_F(MergeTimes, ARefreshMovesTheDeadlineOfAContactWithoutTime) {
    ContactText contact = active(kX);
    contact.expires.reset();
    EntityTag tag = publish({contact, active(kY, "c1", 1, 700)}, 600s);
    pass(500s);
    refresh(tag, 600s);
    EXPECT_EQ(left(kX), 600);
    EXPECT_EQ(left(kY), 200) << "its own time goes on";
    pass(599s);
    EXPECT_TRUE(is_active(kX));
    EXPECT_FALSE(is_active(kY));
}

TEST_F(MergeTimes, APublicationEndsAtItsDeadlineAndNotBefore) {
    publish({active(kX)}, 600s);
    pass(600s - 1us);
    EXPECT_TRUE(is_active(kX));
    pass(1us);
    EXPECT_EQ(end_of(kX), "expired");
    EXPECT_TRUE(state.publications.empty());
    EXPECT_EQ(next_deadline(), std::nullopt);
}

TEST_F(MergeTimes, AContactThatExpiredComesBackWhenItIsListedWithNewTime) {
    EntityTag tag = publish({active(kX, "c1", 1, 60)});
    pass(62s);
    modify(tag, {active(kX, "c1", 2, 60)});
    EXPECT_TRUE(is_active(kX));
}

// RULES.md, "Every end is notified".

TEST_F(MergeTimes, AnEndHasTheEventThatThePublisherGave) {
    for (const char* event : {"expired", "deactivated", "unregistered", "rejected"}) {
        SCOPED_TRACE(event);
        state = AorState();
        EntityTag tag = publish({active(kX)});
        modify(tag, {ended(kX, "c1", 1, event)});
        EXPECT_EQ(end_of(kX), event);
    }
}

TEST_F(MergeTimes, AnEventThatDoesNotFitTheStateIsReplacedByOneThatDoes) {
    EntityTag tag = publish({ContactText{.uri = kX, .event = "unregistered"}});
    EXPECT_EQ(contact(kX).event, ContactEvent::registered);
    for (const char* event : {"registered", "refreshed", "shortened", "created", "terminated"}) {
        SCOPED_TRACE(event);
        modify(tag, {active(kY)});
        modify(tag, {ended(kY, "c1", 2, event)});
        EXPECT_EQ(end_of(kY), "unregistered");
    }
}

TEST_F(MergeTimes, TheEndByARemovedPublicationIsUnregisteredAlsoBesideAnOlderEnd) {
    publish({ended(kX, "c1", 1, "expired")});
    const EntityTag tag = publish({active(kX, "c1", 2)});
    ASSERT_TRUE(is_active(kX));

    remove(tag);

    EXPECT_EQ(end_of(kX), "unregistered");
    EXPECT_EQ(contact(kX).details->cseq, 2U) << "the end is of what watchers were told last";
}

TEST_F(MergeTimes, AContactHasTheRevisionAtWhichItBecameActiveOrEnded) {
    EntityTag tag = publish({active(kX)});
    EXPECT_EQ(contact(kX).became, 1U);
    modify(tag, {active(kX), active(kY)});
    EXPECT_EQ(contact(kX).became, 1U);
    EXPECT_EQ(contact(kY).became, 2U);
    modify(tag, {active(kX, "c1", 2), active(kY)});
    EXPECT_EQ(contact(kX).became, 1U);
    EXPECT_EQ(contact(kX).changed, 3U);
    modify(tag, {active(kY)});
    EXPECT_EQ(contact(kX).became, 4U);
    EXPECT_EQ(state.revision, 4U);
}

TEST_F(MergeTimes, AContactThatWasNeverActiveIsListedAsEndedOnce) {
    EntityTag tag = publish({ended(kX)});
    EXPECT_TRUE(report.visible);
    EXPECT_EQ(end_of(kX), "unregistered");
    merge().forget_ended(state.revision, 512);
    modify(tag, {ended(kX)});
    EXPECT_FALSE(report.visible);
    EXPECT_EQ(find(kX), nullptr);
}

TEST_F(MergeTimes, EndedContactsAreForgottenWhenAllWatchersHaveThem) {
    EntityTag tag = publish({active(kX), active(kY)});
    modify(tag, {active(kY)});
    modify(tag, {});
    merge().forget_ended(2, 512);
    EXPECT_EQ(find(kX), nullptr);
    EXPECT_EQ(end_of(kY), "expired");
    merge().forget_ended(3, 512);
    EXPECT_TRUE(state.contacts.empty());
}

TEST_F(MergeTimes, ActiveContactsAreNeverForgotten) {
    publish({active(kX)});
    merge().forget_ended(std::numeric_limits<Revision>::max(), 0);
    EXPECT_TRUE(is_active(kX));
}

TEST_F(MergeTimes, OfTooManyEndedContactsTheOldestAreForgotten) {
    EntityTag tag = publish({active(kX), active(kY), active(kZ)});
    modify(tag, {active(kY), active(kZ)});
    modify(tag, {active(kZ)});
    modify(tag, {});
    merge().forget_ended(0, 2);
    EXPECT_EQ(find(kX), nullptr);
    EXPECT_EQ(state.contacts.size(), 2U);
    merge().forget_ended(0, 0);
    EXPECT_TRUE(state.contacts.empty());
}

// RULES.md, "Work follows change".

TEST_F(MergeTimes, TheSameBodyAgainIsNoVisibleChange) {
    EntityTag tag = publish({active(kX, "c1", 1, 3600)});
    pass(10s);
    modify(tag, {active(kX, "c1", 1, 3590)});
    EXPECT_FALSE(report.visible);
    EXPECT_EQ(state.revision, 1U);
}

TEST_F(MergeTimes, AReRegistrationIsAVisibleChange) {
    EntityTag tag = publish({active(kX, "c1", 1, 60)});
    modify(tag, {active(kX, "c1", 2, 60)});
    EXPECT_TRUE(report.visible) << "cseq is passed on";
    pass(30s);
    modify(tag, {active(kX, "c1", 2, 60)});
    EXPECT_TRUE(report.visible) << "30 seconds more";
}

TEST_F(MergeTimes, ADeadlineMovedByTwoSecondsIsNoVisibleChangeAndByMoreIs) {
    EntityTag tag = publish({active(kX, "c1", 1, 100)});
    modify(tag, {active(kX, "c1", 1, 102)});
    EXPECT_FALSE(report.visible);
    modify(tag, {active(kX, "c1", 1, 98)});
    EXPECT_FALSE(report.visible);
    modify(tag, {active(kX, "c1", 1, 103)});
    EXPECT_TRUE(report.visible);
    modify(tag, {active(kX, "c1", 1, 100)});
    EXPECT_TRUE(report.visible) << "shortened by 3";
}

TEST_F(MergeTimes, SmallMovesOfADeadlineAddUpToAVisibleOne) {
    EntityTag tag = publish({active(kX, "c1", 1, 100)});
    modify(tag, {active(kX, "c1", 1, 101)});
    modify(tag, {active(kX, "c1", 1, 102)});
    ASSERT_FALSE(report.visible);
    modify(tag, {active(kX, "c1", 1, 103)});
    EXPECT_TRUE(report.visible) << "3 seconds since watchers were told";
}

TEST_F(MergeTimes, TheEventAloneIsNoVisibleChange) {
    EntityTag tag = publish({ContactText{.uri = kX, .event = "created"}});
    modify(tag, {ContactText{.uri = kX, .event = "refreshed"}});
    EXPECT_FALSE(report.visible);
}

TEST_F(MergeTimes, EveryAttributeAndChildThatIsPassedOnIsAVisibleChange) {
    const std::vector<std::pair<std::string, ContactText>> changes = {
        {"callid", {.uri = kX, .callid = "c2"}},
        {"cseq", {.uri = kX, .cseq = 2}},
        {"q", {.uri = kX, .attributes = " q=\"0.5\""}},
        {"received", {.uri = kX, .attributes = " received=\"sip:192.0.2.7\""}},
        {"path", {.uri = kX, .attributes = " path=\"&lt;sip:192.0.2.7;lr&gt;\""}},
        {"user_agent", {.uri = kX, .attributes = " user_agent=\"phone\""}},
        {"display-name", {.uri = kX, .children = "<display-name>A</display-name>"}},
        {"unknown-param", {.uri = kX, .children = "<unknown-param name=\"a\">b</unknown-param>"}},
    };
    for (const auto& [what, changed] : changes) {
        SCOPED_TRACE(what);
        state = AorState();
        EntityTag tag = publish({ContactText{.uri = kX}});
        modify(tag, {changed});
        EXPECT_TRUE(report.visible);
        modify(tag, {changed});
        EXPECT_FALSE(report.visible);
    }
}

TEST_F(MergeTimes, ExtensionsOfTheRegistrationAreAVisibleChange) {
    EntityTag tag = publish({active(kX)});
    const BodyText extended{.contacts = {active(kX)}, .extensions = "<e xmlns=\"urn:e\"/>"};
    tag = publish(extended, tag);
    EXPECT_TRUE(report.visible);
    publish(extended, tag);
    EXPECT_FALSE(report.visible);
}

TEST_F(MergeTimes, ALosingPublicationChangesNothingVisible) {
    publish({active(kX, "c1", 2, 60)});
    EntityTag tag = publish({active(kX, "c1", 1, 60)});
    EXPECT_FALSE(report.visible);
    modify(tag, {});
    EXPECT_FALSE(report.visible);
}

TEST_F(MergeTimes, PublishingForAnAorThatHasEndedWithoutContactsIsNoVisibleChange) {
    EntityTag tag = publish({active(kX)});
    modify(tag, {});
    EXPECT_TRUE(report.visible);
    modify(tag, {});
    EXPECT_FALSE(report.visible);
}

}  // namespace
}  // namespace reginfo

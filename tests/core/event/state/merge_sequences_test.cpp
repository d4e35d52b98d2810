/// @file
/// Sequences seen with real registrars, each of which a plain concatenation of publications gets
/// wrong (RULES.md, "The state is a merge").

#include "tests/core/event/state/merge_fixture.hpp"

namespace reginfo {
namespace {

class MergeSequences : public MergeTest {};

/// Kamailio runs its callback once a contact and has no entity-tag before the first answer, so one
/// REGISTER with X, Y and Z becomes three publications of which it keeps only one.
///
///     registrar                     state
///       | PUBLISH Z            ->   Z          orphan
///       | PUBLISH Z Y          ->   Z Y        orphan
///       | PUBLISH Z Y X        ->   Z Y X      the one that it goes on with
class ThreeContactsAtOnce : public MergeTest {
protected:
    ThreeContactsAtOnce() {
        first = publish({active(kZ)});
        second = publish({active(kZ), active(kY)});
        third = publish({active(kZ), active(kY), active(kX)});
    }
    EntityTag first = 0;
    EntityTag second = 0;
    EntityTag third = 0;
};

TEST_F(ThreeContactsAtOnce, AreThreeContactsEachOnce) {
    EXPECT_EQ(state.contacts.size(), 3U);
    EXPECT_TRUE(is_active(kX) && is_active(kY) && is_active(kZ));
}

TEST_F(ThreeContactsAtOnce, AContactThatUnregistersEndsInSpiteOfTheOrphans) {
    modify(third, {active(kX), active(kY), ended(kZ)});

    EXPECT_EQ(end_of(kZ), "unregistered");
    EXPECT_TRUE(is_active(kX) && is_active(kY));
}

TEST_F(ThreeContactsAtOnce, AContactThatIsLeftOutEndsInSpiteOfTheOrphans) {
    modify(third, {active(kX), active(kZ)});

    EXPECT_EQ(end_of(kY), "expired");
}

TEST_F(ThreeContactsAtOnce, TheOneKeptMayBeTheFirst) {
    modify(first, {active(kX), active(kY), ended(kZ)});

    EXPECT_EQ(end_of(kZ), "unregistered") << "the end is later than all active words";
    EXPECT_TRUE(is_active(kX) && is_active(kY));
}

TEST_F(ThreeContactsAtOnce, AContactThatEndedStaysEndedUntilTheOrphansAreGone) {
    modify(third, {active(kX), active(kY), ended(kZ)});
    modify(third, {active(kX), active(kY)});
    refresh(third, 7200s);
    EXPECT_EQ(end_of(kZ), "unregistered");

    pass(3601s);  // the orphans end

    EXPECT_FALSE(is_active(kZ));
    EXPECT_TRUE(state.tombstones.empty());
}

TEST_F(ThreeContactsAtOnce, ARefreshOfAllByTheKeptOneIsAllActive) {
    modify(third, {active(kZ, "c1", 2), active(kY, "c1", 2), active(kX, "c1", 2)});

    EXPECT_EQ(state.contacts.size(), 3U);
    EXPECT_EQ(contact(kZ).details->cseq, 2U);
}

/// One REGISTER refreshes Z and X: the registrar publishes after each of them. An edge lets the
/// second PUBLISH overtake the first, which is refused with 412 and comes again with the new
/// entity-tag.
TEST_F(MergeSequences, ADocumentThatWasOvertakenBringsNoLowerCSeqBack) {
    EntityTag kept = publish({active(kZ, "c1", 1, 300), active(kX, "c1", 1, 300)});
    modify(kept, {active(kZ, "c1", 3, 300), active(kX, "c1", 3, 300)});
    const Revision told = state.revision;

    modify(kept, {active(kZ, "c1", 3, 300), active(kX, "c1", 1, 299)});

    EXPECT_EQ(contact(kX).details->cseq, 3U);
    EXPECT_EQ(left(kX), 300);
    EXPECT_EQ(state.revision, told) << "watchers have nothing to learn";
}

/// Both were made in the same second, so both list 300 s, and the older one came later.
TEST_F(MergeSequences, ADocumentThatWasOvertakenInTheSecondOfTheOtherBringsNoLowerCSeqBack) {
    EntityTag kept = publish({active(kZ, "c1", 1, 300), active(kX, "c1", 1, 300)});
    modify(kept, {active(kZ, "c1", 3, 300), active(kX, "c1", 3, 300)});

    pass(500ms);
    modify(kept, {active(kZ, "c1", 3, 300), active(kX, "c1", 1, 300)});

    EXPECT_EQ(contact(kX).details->cseq, 3U);
}

TEST_F(MergeSequences, ADocumentThatWasOvertakenEndsNoContactThatItDoesNotKnow) {
    EntityTag kept = publish({active(kX, "c1", 1)});
    modify(kept, {active(kX, "c1", 2), active(kY, "c2", 1)});

    modify(kept, {active(kX, "c1", 1)});

    EXPECT_TRUE(is_active(kX) && is_active(kY));
}

TEST_F(MergeSequences, APhoneThatStartsAgainAndCountsFromOneIsBelieved) {
    EntityTag kept = publish({active(kX, "c1", 5000, 300), active(kY, "c2", 1, 300)}, 7200s);
    pass(100s);

    modify(kept, {active(kX, "c1", 1, 300)}, 7200s);
    EXPECT_EQ(left(kX), 300);
    EXPECT_EQ(end_of(kY), "expired");

    pass(250s);
    EXPECT_TRUE(is_active(kX));
}

TEST_F(MergeSequences, AnEndWithALowerCSeqEndsTheContact) {
    EntityTag kept = publish({active(kX, "c1", 3)});

    modify(kept, {ended(kX, "c1", 2)});

    EXPECT_FALSE(is_active(kX)
    ) << "a registrar that lost its last seconds has the last word on an end";
}

TEST_F(MergeSequences, ThePublicationWithTheEndIsRemovedAndTheOrphanDoesNotReviveTheContact) {
    publish({active(kX), active(kY)}, 7200s);
    EntityTag kept = publish({active(kX), active(kY)});
    modify(kept, {ended(kX), active(kY)});

    remove(kept);
    EXPECT_FALSE(is_active(kX));

    pass(3700s);
    EXPECT_FALSE(is_active(kX));
}

TEST_F(MergeSequences, ThePublicationWithTheEndExpiresAndTheOrphanDoesNotReviveTheContact) {
    publish({active(kX, "c1", 1, 7200), active(kY, "c1", 1, 7200)}, 7200s);
    EntityTag kept = publish({active(kX), active(kY)});
    modify(kept, {ended(kX), active(kY)}, 600s);

    pass(601s);

    EXPECT_FALSE(is_active(kX));
    EXPECT_TRUE(is_active(kY)) << "the orphan still lists it, and there is no other word";
}

TEST_F(MergeSequences, OnePublicationShortensAContactThatAnOrphanBelievesInForLonger) {
    publish({active(kX, "c1", 1, 3600)}, 7200s);
    publish({active(kX, "c1", 2, 60)}, 7200s);
    EXPECT_EQ(left(kX), 60);

    pass(61s);
    EXPECT_TRUE(is_active(kX)) << "within the grace";
    pass(1s);
    EXPECT_EQ(end_of(kX), "expired");

    pass(3000s);
    EXPECT_FALSE(is_active(kX));
}

TEST_F(MergeSequences, APhoneMovesToAnotherRegistrarAndTheOldOneTimesOut) {
    EntityTag old_home = publish({active(kX, "c1", 1, 60)});
    publish({active(kX, "c1", 2, 3600)}, 7200s);

    pass(63s);
    EXPECT_TRUE(is_active(kX));
    modify(old_home, {});
    EXPECT_TRUE(is_active(kX));
    remove(old_home);
    EXPECT_TRUE(is_active(kX));
    EXPECT_EQ(contact(kX).details->cseq, 2U);
}

// The time of the old Call-ID is over after the new one was published, but its order is the old
// one.
TEST_F(MergeSequences, APhoneMovesWithANewCallIdAndTheOldRegistrarTimesOut) {
    EntityTag old_home = publish({active(kX, "c1", 7, 60)});
    publish({active(kX, "c2", 1, 3600)}, 7200s);

    pass(63s);
    EXPECT_TRUE(is_active(kX));
    modify(old_home, {});
    EXPECT_TRUE(is_active(kX));
    remove(old_home);
    EXPECT_TRUE(is_active(kX));
    EXPECT_EQ(contact(kX).details->callid(), "c2");
}

TEST_F(MergeSequences, APhoneMovesWithANewCallIdAndTheOldRegistrarLeavesItOutWithinTheGrace) {
    EntityTag old_home = publish({active(kX, "c1", 7, 60)});
    publish({active(kX, "c2", 1, 3600)}, 7200s);

    pass(61s);
    modify(old_home, {});
    EXPECT_TRUE(is_active(kX));
}

TEST_F(MergeSequences, ALeftOutContactEndsOlderWordsUnlessItsTimeWasOver) {
    EntityTag home = publish({active(kX, "c1", 7, 60)});
    publish({active(kX, "c2", 1, 3600)}, 7200s);

    modify(home, {});
    EXPECT_EQ(end_of(kX), "expired");
}

// Seen with Kamailio 5.6.3 through a proxy: two contacts unregister at once, and the document with
// the first end comes after the document with the second, as another publication.
TEST_F(MergeSequences, ADocumentThatWasOvertakenByTheEndOfAContactDoesNotReviveIt) {
    EntityTag kept = publish({active(kX, "c1", 3, 300), active(kY, "c1", 3, 300)});
    pass(10s);
    ContactText gone = ended(kX, "c1", 3, "unregistered");
    gone.expires = 290;
    modify(kept, {gone});
    EXPECT_EQ(end_of(kX), "unregistered");

    pass(1s);
    publish({active(kX, "c1", 3, 290), ended(kY, "c1", 3, "unregistered")});
    EXPECT_FALSE(is_active(kX));
    EXPECT_FALSE(is_active(kY));
    remove(kept);
    EXPECT_FALSE(is_active(kX)) << "nor when the publication with the end is gone";

    publish({active(kX, "c1", 3, 300)});
    EXPECT_TRUE(is_active(kX)) << "another registration, of a phone that never counts";
}

// Seen with Kamailio 5.6.3 through a proxy: two contacts register at once, and the document from in
// between comes last, with the newest entity-tag.
TEST_F(MergeSequences, ADocumentThatWasOvertakenByANewContactDoesNotEndIt) {
    const auto with_event = [](const char* uri, const char* event) {
        ContactText contact = active(uri, "c1", 1, 300);
        contact.event = event;
        return contact;
    };
    EntityTag tag = publish({active(kZ, "c0", 1)});
    modify(tag, {with_event(kY, "created"), with_event(kX, "registered"), active(kZ, "c0", 1)});
    modify(tag, {with_event(kX, "created"), active(kZ, "c0", 1)});
    EXPECT_TRUE(is_active(kX) && is_active(kY) && is_active(kZ));

    modify(tag, {with_event(kX, "registered"), active(kZ, "c0", 1)});
    EXPECT_EQ(end_of(kY), "expired") << "left out by the next document";
}

TEST_F(MergeSequences, APublisherThatCallsEverythingCreatedMayLeaveContactsOut) {
    ContactText created = active(kX, "c1", 1, 300);
    created.event = "created";
    EntityTag tag = publish({created, active(kY, "c1", 1)});
    modify(tag, {created});
    EXPECT_EQ(end_of(kY), "expired");
}

TEST_F(MergeSequences, AnOvertakenDocumentWithTheNewestTagDoesNotReviveAContactEither) {
    EntityTag tag = publish({active(kX, "c1", 3, 300)});
    ContactText gone = ended(kX, "c1", 3, "unregistered");
    gone.expires = 300;
    modify(tag, {gone});
    modify(tag, {active(kX, "c1", 3, 300)});
    EXPECT_FALSE(is_active(kX)) << "it was there all along, says the document";
    modify(tag, {active(kX, "c1", 3, 900)});
    EXPECT_TRUE(is_active(kX)) << "that is another registration";
}

TEST_F(MergeSequences, APublisherMayTakeBackAnEnd) {
    EntityTag tag = publish({active(kX, "c1", 3, 300)});
    ContactText gone = ended(kX, "c1", 3, "unregistered");
    gone.expires = 300;
    modify(tag, {gone});
    ContactText back = active(kX, "c1", 3, 300);
    back.event = "created";
    modify(tag, {back});
    EXPECT_TRUE(is_active(kX));
}

// The end of "a" must outlive that of "b", which does not keep out what came later.
TEST_F(MergeSequences, AnEndKeepsOutItsOwnCallIdThoughAnotherCallIdEndedLater) {
    publish({active(kX, "c", 1)});  // an orphan, so that ends are remembered
    const EntityTag a = publish({ended(kX, "a", 9, "unregistered")});
    remove(a);
    const EntityTag b = publish({ended(kX, "b", 1, "unregistered")});
    remove(b);
    EXPECT_EQ(end_of(kX), "unregistered");

    publish({active(kX, "a", 8)});
    EXPECT_FALSE(is_active(kX)) << "an older word of that Call-ID came late";
    publish({active(kX, "a", 10)});
    EXPECT_TRUE(is_active(kX));
}

TEST_F(MergeSequences, TwoRegistrarsListTheSameContactAndOnePublicationIsRemovedThenItStays) {
    const EntityTag a = publish({active(kX, "c1", 1)});
    const EntityTag b = publish({active(kX, "c1", 1)});

    remove(b);
    EXPECT_TRUE(is_active(kX));
    EXPECT_FALSE(report.visible);

    remove(a);
    EXPECT_EQ(end_of(kX), "unregistered");
}

TEST_F(MergeSequences, UsrlocListsOneUriTwiceEndedAndActiveAndItIsActive) {
    publish({ended(kX, "old", 7, "expired"), active(kX, "new", 1)});
    EXPECT_TRUE(is_active(kX));
    EXPECT_EQ(contact(kX).details->callid(), "new");

    publish({active(kY, "new", 1), ended(kY, "old", 7, "expired")});
    EXPECT_TRUE(is_active(kY)) << "in either order";
    EXPECT_EQ(state.contacts.size(), 2U);
}

TEST_F(MergeSequences, ARegistrarThatLostItsTagsPublishesAnewAndAnUnregistrationStillCounts) {
    publish({active(kX, "c1", 1), active(kY, "c2", 1)});  // before its restart
    EntityTag after = publish({active(kX, "c1", 1), active(kY, "c2", 1)});

    modify(after, {active(kX, "c1", 1), ended(kY, "c2", 2)});

    EXPECT_EQ(end_of(kY), "unregistered");
}

TEST_F(MergeSequences, AContactThatComesBackAfterItEndedIsActiveInSpiteOfTheTombstone) {
    publish({active(kX, "c1", 1)}, 7200s);
    EntityTag kept = publish({active(kX, "c1", 1)}, 7200s);
    modify(kept, {});
    ASSERT_EQ(end_of(kX), "expired");

    modify(kept, {active(kX, "c1", 2)});
    EXPECT_TRUE(is_active(kX));

    modify(kept, {});
    modify(kept, {active(kX, "another", 1)});
    EXPECT_TRUE(is_active(kX)) << "with a new Call-ID as well";
}

}  // namespace
}  // namespace reginfo

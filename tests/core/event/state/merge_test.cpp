/// @file
/// The state of an AOR is the merge of its publications (RULES.md, "The state is a merge", "Stable
/// ids").

#include "core/base/hex.hpp"
#include "core/event/state/stable_id.hpp"
#include "tests/core/event/state/merge_fixture.hpp"

namespace reginfo {
namespace {

class Merging : public MergeTest {};

TEST_F(Merging, NothingPublishedIsInit) {
    EXPECT_EQ(state.state(), RegistrationState::init);
    EXPECT_EQ(state.revision, 0U);
    EXPECT_EQ(next_deadline(), std::nullopt);
}

TEST_F(Merging, AnAorIsActiveWithAnActiveContactAndTerminatedAfterIt) {
    EntityTag tag = publish({active(kX)});
    EXPECT_EQ(state.state(), RegistrationState::active);
    modify(tag, {});
    EXPECT_EQ(state.state(), RegistrationState::terminated);
}

TEST_F(Merging, AnEmptyRegistrationWithTheStateTerminatedIsTerminated) {
    publish(BodyText{.registration_state = "terminated"}, 0);
    EXPECT_EQ(state.state(), RegistrationState::terminated);
}

TEST_F(Merging, TwoPublicationsAreOneState) {
    publish({active(kX)});
    publish({active(kY)});
    EXPECT_TRUE(is_active(kX) && is_active(kY));
}

TEST_F(Merging, AContactIsIdentifiedByItsUri) {
    publish({active("sip:x@192.0.2.10;transport=tcp"), active(kX)});
    publish({active("sip:x@192.0.2.10;TRANSPORT=tcp")});
    EXPECT_EQ(state.contacts.size(), 2U);
}

// RFC 5626 §6.
TEST_F(Merging, AContactIsIdentifiedByInstanceAndRegIdWhereBothArePresent) {
    const auto with = [](std::string uri, std::string instance, std::string reg_id) {
        ContactText contact = active(std::move(uri));
        contact.children =
            "<unknown-param name=\"+sip.instance\">\"&lt;" + instance + "&gt;\"</unknown-param>";
        if (!reg_id.empty()) {
            contact.children += "<unknown-param name=\"reg-id\">" + reg_id + "</unknown-param>";
        }
        return contact;
    };
    EntityTag tag = publish({with(kX, "urn:a", "1"), with(kY, "urn:a", "2")});
    ASSERT_EQ(state.contacts.size(), 2U);
    const Hash128 id = contact(kX).details->id;

    modify(tag, {with(kZ, "urn:a", "1"), with(kY, "urn:a", "2")});

    EXPECT_EQ(state.contacts.size(), 2U);
    EXPECT_EQ(contact(kZ).details->id, id) << "the same contact at another URI";

    publish({with(kX, "urn:a", "")});
    EXPECT_EQ(state.contacts.size(), 3U) << "without reg-id the URI counts";
}

TEST_F(Merging, OfOneCallIdTheHigherCSeqWinsInAnyOrder) {
    publish({active(kX, "c1", 5, 500)});
    publish({active(kX, "c1", 4, 400)});
    EXPECT_EQ(contact(kX).details->cseq, 5U);
    EXPECT_EQ(left(kX), 500);

    publish({ended(kX, "c1", 4)});
    EXPECT_TRUE(is_active(kX));
    publish({ended(kX, "c1", 6)});
    EXPECT_EQ(end_of(kX), "unregistered");
    publish({active(kX, "c1", 5)});
    EXPECT_FALSE(is_active(kX));
}

TEST_F(Merging, WithEqualCSeqTheLaterWordWins) {
    publish({active(kX, "c1", 1, 100)});
    publish({active(kX, "c1", 1, 200)});
    EXPECT_EQ(left(kX), 200);

    publish({ended(kX, "c1", 1)});
    EXPECT_FALSE(is_active(kX));
    publish({active(kX, "c1", 1)});
    EXPECT_TRUE(is_active(kX));
}

TEST_F(Merging, WithAMissingCSeqTheLaterWordWins) {
    ContactText without = active(kX);
    without.cseq.reset();
    publish({active(kX, "c1", 9, 100)});
    without.expires = 200;
    publish({without});
    EXPECT_EQ(left(kX), 200);
    publish({ended(kX, "c1", 1)});
    EXPECT_TRUE(is_active(kX)) << "its cseq is below 9";
}

TEST_F(Merging, OfDifferentCallIdsTheLaterWordWins) {
    publish({active(kX, "c1", 9, 100)});
    publish({active(kX, "c2", 1, 200)});
    EXPECT_EQ(contact(kX).details->callid(), "c2");
    EXPECT_EQ(left(kX), 200);
}

TEST_F(Merging, AnUnchangedListingMakesNoNewWord) {
    EntityTag a = publish({active(kX, "c1", 1, 100)});
    EntityTag b = publish({ended(kX, "c2", 1)});
    ASSERT_FALSE(is_active(kX));

    modify(a, {active(kX, "c1", 1, 5000)});
    EXPECT_FALSE(is_active(kX)) << "c1 was published first, and has no new word";

    EntityTag c = publish({active(kX, "c3", 1)});
    modify(b, {ended(kX, "c2", 1)});
    EXPECT_TRUE(is_active(kX));
    refresh(b);
    refresh(c);
    EXPECT_TRUE(is_active(kX));
}

TEST_F(Merging, ARefreshWithoutABodyMakesNoNewWord) {
    EntityTag a = publish({active(kX, "c1", 1)});
    publish({ended(kX, "c1", 1)});
    refresh(a);
    EXPECT_FALSE(is_active(kX));
}

TEST_F(Merging, WithinOneDocumentActiveBeatsEndedEvenWithALowerCSeq) {
    publish({active(kX, "c1", 1), ended(kX, "c1", 2)});
    EXPECT_TRUE(is_active(kX));
}

TEST_F(Merging, WithinOneDocumentTheHigherCSeqOfTwoActiveOnesCounts) {
    publish({active(kX, "c1", 2, 200), active(kX, "c1", 1, 100)});
    EXPECT_EQ(left(kX), 200);
    EXPECT_EQ(state.contacts.size(), 1U);
}

TEST_F(Merging, AContactListedAsActiveWithNoTimeLeftHasExpired) {
    EntityTag tag = publish({active(kX)});
    modify(tag, {active(kX, "c1", 1, 0)});
    EXPECT_EQ(end_of(kX), "expired");
}

TEST_F(Merging, OmissionIsAnEndedWordWithTheCallIdAndCSeqLastListed) {
    publish({active(kX, "c1", 2)});
    EntityTag b = publish({active(kX, "c1", 1)});
    modify(b, {});
    EXPECT_TRUE(is_active(kX)) << "ended with cseq 1 does not beat cseq 2";

    EntityTag c = publish({active(kX, "c1", 3)});
    modify(c, {});
    EXPECT_EQ(end_of(kX), "expired");
}

TEST_F(Merging, RemovalWithdrawsActiveWordsOnly) {
    publish({active(kX, "c1", 1), active(kY, "c1", 1)});
    EntityTag b = publish({active(kX, "c1", 2), ended(kY, "c1", 2)});
    remove(b);
    EXPECT_TRUE(is_active(kX)) << "the other publication still says so";
    EXPECT_EQ(contact(kX).details->cseq, 1U);
    EXPECT_EQ(end_of(kY), "unregistered");
}

TEST_F(Merging, ExpiryOfAPublicationWithdrawsActiveWordsOnly) {
    publish({active(kX, "c1", 1), active(kY, "c1", 1)}, 7200s);
    publish({active(kX, "c1", 2), ended(kY, "c1", 2)}, 60s);
    pass(60s);
    EXPECT_EQ(report.publications_expired, 1U);
    EXPECT_TRUE(is_active(kX));
    EXPECT_FALSE(is_active(kY));
}

TEST_F(Merging, ATombstoneStaysUntilNoOlderActiveWordIsLeft) {
    const EntityTag orphan = publish({active(kX)});
    EntityTag kept = publish({active(kX)});
    modify(kept, {});
    EXPECT_EQ(state.tombstones.size(), 1U);
    remove(kept);
    EXPECT_EQ(state.tombstones.size(), 1U);
    remove(orphan);
    EXPECT_TRUE(state.tombstones.empty());
}

TEST_F(Merging, WithoutOlderActiveWordsThereAreNoTombstones) {
    EntityTag tag = publish({active(kX)});
    modify(tag, {});
    EXPECT_TRUE(state.tombstones.empty());
    modify(tag, {ended(kY)});
    remove(tag);
    EXPECT_TRUE(state.tombstones.empty());
}

TEST_F(Merging, TombstonesAreBoundedByTheContactsHoweverOftenTheyEnd) {
    publish({active(kX), active(kY)});
    EntityTag busy = publish({active(kX), active(kY)});
    for (std::uint32_t i = 0; i < 50; ++i) {
        modify(busy, {active(kX, "c" + std::to_string(i), i), active(kY, "c1", i + 2)});
        modify(busy, {});
    }
    EXPECT_LE(state.tombstones.size(), 2U * (8 + 1));
    EXPECT_FALSE(is_active(kX) || is_active(kY));
}

TEST_F(Merging, AContactWithoutCallIdIsActiveWhileAnyPublicationListsItSo) {
    EntityTag a = publish({active(kX, "", 1, 100)});
    EntityTag b = publish({active(kX, "", 1, 100)});
    modify(b, {});
    EXPECT_TRUE(is_active(kX)) << "leaving it out says nothing about the other";
    modify(b, {ended(kX, "")});
    EXPECT_TRUE(is_active(kX)) << "nor does an end";
    modify(a, {});
    EXPECT_FALSE(is_active(kX));
    EXPECT_TRUE(state.tombstones.empty());
}

TEST_F(Merging, AContactWithoutCallIdThatNobodyListsAnyMoreHasExpired) {
    EntityTag a = publish({active(kX, "", 1)});
    modify(a, {});
    EXPECT_EQ(end_of(kX), "expired");
}

TEST_F(Merging, APartialDocumentChangesOnlyWhatItLists) {
    EntityTag tag = publish({active(kX), active(kY)});
    tag = publish(BodyText{.contacts = {ended(kX, "c1", 2), active(kZ)}, .state = "partial"}, tag);
    EXPECT_EQ(end_of(kX), "unregistered");
    EXPECT_TRUE(is_active(kY) && is_active(kZ));

    modify(tag, {active(kZ)});
    EXPECT_EQ(end_of(kY), "expired") << "a full one after it lists all";
}

TEST_F(Merging, APartialDocumentWithATerminatedRegistrationEndsAllOfIt) {
    const EntityTag tag = publish({active(kX), active(kY)});
    publish(
        BodyText{
            .contacts = {ended(kX, "c1", 2)}, .state = "partial", .registration_state = "terminated"
        },
        tag
    );
    EXPECT_EQ(end_of(kX), "unregistered");
    EXPECT_EQ(end_of(kY), "expired");
}

// RFC 3680 5.3.2: it would need the new expires.
TEST_F(Merging, AShortenedContactThatDoesNotSayToWhatIsRegistered) {
    ContactText shortened = active(kX);
    shortened.event = "shortened";
    ContactText without = active(kY);
    without.event = "shortened";
    without.expires.reset();
    publish({shortened, without});
    EXPECT_EQ(contact(kX).event, ContactEvent::shortened);
    EXPECT_EQ(contact(kY).event, ContactEvent::registered);
}

TEST_F(Merging, APartialDocumentFirstIsAPublicationAsAnyOther) {
    publish(BodyText{.contacts = {active(kX)}, .state = "partial"}, 0);
    EXPECT_TRUE(is_active(kX));
}

TEST_F(Merging, OtherRegistrationsOfABodyAreNoContactsOfThisAor) {
    const std::string other =
        R"(<registration aor="sip:bob@example.org" id="b" state="active">)"
        R"(<contact id="c" state="active" event="created"><uri>sip:bob@192.0.2.9</uri></contact>)"
        R"(</registration>)";
    EntityTag tag = publish(BodyText{.contacts = {active(kX)}, .more = other}, 0);
    EXPECT_EQ(state.contacts.size(), 1U);
    EXPECT_EQ(state.publications.front().others, 1U);

    modify(tag, {active(kX)});
    EXPECT_EQ(state.publications.front().others, 0U);
}

TEST_F(Merging, ActiveWordsThatLoseAgainstAnotherPublicationAreCountedAsConflicts) {
    publish({active(kX, "c1", 1)});
    EXPECT_EQ(report.conflicts, 0U);
    publish({active(kX, "c1", 2)});
    EXPECT_EQ(report.conflicts, 1U);
}

// RULES.md, "Stable ids".
TEST_F(Merging, IdsFollowFromTheAorAndTheContactAlone) {
    const EntityTag tag = publish({active(kX), active(kY)});
    const Hash128 x = contact(kX).details->id;
    EXPECT_NE(x, contact(kY).details->id);
    remove(tag);
    state = AorState();
    publish({active(kY, "other", 7), active(kX, "other", 7)});
    EXPECT_EQ(contact(kX).details->id, x);

    EXPECT_NE(stable_id("sip:a@b"), stable_id("sip:a@c"));
    EXPECT_NE(stable_id("sip:a@b", "sip:x@y"), stable_id("sip:c@b", "sip:x@y"));
    EXPECT_NE(stable_id("sip:a@b"), stable_id("sip:a@b", "sip:a@b"));
}

TEST_F(Merging, IdsNeverChangeBetweenVersionsOfThisServer) {
    const Hash128 id = stable_id("sip:alice@example.org", "sip:x@192.0.2.10");
    EXPECT_EQ(id, stable_id("sip:alice@example.org", "sip:x@192.0.2.10"));
    std::string text;
    append_hex(text, id.high);
    EXPECT_EQ(text, "4357c80791cbcb01");
}

// RFC 3680 5.3.2: it would need the retry-after.
TEST_F(Merging, AContactOnProbationThatDoesNotSayForHowLongIsDeactivated) {
    ContactText probation = ended(kX, "c1", 2);
    probation.event = "probation";
    ContactText without = ended(kY, "c1", 2);
    without.event = "probation";
    probation.attributes = R"( retry-after="60")";
    EntityTag tag = publish({active(kX), active(kY)});
    modify(tag, {probation, without});
    EXPECT_EQ(end_of(kX), "probation");
    EXPECT_EQ(end_of(kY), "deactivated");
}

TEST_F(Merging, ARegistrationThatIsNoLongerListedIsForgottenOnceItsEndWasNotified) {
    const auto other = [](int i) {
        return R"(<registration aor="sip:)" + std::to_string(i) +
               R"(@example.org" id="b" state="active"><contact id="c" state="active" )"
               R"(event="created" callid="m" cseq="1"><uri>sip:b@192.0.2.9</uri></contact>)"
               R"(</registration>)";
    };
    EntityTag tag = 0;
    for (int i = 0; i < 5; ++i) {
        tag = publish(BodyText{.contacts = {active(kX)}, .more = other(i)}, tag);
        EXPECT_TRUE(report.visible);
        merge().forget_ended(state.revision, 100);
        EXPECT_EQ(state.members.size(), 1U) << i;
    }
}

TEST_F(Merging, AnImportedEndOutdatesNothing) {
    publish({ended(kX, "c1", 2)});
    for (Publication& publication : state.publications) {
        for (Word& word : publication.words) {
            word.order = kImported;
            word.deadline = now + 3600s;
        }
    }
    publish({active(kX, "c1", 2)});
    EXPECT_TRUE(is_active(kX));
}

}  // namespace
}  // namespace reginfo

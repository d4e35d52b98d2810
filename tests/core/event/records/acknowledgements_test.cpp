/// @file
/// How long the end of a contact is kept for watchers that may not have it.

#include "core/event/records/acknowledgements.hpp"

#include "tests/core/event/records/records_fixture.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <utility>

namespace reginfo::test {
namespace {

class AcknowledgementsTest : public RecordsTest {
protected:
    /// A contact of the AOR has ended, in a new revision.
    void end_contact() {
        AorState state = aor().state().release();
        ++state.revision;
        ContactState contact;
        contact.details = DetailsPtr(new ContactDetails);
        contact.active = false;
        contact.became = contact.changed = state.revision;
        state.contacts.push_back(std::move(contact));
        aor().set_state(std::move(state));
        aor().all_lag();
        ++stats.contacts_ended;
    }

    void take_newest(Subscription& subscription) {
        records.acknowledgements.take(now, subscription, aor().revision());
    }

    std::size_t kept() { return aor().state()->contacts.size(); }
};

TEST_F(AcknowledgementsTest, AnEndIsForgottenWhenTheLastWatcherHasIt) {
    Subscription& one = subscribe("one");
    Subscription& two = subscribe("two");
    end_contact();
    take_newest(one);
    EXPECT_EQ(kept(), 1U);
    take_newest(two);
    EXPECT_EQ(kept(), 0U);
    EXPECT_EQ(stats.contacts_ended, 0U);
}

TEST_F(AcknowledgementsTest, AnOlderRevisionForgetsNothing) {
    Subscription& one = subscribe("one");
    change();
    end_contact();
    records.acknowledgements.take(now, one, 1);
    EXPECT_EQ(one.acked, 1U);
    EXPECT_EQ(kept(), 1U);
}

TEST_F(AcknowledgementsTest, WhileAChangeIsBeingStoredTheStateIsLeftAlone) {
    Subscription& one = subscribe("one");
    end_contact();
    aor().requests.is_locked = true;
    take_newest(one);
    EXPECT_EQ(aor().lagging(), 0U);
    EXPECT_EQ(kept(), 1U);
}

TEST_F(AcknowledgementsTest, WhenAllHaveTheNewestTheEntryOfTheUnsettledIsTakenOut) {
    Subscription& one = subscribe("one");
    change();
    aor().is_unsettled = true;
    EXPECT_FALSE(records.unsettled.next_deadline());
    take_newest(one);
    EXPECT_EQ(records.unsettled.next_deadline(), now + 1s);
    records.unsettled.run(now + 1s, 1, outbox);
    EXPECT_FALSE(aor().is_unsettled);
    EXPECT_EQ(take<Commit>().size(), 1U);
}

}  // namespace
}  // namespace reginfo::test

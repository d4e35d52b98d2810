/// @file
/// Records come back as they were, older by the time that has passed; damaged ones are refused.

#include "core/event/persistence/dialog_record.hpp"

#include "core/base/byte_writer.hpp"
#include "core/event/persistence/aor_record.hpp"
#include "core/event/persistence/shared_texts.hpp"
#include "core/transaction/transaction_record.hpp"
#include "tests/core/event/state/merge_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace reginfo {
namespace {

class RecordCodec : public MergeTest {
protected:
    /// Two publications, a contact that has ended, and one with long texts.
    void fill() {
        publish({{.uri = kX, .attributes = " received=\"sip:1\"", .children = "<display-name/>"}});
        EntityTag second = publish({{.uri = kY, .expires = 60}, {.uri = kZ}});
        modify(second, {{.uri = kZ, .cseq = 2}});
    }

    static DialogRecord dialog() {
        DialogRecord record;
        record.state = DialogState(DialogTexts{
            .call_id = "call",
            .local_tag = "l",
            .local_party = "<sip:a@b>",
            .remote_party = "<sip:c@d>;tag=r",
            .remote_target = "sip:c@192.0.2.1",
            .route_set = {"<sip:p;lr>", "<sip:q;lr>"},
        });
        record.state.local_cseq = 65;
        record.state.remote_cseq = 4'294'967'295U;
        record.state.flow = {Transport::tcp, 3, {*IpAddress::parse("2001:db8::7"), 5061}, 0};
        SubscriptionRecord& one = record.subscriptions.emplace_back();
        one.event_id = "";
        one.aor = "sip:a@b";
        one.aor_text = "sip:a@B";
        one.watcher = ~std::uint64_t{0};
        one.profile = Profile::kamailio;
        one.version = 64;
        one.acked = 12;
        one.owed = true;
        one.deadline = TimePoint{100s};
        record.subscriptions.emplace_back().deadline = TimePoint{50s};
        return record;
    }
};

TEST_F(RecordCodec, AnAorComesBack) {
    fill();

    const auto back = decode_aor(kAor, encode(kAor, state, now), {now, 0s});

    ASSERT_TRUE(back);
    EXPECT_EQ(encode(kAor, *back, now), encode(kAor, state, now));
    EXPECT_EQ(back->publications.size(), 2U);
    EXPECT_EQ(back->contacts.size(), state.contacts.size());
    EXPECT_EQ(*back->contacts[0].details, *state.contacts[0].details);
    EXPECT_EQ(back->publications[1].deadline, state.publications[1].deadline);
    EXPECT_EQ(back->revision, state.revision);
    EXPECT_EQ(back->next_order, state.next_order);
}

TEST_F(RecordCodec, WhatStandsElsewhereIsNotRepeated) {
    publish({{.uri = kX, .callid = std::string(100, 'c')}});
    const std::string record = encode(kAor, state, now);

    EXPECT_EQ(record.find(kAor), std::string::npos) << "its name is the key";
    EXPECT_EQ(record.find("cccc"), record.rfind(std::string(100, 'c'))) << "callid is an attribute";
    const auto other = decode_aor("sip:bob@example.org", record, {now, 0s});
    ASSERT_TRUE(other);
    EXPECT_EQ(other->published_aor(), "sip:bob@example.org");
}

TEST_F(RecordCodec, ATextSharedInMemoryIsRefusedWithoutIt) {
    SharedTexts shared(1);
    const std::string agent = " user_agent=\"Phone/1.0\"";
    publish({{.uri = kX, .attributes = agent}, {.uri = kY, .attributes = agent}});
    static_cast<void>(encode(kAor, state, now, &shared));
    const std::string record = encode(kAor, state, now, &shared);

    EXPECT_EQ(record.find("Phone"), std::string::npos);
    EXPECT_TRUE(decode_aor(kAor, record, {now, 0s}, &shared));
    EXPECT_FALSE(decode_aor(kAor, record, {now, 0s}));
}

/// As it was written before there was layout 3.
TEST_F(RecordCodec, ARecordOfLayout2IsRead) {
    const auto put_state = [](ByteWriter& out, std::string_view name, std::uint64_t revision) {
        out.text(name).text("<x/>").number(111).number(revision).number(revision - 1).number(5);
        out.flag(true);                                             // known
        out.number(2);                                              // details
        out.number(21).number(22).text("c1").flag(true).number(7);  // id, callid, cseq
        out.flag(false).text(" callid=\"c1\"").text("sip:x").text("<y/>");
        out.number(31).number(32).text("").flag(false).flag(true).signed_number(9);
        out.text("").text("sip:z").text("");
        out.number(1).number(77).signed_number(60'000'000);      // one publication
        out.number(1).number(0).flag(true).number(1).number(3);  // one word
        out.flag(true).signed_number(30'000'000).flag(true).signed_number(-5'000'000);
        out.number(2);  // others
        out.number(1).number(1).flag(false).number(4).number(2).flag(false).flag(false);
        out.number(1).number(0).flag(true).number(1).signed_number(30'000'000);  // a contact
        out.flag(true).signed_number(-5'000'000).flag(true).number(8).number(9);
    };
    ByteWriter out;
    out.number(2);
    put_state(out, "sip:Alice@example.org", 12);
    out.number(1).text("tel:+1");
    put_state(out, "tel:+1", 12);

    const auto back = decode_aor(kAor, out.take(), {now, 1s});

    ASSERT_TRUE(back);
    EXPECT_EQ(back->published_aor(), "sip:Alice@example.org");
    EXPECT_EQ(back->extensions_xml(), "<x/>");
    EXPECT_EQ(back->incarnation, 111U);
    EXPECT_EQ(back->revision, 12U);
    EXPECT_EQ(back->own_changed, 11U);
    EXPECT_EQ(back->next_order, 5U);
    EXPECT_TRUE(back->was_published);
    ASSERT_EQ(back->publications.size(), 1U);
    EXPECT_EQ(back->publications[0].etag, 77U);
    EXPECT_EQ(back->publications[0].deadline, now + 59s);
    EXPECT_EQ(back->publications[0].others, 2U);
    ASSERT_EQ(back->publications[0].words.size(), 1U);
    const Word& word = back->publications[0].words[0];
    EXPECT_EQ(word.details->id, (Hash128{21, 22}));
    EXPECT_EQ(word.details->callid(), "c1");
    EXPECT_EQ(word.details->cseq, 7U);
    EXPECT_EQ(word.details->attributes_xml(), " callid=\"c1\"");
    EXPECT_EQ(word.details->uri_xml(), "sip:x");
    EXPECT_EQ(word.details->children_xml(), "<y/>");
    EXPECT_TRUE(word.active);
    EXPECT_EQ(word.event, ContactEvent::created);
    EXPECT_EQ(word.order, 3U);
    EXPECT_EQ(*word.deadline, now + 29s);
    EXPECT_EQ(*word.since, now - 6s);
    ASSERT_EQ(back->tombstones.size(), 1U);
    EXPECT_EQ(back->tombstones[0].details->retry_after, 9s);
    EXPECT_EQ(back->tombstones[0].event, ContactEvent::expired);
    ASSERT_EQ(back->contacts.size(), 1U);
    EXPECT_EQ(back->contacts[0].details, word.details);
    EXPECT_TRUE(back->contacts[0].own_clock);
    EXPECT_EQ(back->contacts[0].became, 8U);
    EXPECT_EQ(back->contacts[0].changed, 9U);
    ASSERT_EQ(back->members.size(), 1U);
    EXPECT_EQ(back->members[0].aor, "tel:+1");
    EXPECT_EQ(back->members[0].state.contacts.size(), 1U);
}

TEST_F(RecordCodec, TimeGoesOnWhileNobodyLooks) {
    fill();
    const TimePoint later = TimePoint{} + 5s;  // of another process, with another clock

    const auto back = decode_aor(kAor, encode(kAor, state, now), {later, 1000s});

    ASSERT_TRUE(back);
    EXPECT_EQ(back->publications[0].deadline - later, 2600s);
}

TEST_F(RecordCodec, ADialogComesBack) {
    const TimePoint then{10s};
    const auto back = decode_dialog(encode(dialog(), then), {TimePoint{7s}, 1s});

    ASSERT_TRUE(back);
    EXPECT_EQ(back->state.id(), dialog().state.id());
    EXPECT_EQ(back->state.texts, dialog().state.texts);
    EXPECT_EQ(back->state.remote_cseq, 4'294'967'295U);
    EXPECT_EQ(back->state.flow, dialog().state.flow);
    ASSERT_EQ(back->subscriptions.size(), 2U);
    EXPECT_EQ(back->subscriptions[0].event_id, "");
    EXPECT_EQ(back->subscriptions[1].event_id, std::nullopt);
    EXPECT_EQ(back->subscriptions[0].profile, Profile::kamailio);
    EXPECT_TRUE(back->subscriptions[0].owed);
    EXPECT_EQ(back->subscriptions[0].deadline, TimePoint{96s});
}

TEST_F(RecordCodec, ATransactionComesBack) {
    TransactionRecord record{1, 2, {}};
    record.reply.expires = Seconds{60};
    record.reply.etag = 3;
    record.reply.makes_dialog = true;

    const auto back = decode_transaction(encode(record));

    ASSERT_TRUE(back);
    EXPECT_EQ(encode(*back), encode(record));
    EXPECT_EQ(back->reply.expires, Seconds{60});
}

TEST_F(RecordCodec, ARecordCutShortIsRefused) {
    fill();
    const std::string aor = encode(kAor, state, now);
    for (std::size_t size = 0; size < aor.size(); ++size) {
        EXPECT_FALSE(decode_aor(kAor, aor.substr(0, size), {now, 0s})) << size;
    }
    const std::string of_dialog = encode(dialog(), now);
    for (std::size_t size = 0; size < of_dialog.size(); ++size) {
        EXPECT_FALSE(decode_dialog(of_dialog.substr(0, size), {now, 0s})) << size;
    }
    EXPECT_FALSE(decode_aor(kAor, aor + "x", {now, 0s}));
}

TEST_F(RecordCodec, ADamagedByteDoesNoHarm) {
    fill();
    std::string aor = encode(kAor, state, now);
    std::string of_dialog = encode(dialog(), now);
    for (int flip = 1; flip < 256; flip <<= 1) {
        for (char& byte : aor) {
            byte = static_cast<char>(byte ^ flip);
            decode_aor(kAor, aor, {now, 1s});
            byte = static_cast<char>(byte ^ flip);
        }
        for (char& byte : of_dialog) {
            byte = static_cast<char>(byte ^ flip);
            decode_dialog(of_dialog, {now, 1s});
            byte = static_cast<char>(byte ^ flip);
        }
    }
    EXPECT_TRUE(decode_aor(kAor, aor, {now, 0s}) && decode_dialog(of_dialog, {now, 0s}));
}

TEST_F(RecordCodec, ATombstoneThatIsActiveIsRefused) {
    fill();
    ASSERT_FALSE(state.publications.empty() || state.publications.front().words.empty());
    state.tombstones = {state.publications.front().words.front()};
    state.tombstones.front().active = true;

    EXPECT_FALSE(decode_aor(kAor, encode(kAor, state, now), {now, 0s}));
}

TEST_F(RecordCodec, AnUnknownLayoutIsRefused) {
    std::string bytes = encode(kAor, state, now);
    bytes[0] = '\x63';

    EXPECT_FALSE(decode_aor(kAor, bytes, {now, 0s}));
}

}  // namespace
}  // namespace reginfo

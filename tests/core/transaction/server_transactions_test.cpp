/// @file
/// Non-INVITE server transactions: matching and memory (RFC 3261 §17.2.2, §17.2.3).

#include "core/transaction/server_transactions.hpp"

#include "core/sip/parser.hpp"
#include "tests/support/sip_builder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart{1000s};

class ServerTransactionsTest : public ::testing::Test {
protected:
    TransactionKey key_of(const RequestText& request) {
        text = request.text();
        EXPECT_EQ(sip::parse_message(text, {}, message), sip::ParseError::none);
        const auto via = sip::parse_via(message.first(sip::HeaderName::via).value());
        return transactions.key_of(message, via.value());
    }

    bool same(const std::function<void(RequestText&)>& change, RequestText request = {}) {
        const TransactionKey before = key_of(request);
        change(request);
        return before == key_of(request);
    }

    static RequestText rfc2543() {
        RequestText request;
        request.via = "SIP/2.0/UDP 198.51.100.1:5060;branch=1";
        return request;
    }

    ServerTransactions transactions{7, 32s};
    std::string text;
    sip::Message message;
};

TEST_F(ServerTransactionsTest, BranchSentByAndMethodDistinguish) {
    EXPECT_TRUE(same([](RequestText&) {}));
    EXPECT_FALSE(same([](RequestText& r) {
        r.via = "SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bK2";
    }));
    EXPECT_FALSE(same([](RequestText& r) {
        r.via = "SIP/2.0/UDP 198.51.100.2:5060;branch=z9hG4bK1;rport";
    }));
    EXPECT_FALSE(same([](RequestText& r) {
        r.via = "SIP/2.0/UDP 198.51.100.1:5061;branch=z9hG4bK1;rport";
    }));
    EXPECT_FALSE(same([](RequestText& r) { r.method = "PUBLISH"; }));
    EXPECT_FALSE(same(
        [](RequestText& r) { r.method = "FOO"; },
        [] {
            RequestText request;
            request.method = "BAR";
            return request;
        }()
    ));
}

TEST_F(ServerTransactionsTest, NothingElseDistinguishesWithTheMagicCookie) {
    EXPECT_TRUE(same([](RequestText& r) {
        r.uri = "sip:bob@example.org";
        r.from = "<sip:other@example.org>;tag=other";
        r.call_id = "other";
        r.cseq = "99";
    }));
}

TEST_F(ServerTransactionsTest, WithoutTheMagicCookieTheFieldsOfRfc2543Distinguish) {
    EXPECT_TRUE(same([](RequestText&) {}, rfc2543()));
    EXPECT_FALSE(same([](RequestText& r) { r.uri = "sip:bob@example.org"; }, rfc2543()));
    EXPECT_FALSE(same([](RequestText& r) { r.from = "<sip:p@e.org>;tag=f2"; }, rfc2543()));
    EXPECT_FALSE(same([](RequestText& r) { r.to += ";tag=t"; }, rfc2543()));
    EXPECT_FALSE(same([](RequestText& r) { r.call_id = "other"; }, rfc2543()));
    EXPECT_FALSE(same([](RequestText& r) { r.cseq = "2"; }, rfc2543()));
    EXPECT_FALSE(same([](RequestText& r) { r.via += ";x"; }, rfc2543()));
}

TEST_F(ServerTransactionsTest, ATransactionIsTryingUntilItIsCompleted) {
    const TransactionKey key = key_of({});
    EXPECT_EQ(transactions.find(key), nullptr);
    transactions.open(key, 1, 42);
    ASSERT_NE(transactions.find(key), nullptr);
    EXPECT_FALSE(transactions.find(key)->is_completed());
    EXPECT_EQ(transactions.complete(kStart, key, Reply{}), 42U);
    EXPECT_TRUE(transactions.find(key)->is_completed());
}

TEST_F(ServerTransactionsTest, TheWholeReplyIsKeptWhateverItHolds) {
    Reply rich;
    rich.status = 423;
    rich.reason = "Why";
    rich.expires = Seconds{1};
    rich.min_expires = Seconds{2};
    rich.retry_after = Seconds{3};
    rich.etag = 4;
    rich.unsupported = "x";
    rich.makes_dialog = true;
    Reply plain;
    plain.expires = Seconds{4'294'967'295};
    plain.etag = 5;
    std::uint64_t identity = 0;
    for (const Reply& reply : {rich, plain}) {
        RequestText request;
        request.via = "SIP/2.0/UDP h;branch=" + next_branch();
        const TransactionKey key = key_of(request);
        transactions.open(key, ++identity, 1);
        transactions.complete(kStart, key, reply);
        const Reply kept = transactions.reply_of(key, *transactions.find(key));
        EXPECT_EQ(kept.status, reply.status);
        EXPECT_EQ(kept.reason, reply.reason);
        EXPECT_EQ(kept.expires, reply.expires);
        EXPECT_EQ(kept.min_expires, reply.min_expires);
        EXPECT_EQ(kept.retry_after, reply.retry_after);
        EXPECT_EQ(kept.etag, reply.etag);
        EXPECT_EQ(kept.unsupported, reply.unsupported);
        EXPECT_EQ(kept.makes_dialog, reply.makes_dialog);
    }
}

TEST_F(ServerTransactionsTest, TimerJEndsACompletedTransactionAndNotATryingOne) {
    const TransactionKey key = key_of({});
    transactions.open(key, 1, 1);
    transactions.expire(kStart + 1h, 100);
    EXPECT_NE(transactions.find(key), nullptr);
    transactions.complete(kStart, key, Reply{});
    EXPECT_EQ(transactions.next_deadline(), kStart + 32s);
    transactions.expire(kStart + 32s - 1us, 100);
    EXPECT_NE(transactions.find(key), nullptr);
    transactions.expire(kStart + 32s, 100);
    EXPECT_EQ(transactions.find(key), nullptr);
    EXPECT_EQ(transactions.next_deadline(), std::nullopt);
}

TEST_F(ServerTransactionsTest, AFinishedOneTakesAtMost96BytesAnd112WhileTheTablesGrow) {
    constexpr std::uint64_t kMany = 150'000;
    const std::size_t before = transactions.bytes();
    for (std::uint64_t i = 1; i <= kMany; ++i) {
        const TransactionKey key{i * 0x9e3779b97f4a7c15U, i};
        transactions.open(key, i, 1);
        transactions.complete(kStart, key, Reply{});
        if (i % 997 == 0) {
            EXPECT_LE(transactions.bytes() - before, 112 * i + 1024);
        }
    }
    EXPECT_LE(transactions.bytes() - before, 96 * kMany);
    for (std::uint64_t i = 1; i <= kMany; i += 997) {
        const auto* found = transactions.find({i * 0x9e3779b97f4a7c15U, i});
        EXPECT_TRUE(found && found->is_completed());
    }
    while (transactions.expire(kStart + 32s, 1000)) {
    }
    EXPECT_EQ(transactions.size(), 0U);
    EXPECT_LE(transactions.bytes(), before + 100'000) << "and is given back";
}

TEST_F(ServerTransactionsTest, FromTagCallIdCSeqAndPlaceMakeARequest) {
    const sip::CSeq cseq{1, sip::Method::publish, "PUBLISH"};
    const std::uint64_t identity = transactions.identity_of("f", "c", cseq, "a");
    EXPECT_EQ(identity, transactions.identity_of("f", "c", cseq, "a"));
    EXPECT_NE(identity, transactions.identity_of("g", "c", cseq, "a"));
    EXPECT_NE(identity, transactions.identity_of("f", "d", cseq, "a"));
    EXPECT_NE(identity, transactions.identity_of("f", "c", cseq, "b"));
    const sip::CSeq next{2, sip::Method::publish, "PUBLISH"};
    EXPECT_NE(identity, transactions.identity_of("f", "c", next, "a"));
    const sip::CSeq other{1, sip::Method::subscribe, "SUBSCRIBE"};
    EXPECT_NE(identity, transactions.identity_of("f", "c", other, "a"));
}

TEST_F(ServerTransactionsTest, ARequestIsFoundByItsIdentityAsLongAsItsTransactionIsThere) {
    const TransactionKey key = key_of({});
    EXPECT_EQ(transactions.same_request(5).record, nullptr);
    transactions.open(key, 5, 1);
    EXPECT_EQ(transactions.same_request(5).key, key) << "while it is tried";
    transactions.complete(kStart, key, Reply{});
    EXPECT_EQ(transactions.same_request(5).key, key) << "and when it is finished";
    transactions.expire(kStart + 32s, 100);
    EXPECT_EQ(transactions.same_request(5).record, nullptr);
}

TEST_F(ServerTransactionsTest, WhatIsLeftUnansweredIsNotFoundAgain) {
    const TransactionKey key = key_of({});
    transactions.open(key, 5, 1);
    transactions.abandon(key);
    EXPECT_EQ(transactions.same_request(5).record, nullptr);
}

TEST_F(ServerTransactionsTest, A503SaysNothingOfTheRequestAndAnotherWayIsTriedAnew) {
    const TransactionKey key = key_of({});
    transactions.open(key, 5, 1);
    transactions.complete(kStart, key, refusal(503));
    EXPECT_EQ(transactions.same_request(5).record, nullptr);
    EXPECT_NE(transactions.find(key), nullptr) << "a retransmission gets the 503 again";
}

TEST_F(ServerTransactionsTest, WithinADialogA503HasUsedUpTheCSeqAndStands) {
    const TransactionKey key = key_of({});
    transactions.open(key, 5, 1, true);
    transactions.complete(kStart, key, refusal(503));
    EXPECT_EQ(transactions.same_request(5).key, key);
}

/// Peers that use a branch again over TCP, one request after another, have always been served.
TEST_F(ServerTransactionsTest, OnAReliableTransportItIsFoundByItsIdentityOnly) {
    const TransactionKey key = key_of({});
    for (const std::uint64_t identity : {5U, 6U}) {
        transactions.open(key, identity, identity);
        transactions.complete(kStart, key, Reply{}, true);
        EXPECT_EQ(transactions.find(key), nullptr);
    }
    EXPECT_EQ(transactions.same_request(5).record->to_tag, 5U);
    EXPECT_EQ(transactions.same_request(6).record->to_tag, 6U);
    transactions.expire(kStart + 32s, 100);
    EXPECT_EQ(transactions.size(), 0U);
    EXPECT_EQ(transactions.same_request(6).record, nullptr);
}

TEST_F(ServerTransactionsTest, WithoutAnIdentityEachWayIsARequestOfItsOwn) {
    const TransactionKey key = key_of({});
    transactions.open(key, 0, 1);
    EXPECT_EQ(transactions.same_request(0).record, nullptr);
    transactions.complete(kStart, key, Reply{});
    EXPECT_EQ(transactions.same_request(0).record, nullptr);
}

TEST_F(ServerTransactionsTest, ExpiryHandlesAtMostTheGivenNumber) {
    for (std::uint64_t i = 1; i <= 5; ++i) {
        RequestText request;
        request.via = "SIP/2.0/UDP h;branch=" + next_branch();
        const TransactionKey key = key_of(request);
        transactions.open(key, i, 1);
        transactions.complete(kStart, key, Reply{});
    }
    EXPECT_TRUE(transactions.expire(kStart + 1h, 3));
    EXPECT_EQ(transactions.size(), 2U);
    EXPECT_FALSE(transactions.expire(kStart + 1h, 3));
    EXPECT_EQ(transactions.size(), 0U);
}

TEST_F(ServerTransactionsTest, TheOldestFinishedOneGivesWay) {
    RequestText request;
    std::vector<TransactionKey> keys;
    for (const char* branch : {"z9hG4bKa", "z9hG4bKb", "z9hG4bKc"}) {
        request.via = std::string("SIP/2.0/UDP 198.51.100.1:5060;branch=") + branch;
        keys.push_back(key_of(request));
        transactions.open(keys.back(), keys.size(), 1);
    }
    transactions.forget_oldest();
    EXPECT_EQ(transactions.size(), 3U) << "none is finished";
    transactions.complete(kStart, keys[1], Reply());
    transactions.complete(kStart + 1s, keys[0], Reply());

    transactions.forget_oldest();

    EXPECT_EQ(transactions.find(keys[1]), nullptr);
    EXPECT_EQ(transactions.same_request(2).record, nullptr);
    EXPECT_NE(transactions.find(keys[0]), nullptr);
    EXPECT_EQ(transactions.in_progress(), 1U);
}

}  // namespace
}  // namespace reginfo::test

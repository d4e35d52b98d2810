/// @file
/// Client transactions (RFC 3261 §17.1.2, §17.1.3), stepped by hand.

#include "core/transaction/client_transactions.hpp"

#include "core/dialog/dialog_state.hpp"
#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

class ClientTransactionsTest : public ::testing::Test {
protected:
    ClientTransaction open(Flow flow = udp_flow("198.51.100.1")) {
        ClientTransaction transaction;
        transactions.open(transaction, 0x7f);
        transaction.cseq = 7;
        transaction.flow = flow;
        transaction.head = "NOTIFY sip:a SIP/2.0\r\n\r\n";
        return transaction;
    }

    /// What the peer would answer to the transaction.
    std::string response_to(const ClientTransaction& transaction) const {
        std::string via = "SIP/2.0/UDP " + sent_by + ";branch=";
        append_branch(via, transaction.branch);
        return "SIP/2.0 200 OK\r\nVia: " + via + "\r\nCSeq: " + cseq +
               "\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: c\r\n"
               "Content-Length: 0\r\n\r\n";
    }

    const ClientTransaction* match(const std::string& bytes) {
        EXPECT_EQ(sip::parse_message(bytes, {}, message), sip::ParseError::none);
        const auto via = sip::parse_via(*message.first(sip::HeaderName::via));
        return transactions.match(message, *via, sip::Method::notify);
    }

    std::size_t sent() {
        const std::size_t count = outbox.effects().size();
        outbox.clear();
        return count;
    }

    Settings settings = test_settings();
    Stats stats;
    TokenSource tokens{1};
    SpareTexts spare_texts;
    ClientTransactions transactions{settings, tokens, spare_texts, stats};
    Outbox outbox;
    sip::Message message;
    TimePoint now{100s};
    std::string sent_by = "192.0.2.1:5060";
    std::string cseq = "7 NOTIFY";
};

TEST_F(ClientTransactionsTest, TimerEDoublesUpToT2) {
    ClientTransaction transaction = open();
    transactions.send(now, transaction, outbox);
    EXPECT_EQ(transaction.retransmit_at, now + 500ms);
    EXPECT_EQ(transaction.timeout_at, now + 32s);
    for (const Duration interval : {1'000ms, 2'000ms, 4'000ms, 4'000ms}) {
        now = transaction.retransmit_at;
        transactions.restart_timer_e(now, transaction);
        EXPECT_EQ(transaction.retransmit_at, now + interval);
    }
    transactions.close(transaction);
}

TEST_F(ClientTransactionsTest, AfterAProvisionalResponseTimerEIsT2) {
    ClientTransaction transaction = open();
    transactions.send(now, transaction, outbox);
    transaction.proceeding = true;
    transactions.restart_timer_e(now, transaction);
    EXPECT_EQ(transaction.retransmit_at, now + 4s);
    transactions.close(transaction);
}

TEST_F(ClientTransactionsTest, OnAReliableTransportNothingIsRepeated) {
    ClientTransaction transaction = open(tcp_flow("198.51.100.1", 5060, 3));
    transactions.send(now, transaction, outbox);
    EXPECT_EQ(transaction.retransmit_at, TimePoint::max());
    EXPECT_EQ(transaction.timeout_at, now + 32s);
    transactions.close(transaction);
}

TEST_F(ClientTransactionsTest, ACopyIsTheSameBytesAndIsCounted) {
    ClientTransaction transaction = open();
    transactions.send(now, transaction, outbox);
    now += 500ms;
    transactions.send_copy(now, transaction, outbox);
    const auto effects = outbox.effects();
    ASSERT_EQ(effects.size(), 2U);
    EXPECT_EQ(std::get<Send>(effects[0]).head, std::get<Send>(effects[1]).head);
    EXPECT_EQ(transaction.copies, 1U);
    EXPECT_EQ(transaction.last_sent_at, now);
    EXPECT_EQ(stats.retransmissions_sent, 1U);
    transactions.close(transaction);
}

TEST_F(ClientTransactionsTest, AResponseBelongsToTheTransactionOfItsBranch) {
    ClientTransaction first = open();
    ClientTransaction second = open();
    transactions.send(now, first, outbox);
    transactions.send(now, second, outbox);
    EXPECT_EQ(match(response_to(first)), &first);
    EXPECT_EQ(match(response_to(second)), &second);
    transactions.close(first);
    EXPECT_EQ(match(response_to(first)), nullptr);
    EXPECT_EQ(match(response_to(second)), &second);
    transactions.close(second);
}

TEST_F(ClientTransactionsTest, AResponseWithAnotherSentByBelongsToNone) {
    ClientTransaction transaction = open();
    transactions.send(now, transaction, outbox);
    for (const char* other : {"192.0.2.1:5061", "192.0.2.9:5060", "192.0.2.9"}) {
        sent_by = other;
        EXPECT_EQ(match(response_to(transaction)), nullptr) << other;
    }
    sent_by = "192.0.2.1";  // 5060 is the default
    EXPECT_EQ(match(response_to(transaction)), &transaction);
    transactions.close(transaction);
}

TEST_F(ClientTransactionsTest, AResponseWithAnotherCSeqBelongsToNone) {
    ClientTransaction transaction = open();
    transactions.send(now, transaction, outbox);
    for (const char* other : {"8 NOTIFY", "7 SUBSCRIBE", "x NOTIFY"}) {
        cseq = other;
        EXPECT_EQ(match(response_to(transaction)), nullptr) << other;
    }
    transactions.close(transaction);
}

TEST_F(ClientTransactionsTest, WhatTheHeadsHoldIsCountedWhileTheyAreInFlight) {
    ClientTransaction transaction = open();
    transactions.send(now, transaction, outbox);
    EXPECT_GE(transactions.head_bytes(), transaction.head.size());
    EXPECT_EQ(stats.notifies_in_flight, 1U);
    transactions.close(transaction);
    EXPECT_EQ(transactions.head_bytes(), 0U);
    EXPECT_EQ(stats.notifies_in_flight, 0U);
    EXPECT_EQ(transactions.size(), 0U);
}

}  // namespace
}  // namespace reginfo::test

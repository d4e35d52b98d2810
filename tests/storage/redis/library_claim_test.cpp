/// @file
/// The functions claim and handoff: who may write a shard.

#include "tests/storage/redis/library_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace reginfo::test {
namespace {

using ::testing::IsEmpty;

class ClaimTest : public LibraryTest {
protected:
    void SetUp() override {
        LibraryTest::SetUp();
        if (!client_) return;
        join(kA);
        join(kB);
        beat(kA);
        beat(kB);
    }

    RedisReply hand_off(
        const Node& from,
        const std::string& seq,
        const std::string& token,
        const Node& to,
        const std::string& counters = "counters"
    ) {
        return function(
            "handoff",
            {kCluster, from.incarnation, seq, "5", token, to.name, to.incarnation, counters}
        );
    }

    /// The new token of one claimed shard; empty if it was refused.
    std::string claimed(const Node& node, const std::string& shard, const std::string& epoch) {
        const RedisReply reply = claim(node, {shard, epoch});
        return reply.items.empty() ? reply.text : reply.items.at(0).items.at(1).text;
    }
};

TEST_F(ClaimTest, AShardThatNobodyHadIsClaimed) {
    const std::int64_t before = view();
    const RedisReply reply = claim(kA, {"0", "0", "255", "0"});
    ASSERT_EQ(reply.items.size(), 2U) << reply.text;
    EXPECT_EQ(reply.items[1].items.at(0).number, 255);
    EXPECT_EQ(reply.items[1].items.at(1).text, kA.token(1));
    EXPECT_EQ(reply.items[1].items.at(2).text, "");
    EXPECT_EQ(owner("255"), kA.token(1));
    EXPECT_EQ(view(), before + 1);
}

TEST_F(ClaimTest, TheNewEpochIsAboveWhatIsStoredAndWhatTheClaimantKnows) {
    EXPECT_EQ(claimed(kA, "5", "6"), kA.token(7));
    EXPECT_EQ(claimed(kA, "5", "3"), kA.token(8)) << "its own shard, to load it again";
}

TEST_F(ClaimTest, AShardWhoseOwnerLivesIsRefused) {
    claim(kA, {"5", "0"});
    const std::int64_t before = view();
    const RedisReply reply = claim(kB, {"5", "9"});
    EXPECT_EQ(reply.items.at(0).items.at(1).text, "");
    EXPECT_EQ(reply.items.at(0).items.at(2).text, kA.token(1));
    EXPECT_EQ(owner("5"), kA.token(1));
    EXPECT_EQ(view(), before);
}

TEST_F(ClaimTest, AShardWhoseOwnerHasNoLeaseIsClaimed) {
    claim(kA, {"5", "0"});
    end_lease(kA);
    EXPECT_EQ(claimed(kB, "5", "0"), kB.token(2));
}

TEST_F(ClaimTest, AfterTimeWithoutBeatsNobodyClaimsForOneLease) {
    claim(kA, {"5", "0"});
    end_lease(kA);
    pass_without_beats(29'000);
    EXPECT_EQ(beat(kB).find("calm_until")->number, 0) << "less than half a lease";
    pass_without_beats(31'000);
    const RedisReply reply = beat(kB);
    EXPECT_EQ(reply.find("calm_until")->number, reply.find("now")->number + 60'000'000);
    EXPECT_EQ(claimed(kB, "5", "0"), "");
    end_calm();
    EXPECT_EQ(claimed(kB, "5", "0"), kB.token(2));
}

TEST_F(ClaimTest, AClaimSeesItselfThatNobodyHasBeaten) {
    claim(kA, {"5", "0"});
    end_lease(kA);
    pass_without_beats(31'000);
    EXPECT_EQ(claimed(kB, "5", "0"), "");
    EXPECT_GT(command({"HGET", "rg:clock", "calm_until"}).number_value().value_or(0), 0);
}

TEST_F(ClaimTest, CalmIsNoLongerThanALeaseHoweverClocksAreSet) {
    command({"HSET", "rg:clock", "calm_until", "9000000000000000"});
    const RedisReply reply = beat(kA);
    EXPECT_EQ(reply.find("calm_until")->number, reply.find("now")->number + 60'000'000);
}

TEST_F(ClaimTest, InCalmTimesReleasedReplacedAndOwnShardsAreClaimedAllTheSame) {
    const Node restarted{kA.name, "00000000000000a2"};
    claim(kA, {"5", "0", "6", "0"});
    claim(kB, {"7", "0"});
    join(kC);
    claim(kC, {"8", "0"});
    leave(kC);
    pass_without_beats(31'000);
    beat(kB);
    EXPECT_EQ(claimed(kB, "7", "0"), kB.token(2));
    EXPECT_EQ(claimed(kB, "8", "0"), kB.token(2));
    EXPECT_EQ(claimed(kB, "5", "0"), "");
    join(restarted);
    EXPECT_EQ(claimed(restarted, "5", "0"), restarted.token(2));
    EXPECT_EQ(claimed(kB, "6", "0"), kB.token(2)) << "its owner was replaced";
}

TEST_F(ClaimTest, NobodyClaimsWithoutALeaseOfItsOwn) {
    end_lease(kA);
    EXPECT_TRUE(claim(kA, {"5", "0"}).is_error("NOT_READY"));
    EXPECT_EQ(owner("5"), "");
}

TEST_F(ClaimTest, NoShardIsClaimedIfOneOfThemIsNone) {
    for (const char* wrong : {"256", "-1", "x", ""}) {
        EXPECT_TRUE(claim(kA, {"5", "0", wrong, "0"}).is_error("WRONG_ARGUMENT")) << wrong;
    }
    EXPECT_TRUE(claim(kA, {"5", "0", "6"}).is_error("WRONG_ARGUMENT"));
    EXPECT_EQ(owner("5"), "");
}

TEST_F(ClaimTest, AHandOffGivesTheShardAndTheCounters) {
    claim(kA, {"5", "0"});
    const std::int64_t before = view();
    EXPECT_EQ(hand_off(kA, "1", kA.token(1), kB).text, kB.token(2));
    EXPECT_EQ(owner("5"), kB.token(2));
    EXPECT_EQ(command({"GET", "rg:h:5"}).text, kB.token(2) + "\ncounters");
    EXPECT_EQ(view(), before + 1);
    EXPECT_EQ(commit(kA, {"2", "5", kA.token(1), {"+a", "k", "v"}}).items.size(), 1U);
    EXPECT_THAT(commit(kB, {"1", "5", kB.token(2), {"+a", "k", "w"}}).items, IsEmpty());
}

TEST_F(ClaimTest, ARepeatedHandOffGivesTheReplyOfThenAndChangesNothing) {
    claim(kA, {"5", "0"});
    hand_off(kA, "1", kA.token(1), kB);
    claim(kB, {"5", "0"});
    const auto before = everything();
    EXPECT_EQ(hand_off(kA, "1", kA.token(1), kB).text, kB.token(2));
    EXPECT_EQ(everything(), before);
}

TEST_F(ClaimTest, AHandOffWithoutCountersLeavesNoneBehind) {
    claim(kA, {"5", "0"});
    hand_off(kA, "1", kA.token(1), kB);
    hand_off(kB, "1", kB.token(2), kA, "");
    EXPECT_EQ(command({"EXISTS", "rg:h:5"}).number, 0);
}

TEST_F(ClaimTest, AShardIsHandedOffOnlyByItsOwner) {
    claim(kA, {"5", "0"});
    claim(kA, {"5", "0"});
    const auto before = everything();
    EXPECT_TRUE(hand_off(kA, "1", kA.token(1), kB).is_error("FENCED"));
    EXPECT_TRUE(hand_off(kA, "1", kB.token(2), kA).is_error("WRONG_ARGUMENT"));
    EXPECT_EQ(everything(), before);
}

TEST_F(ClaimTest, AShardIsHandedOffOnlyToAnActiveMemberThatHears) {
    claim(kA, {"5", "0"});
    Node node = kB;
    node.state = "draining";
    beat(node);
    EXPECT_TRUE(hand_off(kA, "1", kA.token(1), kB).is_error("NOT_READY"));
    node.state = "active";
    node.ear = "0";
    beat(node);
    EXPECT_TRUE(hand_off(kA, "2", kA.token(1), kB).is_error("NOT_READY"));
    beat(kB);
    EXPECT_TRUE(hand_off(kA, "3", kA.token(1), {kB.name, kC.incarnation}).is_error("NOT_READY"));
    EXPECT_TRUE(hand_off(kA, "4", kA.token(1), kA).is_error("NOT_READY"));
    end_lease(kB);
    EXPECT_TRUE(hand_off(kA, "5", kA.token(1), kB).is_error("NOT_READY"));
    EXPECT_EQ(owner("5"), kA.token(1));
}

TEST_F(ClaimTest, ARefusedHandOffThatComesLateIsStillRefused) {
    claim(kA, {"5", "0"});
    end_lease(kB);
    hand_off(kA, "1", kA.token(1), kB);
    beat(kB);
    EXPECT_TRUE(hand_off(kA, "1", kA.token(1), kB).is_error("NOT_READY"));
    EXPECT_EQ(owner("5"), kA.token(1));
    EXPECT_EQ(hand_off(kA, "2", kA.token(1), kB).text, kB.token(2));
}

}  // namespace
}  // namespace reginfo::test

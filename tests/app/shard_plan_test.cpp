/// @file
/// Which record of a dump goes to which shard, and whether it is found there.

#include "app/shard_plan.hpp"

#include "app/shard_check.hpp"
#include "core/base/hex.hpp"
#include "tests/app/state_records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::uint64_t kSeed = 7;
const std::string kAor = "sip:a@b.example";
const std::string kOther = "sip:c@b.example";

/// The local tag of a dialog that was made where this is its shard.
std::string tag_in(Shard shard) { return HexText(in_shard(shard, 0x1234567890abcdef)).text(); }

using Keys = std::set<std::pair<Bucket, std::string>>;

Keys keys_of(const std::vector<Write>& writes) {
    Keys keys;
    for (const Write& write : writes) keys.emplace(write.bucket, write.key);
    return keys;
}

class ShardPlanTest : public ::testing::Test {
protected:
    void add(const std::vector<Write>& writes) {
        for (const Write& write : writes) plan.add({write, 5});
    }

    /// What each shard gets, of those that get something.
    std::map<int, Keys> taken() {
        plan.finish();
        std::map<int, Keys> shards;
        for (int shard = 0; shard < 256; ++shard) {
            for (const auto& [write, written] : plan.take(static_cast<Shard>(shard))) {
                shards[shard].emplace(write.bucket, write.key);
            }
        }
        return shards;
    }

    int home = shard_of(kSeed, kAor);
    int other_shard = shard_of(kSeed, kOther);
    ShardPlan plan{StoreShards(kSeed)};
};

TEST_F(ShardPlanTest, AnAorAndItsDialogGoToTheShardOfTheAor) {
    ASSERT_NE(home, other_shard);
    const Write aor = aor_write(kAor);
    const Write dialog = dialog_write(kAor, tag_in(shard_of(kSeed, kAor)));
    const Write other = aor_write(kOther);
    add({aor, other, dialog});

    EXPECT_THAT(
        taken(),
        ::testing::UnorderedElementsAre(
            Pair(home, keys_of({aor, dialog})), Pair(other_shard, keys_of({other}))
        )
    );
}

TEST_F(ShardPlanTest, ADialogGoesWhereItsTagSays) {
    const auto tagged = static_cast<Shard>(home + 1);
    const Write dialog = dialog_write(kAor, tag_in(tagged));
    add({dialog});

    EXPECT_THAT(taken(), ElementsAre(Pair(tagged, keys_of({dialog}))));
}

TEST_F(ShardPlanTest, ADialogThatCannotBeDecodedIsKeptWhereItsTagSays) {
    Write dialog = dialog_write(kAor, tag_in(0x7f));
    dialog.value->resize(5);
    Write nonsense{Bucket::dialog, "\xff", "\xff"};
    add({dialog, nonsense});

    EXPECT_THAT(taken(), ElementsAre(Pair(0, keys_of({nonsense})), Pair(0x7f, keys_of({dialog}))));
}

TEST_F(ShardPlanTest, AnEntryOfTheUnsettledGoesWithItsAorOrDialogInWhateverOrderTheyCome) {
    const Write aor = aor_write(kAor);
    const Write other = aor_write(kOther);
    const Write dialog = dialog_write(kOther, tag_in(shard_of(kSeed, kOther)));
    const Write entry = unsettled_write(kSeed, aor);
    const Write dialog_entry = unsettled_write(kSeed, dialog);
    add({entry, aor, other, dialog, dialog_entry});

    EXPECT_THAT(
        taken(),
        ::testing::UnorderedElementsAre(
            Pair(home, keys_of({aor, entry})),
            Pair(other_shard, keys_of({other, dialog, dialog_entry}))
        )
    );
}

/// As an identity of the set of another AOR is watched (TS 24.229 5.4.2.1.1).
TEST_F(ShardPlanTest, ADialogToAnIdentityIsWhereItsTagSaysAndItsAorIsUnsettledWhereThatIs) {
    const Write dialog = dialog_write(kOther, tag_in(shard_of(kSeed, kAor)), kAor);
    const Write entry = unsettled_write(kSeed, aor_write(kOther));
    add({dialog, entry});

    EXPECT_THAT(
        taken(),
        ::testing::UnorderedElementsAre(
            Pair(home, keys_of({dialog})), Pair(other_shard, keys_of({entry}))
        )
    );
}

/// Its last publication is gone, and its watchers may not know that.
TEST_F(ShardPlanTest, AnAorWithoutRecordIsUnsettledWhereItsDialogsAre) {
    const Write dialog = dialog_write(kAor, tag_in(shard_of(kSeed, kAor)));
    const Write entry = unsettled_write(kSeed, aor_write(kAor));
    add({entry, dialog});

    EXPECT_THAT(taken(), ElementsAre(Pair(home, keys_of({dialog, entry}))));
}

TEST_F(ShardPlanTest, AnEntryOfNothingIsLeftOut) {
    add({unsettled_write(kSeed, aor_write(kAor)), {Bucket::unsettled, "nonsense", ""}});

    EXPECT_THAT(taken(), IsEmpty());
}

TEST_F(ShardPlanTest, TheEntryThatStandsForAllBecomesOneForEach) {
    const Write aor = aor_write(kAor);
    const Write dialog = dialog_write(kOther, tag_in(shard_of(kSeed, kOther)));
    add({{Bucket::unsettled, std::string(kAllUnsettled), ""}, aor, dialog});

    EXPECT_THAT(
        taken(),
        ::testing::UnorderedElementsAre(
            Pair(home, keys_of({aor, unsettled_write(kSeed, aor)})),
            Pair(
                other_shard,
                keys_of(
                    {dialog,
                     unsettled_write(kSeed, dialog),
                     unsettled_write(kSeed, aor_write(kOther))}
                )
            )
        )
    );
}

TEST_F(ShardPlanTest, ATransactionGoesWithTheDialogThatItMade) {
    const Write subscribe = transaction_write(in_shard(0x7f, 1), true);
    const Write publish = transaction_write(in_shard(0x80, 2), false);
    add({subscribe, publish});

    EXPECT_THAT(
        taken(), ElementsAre(Pair(0, keys_of({publish})), Pair(0x7f, keys_of({subscribe})))
    );
}

/// The shards of a cluster as they are, and what the check finds.
class ShardCheckTest : public ::testing::Test {
protected:
    void put(int shard, const Write& write) {
        // As they are read: the unsettled first.
        auto& records = shards[shard];
        records.insert(write.bucket == Bucket::unsettled ? records.begin() : records.end(), write);
    }

    std::vector<std::string> problems() {
        ShardCheck check{StoreShards(kSeed)};
        const auto visit_all = [&](auto visit) {
            for (const auto& [shard, writes] : shards) {
                for (const Write& write : writes) {
                    const StoredRecord record{
                        .bucket = write.bucket, .key = write.key, .value = *write.value
                    };
                    visit(static_cast<Shard>(shard), record);
                }
            }
        };
        visit_all([&](Shard shard, const StoredRecord& record) { check.visit(shard, record); });
        if (check.has_unsettled()) {
            visit_all([&](Shard, const StoredRecord& record) { check.visit_again(record); });
        }
        return check.problems();
    }

    int home = shard_of(kSeed, kAor);
    std::map<int, std::vector<Write>> shards;
};

TEST_F(ShardCheckTest, WhatAPlanSaysIsRight) {
    ShardPlan plan{StoreShards(kSeed)};
    plan.add({{Bucket::unsettled, std::string(kAllUnsettled), ""}, 0});
    for (int i = 0; i < 100; ++i) {
        const std::string aor = "sip:" + std::to_string(i) + "@b.example";
        if (i % 3 != 0) plan.add({aor_write(aor), 0});
        if (i % 2 != 0) plan.add({dialog_write(aor, tag_in(static_cast<Shard>(i))), 0});
    }
    plan.finish();
    for (int i = 0; i < 256; ++i) {
        const auto id = static_cast<Shard>(i);
        for (const auto& [write, written] : plan.take(id)) put(i, write);
    }
    EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(ShardCheckTest, AnAorInAnotherShardIsFound) {
    put(home + 1, aor_write(kAor));
    EXPECT_THAT(
        problems(),
        ElementsAre(
            "AOR sip:a@b.example is in shard " + std::to_string(home + 1) +
            ", but belongs to shard " + std::to_string(home)
        )
    );
}

TEST_F(ShardCheckTest, ADialogInAnotherShardThanInItsTagIsFound) {
    put(home + 1, dialog_write(kAor, tag_in(static_cast<Shard>(home))));
    EXPECT_THAT(problems(), ElementsAre(HasSubstr("belongs to shard " + std::to_string(home))));
}

TEST_F(ShardCheckTest, AnEntryOfTheUnsettledElsewhereThanItsAorIsFound) {
    for (const int wrong : {home - 1, home + 1}) {
        shards.clear();
        put(home, aor_write(kAor));
        put(wrong, unsettled_write(kSeed, aor_write(kAor)));
        EXPECT_THAT(
            problems(),
            ElementsAre("AOR sip:a@b.example has watchers who may not have been told, but another "
                        "shard has that")
        );
    }
}

/// The write that takes it out may be lost.
TEST_F(ShardCheckTest, AnEntryOfNothingIsNoProblem) {
    put(home, unsettled_write(kSeed, aor_write(kAor)));
    EXPECT_THAT(problems(), IsEmpty());
}

}  // namespace
}  // namespace reginfo::test

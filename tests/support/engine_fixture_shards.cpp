/// @file
/// A World whose engine shares its store with others.

#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace reginfo::test {

void World::suspend() { engine_->handle_suspended(); }

void World::resume() {
    engine_->handle_resumed(now_, outbox_);
    perform();
}

void World::take_over(Shard shard, const World& from) {
    load(shard, from);
    open(shard);
}

void World::load(Shard shard, const World& from) {
    for (const bool is_unsettled : {true, false}) {
        for (const auto& [key, kept] : from.kept_) {
            if (kept.shard != shard || (key.first == Bucket::unsettled) != is_unsettled) continue;
            kept_[key] = kept;
            const Duration age = std::max(now_ - kept.written, Duration::zero());
            EXPECT_TRUE(engine_->restore(now_, {key.first, key.second, kept.value, age, shard}));
        }
    }
}

void World::open(Shard shard) {
    engine_->open_shard(now_, shard, outbox_);
    perform();
}

bool World::drop(Shard shard) {
    const bool has_more = engine_->drop_shard(now_, shard);
    perform();
    return has_more;
}

}  // namespace reginfo::test

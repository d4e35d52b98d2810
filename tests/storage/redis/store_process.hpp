/// @file
/// A process with a store in Redis: its memory takes effect as the engine's does.
#pragma once

#include "core/storage/redis/redis_store.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo::test {

inline RedisOptions store_options(std::string node, std::string incarnation) {
    RedisOptions options;
    options.where = "redis.example:6379";
    options.node = std::move(node);
    options.incarnation = std::move(incarnation);
    options.new_cluster_id = "cluster-0123456789";
    options.new_hash_seed = 0xff;
    return options;
}

class StoreProcess : public RedisStoreOwner {
public:
    StoreProcess(RedisOptions options, ByteStream& stream, RedisStore::Clock clock)
        : store(std::move(options), stream, *this, std::move(clock)) {
        store.on_done([this](CommitId id, bool ok) {
            answers.emplace_back(id, ok);
            if (ok) apply(pending.at(id));
            pending.erase(id);
        });
    }

    void commit(CommitId id, std::vector<Write> writes) {
        pending[id] = writes;
        store.commit({id, std::move(writes)});
    }
    void put(CommitId id, const std::string& key, const std::string& value) {
        commit(id, {{Bucket::aor, key, value}});
    }

    void wake() override { is_woken = true; }
    void take_effect() override {}
    void handle_standing_by(const std::string& node) override { standing_by = node; }
    void handle_claimed(std::uint64_t seed) override { hash_seed = seed; }
    bool restore(const StoredRecord& record) override {
        order.push_back(letter_of(record.bucket));
        memory[{record.bucket, std::string(record.key)}] = record.value;
        ages[std::string(record.key)] = record.age;
        return true;
    }
    void handle_opened(const LoadReport& report) override { opened = report; }
    std::optional<std::string> present(Bucket bucket, std::string_view key) override {
        const auto found = memory.find({bucket, std::string(key)});
        if (found == memory.end()) return {};
        return found->second;
    }
    void handle_promise(const RedisPromise& promise) override { promises.push_back(promise); }
    void handle_lost(RedisLoss kind, const std::string& why) override {
        loss = kind;
        lost = why;
    }
    void run_for(std::chrono::milliseconds time) override {
        if (run) run(time);
    }

    bool is_woken = false;
    std::uint64_t hash_seed = 0;
    std::optional<LoadReport> opened;
    std::string standing_by;
    std::optional<RedisLoss> loss;
    std::string lost;
    std::vector<RedisPromise> promises;
    std::string order;  ///< the buckets of the records that came
    std::map<std::pair<Bucket, std::string>, std::string> memory;
    std::map<std::string, Duration> ages;
    std::map<CommitId, std::vector<Write>> pending;
    std::vector<std::pair<CommitId, bool>> answers;
    std::function<void(std::chrono::milliseconds)> run;
    RedisStore store;

private:
    void apply(const std::vector<Write>& writes) {
        for (const Write& write : writes) {
            if (write.value) {
                memory[{write.bucket, write.key}] = *write.value;
            } else {
                memory.erase({write.bucket, write.key});
            }
        }
    }
};

}  // namespace reginfo::test

#include "app/redis_records.hpp"

#include "app/shard_check.hpp"
#include "app/shard_plan.hpp"
#include "core/base/hex.hpp"
#include "core/storage/stamp_clock.hpp"
#include "core/storage/store_error.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

namespace reginfo {
namespace {

constexpr std::chrono::milliseconds kReplicasWait{4000};  ///< below the time for a reply

std::string text_in(const RedisReply& list, std::string_view name) {
    const RedisReply* found = list.find(name);
    return found == nullptr ? std::string() : found->text;
}

std::int64_t number_in(const RedisReply& list, std::string_view name) {
    const RedisReply* found = list.find(name);
    return found == nullptr ? 0 : found->number_value().value_or(0);
}

/// The first node that lives, in a list of (name incarnation state...); empty if none does.
std::string living_in(const RedisReply& nodes) {
    for (const RedisReply& node : nodes.items) {
        if (node.items.size() > 2 && !node.items[2].text.empty()) return node.items[0].text;
    }
    return {};
}

Duration age_of(Stamp written, Stamp now) {
    // Not before 1970: whatever is in a dump, the difference fits.
    return std::chrono::milliseconds{now - std::clamp<Stamp>(written, 0, now)};
}

}  // namespace

RedisRecords::RedisRecords(const RedisOptions& options, const RedisLinkOptions& link)
    : options_(options),
      name_("the cluster " + options.cluster + " in " + options.where),
      caller_(options, link),
      found_(look()) {}

RedisReply RedisRecords::ask(const RedisWords& words, const std::string& what) {
    RedisReply reply = caller_.ask(words);
    if (reply.is_error()) throw StoreError(options_.where + " " + what + ": " + reply.text);
    return reply;
}

RedisRecords::Found RedisRecords::look() {
    const RedisReply reply = ask(look_call(options_), "does not show " + options_.cluster);
    const RedisReply* meta = reply.find("meta");
    const RedisReply* nodes = reply.find("nodes");
    if (meta == nullptr || nodes == nullptr) throw StoreError(options_.where + ": no such reply");
    const std::string living = living_in(*nodes);
    if (!living.empty()) {
        throw StoreError(
            name_ + " is in use by " + living +
            "; stop all its nodes first (one that was killed counts until its lease is over, " +
            span_text(std::chrono::floor<std::chrono::milliseconds>(options_.lease).count()) + ")"
        );
    }
    Found found;
    found.id = text_in(*meta, "cluster");
    found.is_loading = meta->find("loading") != nullptr;
    found.now = number_in(reply, "now");
    found.stamp = number_in(reply, "stamp");
    if (found.id.empty()) {
        found.hash_seed = options_.new_hash_seed;
        return found;
    }
    const std::string layout = text_in(*meta, "layout");
    const auto seed = parse_hex(text_in(*meta, "hash_seed"));
    if (layout != "1" || text_in(*meta, "shards") != std::to_string(kShards) || !seed) {
        throw StoreError(name_ + " has layout " + layout + ", which this reginfod cannot read");
    }
    found.hash_seed = *seed;
    return found;
}

void RedisRecords::require_cluster() const {
    if (!found_.id.empty()) return;
    throw StoreError(options_.where + " has no cluster " + options_.cluster + "; set cluster.name");
}

void RedisRecords::require_whole() const {
    if (!found_.is_loading) return;
    throw StoreError(
        "the load into " + name_ +
        " has not come to its end; if it does not run any more, load "
        "the dump again"
    );
}

/// What changes with each write, whoever writes.
RedisReply RedisRecords::moment() {
    const std::string p = options_.cluster + ":";
    RedisReply all;
    all.items.push_back(ask({"HGETALL", p + "clock"}, "does not show its clock"));
    all.items.push_back(ask({"GET", p + "view"}, "does not show its view"));
    all.items.push_back(ask({"HGET", p + "meta", "cluster"}, "does not show its cluster"));
    return all;
}

LoadReport RedisRecords::read_shard(ShardId shard, const Visit& visit) {
    bool is_done = false;
    std::string trouble;
    ShardLoader loader(caller_.session(), options_.cluster + ":", visit);
    const ShardLoader::Times times{
        [this] { return found_.stamp; }, found_.now, options_.transaction_memory
    };
    loader.start({shard}, times, [&](const std::string& why) {
        trouble = why;
        is_done = true;
    });
    caller_.wait_for(is_done);
    if (!trouble.empty()) throw StoreError(options_.where + ": " + trouble);
    return loader.report();
}

LoadReport RedisRecords::read(const std::function<bool(ShardId, const StoredRecord&)>& visit) {
    const RedisReply before = moment();
    LoadReport report;
    for (std::size_t shard = 0; shard < kShards; ++shard) {
        const auto id = static_cast<ShardId>(shard);
        report.add(read_shard(id, [&](const StoredRecord& r) { return visit(id, r); }));
    }
    if (moment() == before) return report;
    throw StoreError(
        name_ + " was written to while it was read; stop all its nodes, and do this again"
    );
}

LoadReport RedisRecords::load(const Visit& visit) {
    require_whole();
    if (found_.id.empty()) return {};
    return read([&](ShardId, const StoredRecord& record) { return visit(record); });
}

std::vector<std::string> RedisRecords::check() {
    require_whole();
    ShardCheck places{StoreShards(found_.hash_seed)};
    read([&](ShardId shard, const StoredRecord& record) {
        places.visit(shard, record);
        return true;
    });
    if (places.has_unsettled()) {
        read([&](ShardId, const StoredRecord& record) {
            places.visit_again(record);
            return true;
        });
    }
    return places.problems();
}

bool RedisRecords::holds_records() {
    if (found_.id.empty() || found_.is_loading) return false;
    for (std::size_t shard = 0; shard < kShards; ++shard) {
        const std::string s = std::to_string(shard);
        const RedisReply count =
            ask({"EXISTS", options_.cluster + ":a:" + s, options_.cluster + ":d:" + s},
                "does not show its keys");
        if (count.number > 0) return true;
    }
    return false;
}

/// All that can be wrong with the records is found before the first write.
void RedisRecords::fill(std::uint64_t hash_seed, const Source& next) {
    ShardPlan plan{StoreShards(hash_seed)};
    while (auto record = next()) plan.add(std::move(*record));
    plan.finish();
    found_.id = options_.new_cluster_id;
    found_.hash_seed = hash_seed;
    bool has_begun = false;
    try {
        ask(begin_load_call(options_, found_.id, hash_seed), "does not take a cluster");
        has_begun = true;
        load_plan(plan);
        ask(end_load_call(options_, found_.id), "does not end the load");
    } catch (const StoreError& error) {
        throw StoreError(
            error.what() +
            std::string(
                take_back(has_begun)
                    ? "; nothing was loaded"
                    : "; the load was cut short: no node starts on what is there, until the dump "
                      "is loaded again"
            )
        );
    }
    wait_for_replicas();
}

/// Whether nothing is left of a load that fails.
bool RedisRecords::take_back(bool has_begun) {
    try {
        if (!caller_.is_connected()) return false;
        return !has_begun || !caller_.ask(abandon_load_call(options_, found_.id)).is_error();
    } catch (const StoreError&) {
        return false;
    }
}

void RedisRecords::load_plan(ShardPlan& plan) {
    for (std::size_t shard = 0; shard < kShards; ++shard) {
        const auto id = static_cast<ShardId>(shard);
        LoadCall call(options_, found_.id, id);
        const auto make_room = [&] {
            if (!call.is_full()) return;
            send(call);
            call = LoadCall(options_, found_.id, id);
        };
        const Stamp now = Clocks::now().wall;
        for (const auto& [write, written] : plan.take(id)) {
            call.add(write, age_of(written, now));
            make_room();
        }
        if (!call.empty()) send(call);
    }
}

void RedisRecords::wait_for_replicas() {
    const std::string needed = std::to_string(options_.replicas);
    const std::string timeout = std::to_string(kReplicasWait.count());
    std::int64_t count = 0;
    if (options_.fsync) {
        const RedisReply reply = ask({"WAITAOF", "1", needed, timeout}, "does not wait for disks");
        if (reply.items.size() != 2 || reply.items[0].number_value() != 1) {
            throw StoreError(
                "all is in " + name_ +
                ", but not on its disk after 4 seconds: with a power failure now it would be lost"
            );
        }
        count = reply.items[1].number;
    } else if (options_.replicas > 0) {
        count = ask({"WAIT", needed, timeout}, "does not wait for replicas").number;
    }
    if (count >= static_cast<std::int64_t>(options_.replicas)) return;
    throw StoreError(
        "all is in " + name_ + ", but " + std::to_string(count) + " of " + needed +
        " replicas have it after 4 seconds: with a fail-over now it would be lost"
    );
}

/// An AOR and its entry of the unsettled are in one call. What is cut short is completed when it is
/// done again.
void RedisRecords::write(const std::vector<Write>& writes) {
    const Stamp now = Clocks::now().wall;
    auto at = writes.begin();
    const auto next = [&]() -> std::optional<RecordFile::Stamped> {
        if (at == writes.end()) return {};
        return RecordFile::Stamped{*at++, now};
    };
    if (found_.id.empty()) return fill(found_.hash_seed, next);
    require_whole();
    ShardPlan plan{StoreShards(found_.hash_seed)};
    while (auto record = next()) plan.add(std::move(*record));
    plan.finish();
    load_plan(plan);
    wait_for_replicas();
}

}  // namespace reginfo

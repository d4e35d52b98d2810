/// @file

#include "core/storage/redis/shard_loader.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace reginfo {
namespace {

constexpr std::array kOrder = {Bucket::unsettled, Bucket::aor, Bucket::dialog, Bucket::transaction};
constexpr std::size_t kStampBytes = 8;
constexpr std::int64_t kGeneration = 40'000'000;  ///< of transactions, as in the library

std::int64_t stamp_in(std::string_view bytes) {
    std::uint64_t stamp = 0;
    for (const char byte : bytes.substr(0, kStampBytes)) {
        stamp = stamp << 8U | static_cast<std::uint8_t>(byte);
    }
    return static_cast<std::int64_t>(stamp);
}

const char* name_of(Bucket bucket) {
    constexpr std::array kNames = {"AOR", "dialog", "transaction", "unsettled"};
    return kNames.at(static_cast<std::size_t>(bucket));
}

}  // namespace

ShardLoader::ShardLoader(RedisSession& session, std::string prefix, Visit visit)
    : session_(session), prefix_(std::move(prefix)), visit_(std::move(visit)) {}

void ShardLoader::start(std::vector<ShardId> shards, const Times& times, Done done) {
    shards_ = std::move(shards);
    times_ = times;
    done_ = std::move(done);
    phase_ = next_ = active_ = 0;
    transactions_.clear();
    next();
}

/// Begins to read the next keys, when those before are read.
void ShardLoader::next() {
    visit_transactions();
    if (next_ == shards_.size()) {
        next_ = 0;
        if (++phase_ == kOrder.size()) return done_({});
    }
    const Bucket bucket = kOrder.at(phase_);
    for (std::size_t i = 0; i < kShardsAtOnce && next_ < shards_.size(); ++i) {
        const ShardId shard = shards_[next_++];
        const std::string name = prefix_ + letter_of(bucket) + ":" + std::to_string(shard);
        if (bucket != Bucket::transaction) {
            scan({bucket, shard, name}, "0");
            continue;
        }
        // The clock may have gone on since it was read.
        const std::int64_t generation = times_.now / kGeneration;
        for (const std::int64_t offset : {-1, 0, 1}) {
            scan({bucket, shard, name + ":" + std::to_string(generation + offset)}, "0");
        }
    }
}

void ShardLoader::scan(const Keys& keys, const std::string& cursor) {
    if (cursor == "0") ++active_;
    const char* command = keys.bucket == Bucket::unsettled ? "SSCAN" : "HSCAN";
    session_.ask({command, keys.name, cursor, "COUNT", "256"}, [this, keys](RedisReply reply) {
        handle_page(keys, reply);
    });
}

void ShardLoader::handle_page(const Keys& keys, const RedisReply& reply) {
    if (reply.items.size() != 2 || reply.items[1].kind != RedisReply::Kind::list) {
        return done_("cannot read " + keys.name + ": " + reply.text);
    }
    const std::string& cursor = reply.items[0].text;
    const std::size_t step = keys.bucket == Bucket::unsettled ? 1 : 2;
    const std::vector<RedisReply>& items = reply.items[1].items;
    for (std::size_t i = 0; i + step <= items.size(); i += step) {
        take(keys, items[i].text, step == 2 ? items[i + 1].text : std::string());
    }
    if (cursor != "0") return scan(keys, cursor);
    if (--active_ == 0) next();
}

void ShardLoader::take(const Keys& keys, const std::string& key, const std::string& stored) {
    StoredRecord record{.bucket = keys.bucket, .key = key, .value = {}, .shard = keys.shard};
    if (keys.bucket == Bucket::unsettled) return visit(record, times_.stamp());
    if (stored.size() < kStampBytes) {
        ++report_.damaged;
        return report_.note(name_of(keys.bucket), key, "has no stamp");
    }
    const std::int64_t stamp = stamp_in(stored);
    if (keys.bucket != Bucket::transaction) {
        record.value = std::string_view(stored).substr(kStampBytes);
        return visit(record, stamp);
    }
    if (Duration(times_.stamp() - stamp) > times_.transaction_memory) return;
    transactions_.push_back({stamp, keys.shard, key, stored.substr(kStampBytes)});
}

void ShardLoader::visit(StoredRecord record, std::int64_t stamp) {
    Hasher hasher(0, static_cast<std::uint64_t>(record.bucket));
    if (!visited_.insert(hasher.add(record.key).add(record.shard).finish()).second) return;
    record.age = Duration(std::max<std::int64_t>(times_.stamp() - stamp, 0));
    if (!visit_(record)) {
        ++report_.unreadable;
        return report_.note(name_of(record.bucket), record.key, "cannot be decoded");
    }
    if (record.bucket == Bucket::aor) ++report_.aors;
    if (record.bucket == Bucket::dialog) ++report_.dialogs;
    if (record.bucket == Bucket::transaction) ++report_.transactions;
}

void ShardLoader::visit_transactions() {
    std::ranges::sort(transactions_, {}, &Transaction::stamp);
    for (const Transaction& one : transactions_) {
        visit(
            {.bucket = Bucket::transaction, .key = one.key, .value = one.value, .shard = one.shard},
            one.stamp
        );
    }
    transactions_.clear();
}

}  // namespace reginfo

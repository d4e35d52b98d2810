/// @file

#include "tests/storage/redis/cluster_ledger.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <utility>

namespace reginfo::test {
namespace {

std::optional<std::string> find(
    const ClusterLedger::Records& records,
    const std::pair<Bucket, std::string>& key
) {
    const auto found = records.find(key);
    if (found == records.end()) return {};
    return found->second;
}

}  // namespace

CommitId ClusterLedger::add(TimePoint now, const std::string& process, std::vector<Write>& writes) {
    const CommitId id = entries_.size() + 1;
    writes.push_back({Bucket::transaction, "c" + std::to_string(id), "reply"});
    entries_.push_back({.process = process, .writes = writes, .invoked = now, .answered = {}});
    return id;
}

void ClusterLedger::handle_answered(TimePoint now, CommitId id, bool ok) {
    Entry& entry = entries_.at(id - 1);
    entry.answered = now;
    entry.ok = ok;
}

void ClusterLedger::handle_forgotten(const Records& before, const std::string& owner) {
    const Records after = witness_.records();
    for (Entry& entry : entries_) {
        if (entry.answered && !entry.ok) continue;
        const bool is_forgotten = std::ranges::any_of(entry.writes, [&](const Write& write) {
            const Key key{write.bucket, write.key};
            return find(before, key) != find(after, key);
        });
        if (!is_forgotten) continue;
        entry.owed_by = owner;
        if (owner.empty()) entry.is_lost = true;
    }
}

void ClusterLedger::handle_ended(const std::string& process, const Records& memory) {
    const Records stored = witness_.records();
    for (Entry& entry : entries_) {
        if (entry.owed_by != process) continue;
        entry.owed_by.clear();
        const bool is_written = std::ranges::all_of(entry.writes, [&](const Write& write) {
            const Key key{write.bucket, write.key};
            return write.bucket == Bucket::transaction || find(memory, key) == find(stored, key);
        });
        if (!is_written) entry.is_lost = true;
    }
}

void ClusterLedger::check() const {
    std::set<Key> keys;
    for (const Entry& entry : entries_) {
        for (const Write& write : entry.writes) {
            if (write.bucket != Bucket::transaction) keys.emplace(write.bucket, write.key);
        }
    }
    const Records stored = witness_.records();
    for (const Key& key : keys) {
        const auto value = find(stored, key);
        bool is_explained = !value && !is_overtaken(key, TimePoint::min());
        for (const Entry& entry : entries_) {
            const Write* write = write_of(entry, key);
            if (write == nullptr || write->value != value) continue;
            is_explained = is_explained || !is_overtaken(key, end_of(entry));
        }
        if (!is_explained) {
            throw std::runtime_error(
                "I3/I7: an acknowledged commit is missing: " + key.second + " is " +
                value.value_or("absent")
            );
        }
    }
}

const Write* ClusterLedger::write_of(const Entry& entry, const Key& key) {
    const auto found = std::ranges::find_if(entry.writes, [&](const Write& write) {
        return Key{write.bucket, write.key} == key;
    });
    return found == entry.writes.end() ? nullptr : &*found;
}

TimePoint ClusterLedger::end_of(const Entry& entry) const {
    if (entry.answered) return *entry.answered;
    return witness_.replaced(entry.process).value_or(TimePoint::max());
}

bool ClusterLedger::is_overtaken(const Key& key, TimePoint end) const {
    return std::ranges::any_of(entries_, [&](const Entry& entry) {
        return entry.ok && !entry.is_lost && entry.invoked > end && write_of(entry, key) != nullptr;
    });
}

}  // namespace reginfo::test

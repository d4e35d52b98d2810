/// @file
/// What nodes of a simulated cluster have committed, and what must be in Redis in the end.
#pragma once

#include "core/base/time.hpp"
#include "core/outbox.hpp"
#include "tests/storage/redis/cluster_witness.hpp"

#include <optional>
#include <string>
#include <vector>

namespace reginfo::test {

/// The last value of a key must come from a commit after which no acknowledged one began (I3, I7).
/// What another Redis has forgotten is owed by the process that has it in memory, as long as that
/// lives.
class ClusterLedger {
public:
    using Records = ClusterWitness::Records;

    /// @param witness  must outlive this
    explicit ClusterLedger(const ClusterWitness& witness) : witness_(witness) {}

    /// @param process  its incarnation
    /// @return the id of the commit. A write of a transaction is added, which tells it from others.
    CommitId add(TimePoint now, const std::string& process, std::vector<Write>& writes);
    void handle_answered(TimePoint now, CommitId id, bool ok);
    bool is_acknowledged(CommitId id) const { return entries_.at(id - 1).ok; }

    /// Another Redis has these records in place of those before. @param owner  has all in memory;
    /// empty if nobody has
    void handle_forgotten(const Records& before, const std::string& owner);
    /// The process has ended, with this memory.
    void handle_ended(const std::string& process, const Records& memory);

    /// @throw std::runtime_error  something acknowledged is missing
    void check() const;

private:
    struct Entry {
        std::string process;
        std::vector<Write> writes;
        TimePoint invoked;
        std::optional<TimePoint> answered;
        bool ok = false;
        std::string owed_by = {};  ///< a process that has to write it again; empty if none has
        bool is_lost = false;      ///< nobody owes it any more
    };
    using Key = std::pair<Bucket, std::string>;

    static const Write* write_of(const Entry& entry, const Key& key);
    /// When it can take effect no more.
    TimePoint end_of(const Entry& entry) const;
    /// Whether an acknowledged commit of this key began after that.
    bool is_overtaken(const Key& key, TimePoint end) const;

    const ClusterWitness& witness_;
    std::vector<Entry> entries_;
};

}  // namespace reginfo::test

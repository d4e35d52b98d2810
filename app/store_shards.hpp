/// @file
/// Under which shard a cluster keeps a record.
#pragma once

#include "core/base/shard.hpp"
#include "core/outbox.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

class StoreShards {
public:
    /// @param seed  of the hashes in the records
    explicit StoreShards(std::uint64_t seed) : seed_(seed) {}

    Shard of_aor(std::string_view aor) const;

    /// The one in its local tag (in_shard).
    static Shard of_dialog(std::string_view key);

    /// That of the dialog that it made. Nothing tells whose others are: they are in the first,
    /// where a node that has that one finds them for the 32 s that they live.
    static Shard of_transaction(std::string_view value);

    /// An entry of the unsettled.
    struct Entry {
        std::string key;
        Shard shard = 0;
    };
    /// Those that can be there because of this record: of an AOR, its own; of a dialog, its own and
    /// those of its AORs, which need not have a record.
    std::vector<Entry> unsettled_by(const StoredRecord& record) const;

private:
    std::uint64_t seed_;
};

}  // namespace reginfo

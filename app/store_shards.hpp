/// @file
/// Under which shard a cluster keeps a record.
#pragma once

#include "core/base/shard.hpp"
#include "core/outbox.hpp"
#include "core/storage/redis/commit_group.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

class StoreShards {
public:
    /// @param seed      of the hashes in the records
    /// @param are_used  or all is in one
    explicit StoreShards(std::uint64_t seed, bool are_used = kStoresByShard)
        : seed_(seed), are_used_(are_used) {}

    Shard of_aor(std::string_view aor) const;

    /// That of the identity that the dialog is to: the AOR, or one that is registered in the set of
    /// another AOR. One whose record cannot be decoded is where its local tag says.
    Shard of_dialog(std::string_view key, std::string_view value) const;

    /// That of the dialog that it made. Nothing tells whose others are: they are in the first,
    /// where a node that has that one finds them for the 32 s that they live.
    Shard of_transaction(std::string_view value) const;

    /// A local tag that names another shard than the one of its dialog; nothing if it does not.
    struct Tagged {
        std::string local_tag;
        Shard shard = 0;
    };
    std::optional<Tagged> elsewhere(std::string_view dialog_key, Shard shard) const;

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
    bool are_used_;
};

}  // namespace reginfo

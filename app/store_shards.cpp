#include "app/store_shards.hpp"

#include "core/base/byte_reader.hpp"
#include "core/base/local_tag.hpp"
#include "core/event/persistence/dialog_record.hpp"
#include "core/event/persistence/unsettled_key.hpp"
#include "core/transaction/transaction_record.hpp"

namespace reginfo {
namespace {

constexpr Shard shard_in(std::uint64_t tag) { return static_cast<Shard>(tag >> 56U); }

/// The local tag in the key of a dialog.
std::string_view local_tag_in(std::string_view dialog_key) {
    ByteReader in(dialog_key);
    in.text();  // Call-ID
    return in.text();
}

}  // namespace

Shard StoreShards::of_aor(std::string_view aor) const { return shard_of(seed_, aor); }

Shard StoreShards::of_dialog(std::string_view key) {
    return shard_in(local_tag_in(key)).value_or(0);
}

Shard StoreShards::of_transaction(std::string_view value) {
    const auto transaction = decode_transaction(value);
    const bool is_known = transaction && transaction->reply.makes_dialog;
    return is_known ? shard_in(transaction->to_tag) : Shard{0};
}

std::vector<StoreShards::Entry> StoreShards::unsettled_by(const StoredRecord& record) const {
    const auto aor_entry = [&](std::string_view aor) {
        return Entry{unsettled_key(seed_, UnsettledKind::aor, aor), of_aor(aor)};
    };
    if (record.bucket == Bucket::aor) return {aor_entry(record.key)};
    if (record.bucket != Bucket::dialog) return {};
    std::vector<Entry> entries{
        {unsettled_key(seed_, UnsettledKind::dialog, record.key), of_dialog(record.key)}
    };
    const auto dialog = decode_dialog(record.value, {});
    if (!dialog) return entries;
    for (const SubscriptionRecord& subscription : dialog->subscriptions) {
        entries.push_back(aor_entry(subscription.aor));
    }
    return entries;
}

}  // namespace reginfo

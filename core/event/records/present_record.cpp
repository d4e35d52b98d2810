#include "core/event/records/present_record.hpp"

#include "core/base/byte_reader.hpp"
#include "core/event/persistence/aor_record.hpp"
#include "core/event/persistence/dialog_record.hpp"
#include "core/event/records/dialog_storage.hpp"

namespace reginfo {
namespace {

std::optional<std::string> aor_record(AorTable& aors, TimePoint now, std::string_view key) {
    const Aor* const aor = aors.find(key);
    if (!aor || !aor->is_stored) return {};
    return encode(aor->name, *aor->state(), now);
}

/// @param key  of dialog_key()
std::optional<std::string> dialog_record(
    SubscriptionStore& subscriptions,
    TimePoint now,
    std::string_view key
) {
    ByteReader reader(key);
    const std::string_view call_id = reader.text();
    const std::string_view local_tag = reader.text();
    const std::string_view remote_tag = reader.text();
    if (!reader.ok()) return {};
    const Dialog* const dialog = subscriptions.find({call_id, local_tag, remote_tag});
    if (!dialog || !dialog->is_stored) return {};
    return encode(record_of(*dialog), now);
}

}  // namespace

std::optional<std::string> present_record(
    AorTable& aors,
    SubscriptionStore& subscriptions,
    TimePoint now,
    Bucket bucket,
    std::string_view key
) {
    switch (bucket) {
        case Bucket::aor:
            return aor_record(aors, now, key);
        case Bucket::dialog:
            return dialog_record(subscriptions, now, key);
        case Bucket::unsettled:
            return std::string();
        case Bucket::transaction:
            break;
    }
    return {};
}

}  // namespace reginfo

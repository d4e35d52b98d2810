/// @file
/// Records as a server has them, for tests of "reginfod state".
#pragma once

#include "core/event/persistence/aor_record.hpp"
#include "core/event/persistence/dialog_record.hpp"
#include "core/event/persistence/unsettled_key.hpp"
#include "core/event/records/dialog_storage.hpp"
#include "core/transaction/transaction_record.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace reginfo::test {

inline Write aor_write(const std::string& aor) {
    return {Bucket::aor, aor, encode(aor, AorState{}, TimePoint{})};
}

/// Of a watcher of the AOR.
/// @param local_tag  sixteen hexadecimal digits as a server makes them
/// @param identity   how the watcher wrote what it watches, if it is in the set of that AOR
inline Write dialog_write(
    const std::string& aor,
    const std::string& local_tag,
    const std::string& identity = {}
) {
    DialogRecord record;
    record.state = DialogState(DialogTexts{
        .call_id = "call-" + local_tag,
        .local_tag = local_tag,
        .local_party = "<" + aor + ">",
        .remote_party = "<sip:watcher@w.example>;tag=r",
        .remote_target = "sip:watcher@192.0.2.1",
        .route_set = {},
    });
    SubscriptionRecord& subscription = record.subscriptions.emplace_back();
    subscription.aor = aor;
    subscription.aor_text = identity.empty() ? aor : identity;
    subscription.deadline = TimePoint{std::chrono::hours{1}};
    return {Bucket::dialog, dialog_key(record.state), encode(record, TimePoint{})};
}

inline Write unsettled_write(std::uint64_t seed, const Write& of) {
    const auto kind = of.bucket == Bucket::aor ? UnsettledKind::aor : UnsettledKind::dialog;
    return {Bucket::unsettled, unsettled_key(seed, kind, of.key), std::string()};
}

/// That of a SUBSCRIBE whose answer has this To tag, or of a PUBLISH.
inline Write transaction_write(std::uint64_t to_tag, bool makes_dialog) {
    TransactionRecord record;
    record.identity = to_tag + 1;
    record.to_tag = to_tag;
    record.reply.status = 200;
    record.reply.makes_dialog = makes_dialog;
    return {Bucket::transaction, transaction_key({1, to_tag}), encode(record)};
}

}  // namespace reginfo::test

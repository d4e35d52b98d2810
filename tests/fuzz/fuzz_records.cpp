/// @file
/// Records as a damaged store may have them: a decoded record can be encoded and decoded again, and
/// an engine that restores it comes to rest. Input: byte 0 chooses the bucket and the age; the rest
/// is the value.

#include "core/engine.hpp"
#include "core/event/persistence/aor_record.hpp"
#include "core/event/persistence/dialog_record.hpp"
#include "core/event/records/dialog_storage.hpp"
#include "core/transaction/transaction_record.hpp"
#include "tests/fuzz/support/require.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace reginfo;
using reginfo::fuzz::require;

namespace {

constexpr TimePoint kNow{std::chrono::hours{1}};
constexpr const char* kAor = "sip:alice@example.org";

/// The key under which it would be stored; empty if it cannot be read.
std::string key_of(Bucket bucket, std::string_view value, const RecordTime& time) {
    switch (bucket) {
        case Bucket::aor: {
            const auto state = decode_aor(kAor, value, time);
            if (!state) return "";
            const std::string written = encode(kAor, *state, kNow);
            const auto again = decode_aor(kAor, written, {kNow, {}});
            require(again && encode(kAor, *again, kNow) == written, "read again");
            return kAor;
        }
        case Bucket::dialog: {
            const auto dialog = decode_dialog(value, time);
            if (!dialog) return "";
            require(decode_dialog(encode(*dialog, kNow), {kNow, {}}).has_value(), "read again");
            return dialog->subscriptions.empty() ? "" : dialog_key(dialog->state);
        }
        case Bucket::transaction: {
            const auto transaction = decode_transaction(value);
            if (!transaction) return "";
            require(decode_transaction(encode(*transaction)).has_value(), "read again");
            return transaction_key({});
        }
        case Bucket::unsettled:
            return "";  // has no value
    }
    return "";
}

Settings settings_of_target() {
    Settings settings;
    const Endpoint bound{IpAddress::v4(0xc0000201U), 5060};
    settings.listeners = {
        {Transport::udp, bound, "192.0.2.1", 5060}, {Transport::tcp, bound, "192.0.2.1", 5060}
    };
    settings.durable = true;
    settings.hash_seed = 7;
    return settings;
}

/// Answers nothing but commits, for two hours at most.
void run(Engine& engine, Outbox& outbox) {
    TimePoint now = kNow;
    for (int calls = 0; calls < 1'000; ++calls) {
        engine.end_turn(now, outbox);
        Outbox effects;
        effects.swap(outbox);
        for (Effect& effect : effects.effects()) {
            if (const auto* commit = std::get_if<Commit>(&effect)) {
                engine.handle_committed(now, commit->id, true, outbox);
            }
        }
        if (!outbox.empty()) continue;
        const auto deadline = engine.next_deadline();
        if (!deadline || *deadline > kNow + std::chrono::hours{2}) return;
        now = std::max(now, *deadline);
        engine.handle_timeout(now, outbox);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto bucket = static_cast<Bucket>(data[0] % 3U);
    const Duration age = std::chrono::seconds{data[0] / 3U};
    const std::string_view value(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string key = key_of(bucket, value, {kNow, age});
    if (key.empty()) return 0;

    Engine engine(settings_of_target(), 1);
    Outbox outbox;
    require(engine.restore(kNow, {bucket, key, value, age}), "what can be read is taken");
    engine.handle_restored(kNow, outbox);
    run(engine, outbox);
    return 0;
}

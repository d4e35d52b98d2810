#include "core/event/records/unsettled.hpp"

#include "core/event/records/dialog_storage.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace reginfo {
namespace {

/// How long what has settled is gathered. Until then it may change again, which costs no write.
constexpr Duration kGathering = std::chrono::seconds{1};

/// Entries in one write.
constexpr std::size_t kTogether = 512;

bool is_any_owed(const Dialog& dialog) {
    return std::ranges::any_of(dialog.subscriptions, [](const auto& subscription) {
        return is_owed(*subscription);
    });
}

}  // namespace

Write Unsettled::write_of(UnsettledKind kind, std::string_view name, bool is_there) const {
    Write write{Bucket::unsettled, key_of(kind, name), std::nullopt};
    if (is_there) write.value.emplace();
    return write;
}

Write Unsettled::entry_of(const DialogState& dialog) const {
    return write_of(UnsettledKind::dialog, dialog_key(dialog), true);
}

Write Unsettled::removal_of(const DialogState& dialog) const {
    return write_of(UnsettledKind::dialog, dialog_key(dialog), false);
}

void Unsettled::told(TimePoint now, Aor& aor) {
    if (!aor.is_unsettled || std::exchange(aor.is_settling, true)) return;
    settling_.push_back({now + kGathering, UnsettledKind::aor, aor.slot});
}

void Unsettled::told(TimePoint now, Dialog& dialog) {
    if (!dialog.is_unsettled || std::exchange(dialog.is_settling, true)) return;
    settling_.push_back(
        {now + kGathering, UnsettledKind::dialog, dialog.subscriptions.front()->slot}
    );
}

void Unsettled::Gathered::add(Shard shard, Write write) {
    const Shard place = owner_.place_of(shard);
    std::vector<Write>& writes = writes_[place];
    writes.push_back(std::move(write));
    if (writes.size() == kTogether) {
        owner_.changes_.write(place, std::exchange(writes, {}), outbox_);
    }
}

void Unsettled::Gathered::flush() {
    for (auto& [shard, writes] : std::exchange(writes_, {})) {
        if (!writes.empty()) owner_.changes_.write(shard, std::move(writes), outbox_);
    }
}

void Unsettled::run(TimePoint now, std::size_t count, Outbox& outbox) {
    Gathered writes(*this, outbox);
    for (; count > 0 && !settling_.empty() && settling_.front().due <= now; --count) {
        const Settling one = settling_.front();
        settling_.pop_front();
        settle(one, now, writes);
    }
    writes.flush();
}

void Unsettled::drop(Shard shard) {
    restored_.erase(shard);
    std::erase_if(settling_, [&](const Settling& one) {
        if (one.kind == UnsettledKind::aor) {
            const Aor* const aor = aors_.slots().at(one.slot);
            return !aor || !aor->is_settling;
        }
        const Subscription* const first = subscriptions_.slots().at(one.slot);
        return !first || !first->dialog.is_settling;
    });
}

void Unsettled::run_all(Outbox& outbox) {
    for (Settling& one : settling_) one.due = TimePoint::min();
    run(TimePoint::min(), settling_.size(), outbox);
}

std::optional<TimePoint> Unsettled::next_deadline() const {
    if (settling_.empty()) return std::nullopt;
    return settling_.front().due;
}

void Unsettled::settle(const Settling& one, TimePoint now, Gathered& writes) {
    if (one.kind == UnsettledKind::aor) {
        Aor* const aor = aors_.slots().at(one.slot);
        if (aor && aor->is_settling) settle_aor(*aor, now, writes);
    } else {
        Subscription* const first = subscriptions_.slots().at(one.slot);
        if (first && first->dialog.is_settling) settle_dialog(first->dialog, now, writes);
    }
}

/// A change that is being stored, and one who begins to watch, count on the entry.
void Unsettled::settle_aor(Aor& aor, TimePoint now, Gathered& writes) {
    aor.is_settling = false;
    if (!shards_.has(aor.shard)) return;
    if (aor.lagging() > 0) return;  // it is told again
    if (aor.requests.is_locked || aor.arriving > 0) return told(now, aor);
    aor.is_unsettled = false;
    writes.add(aor.shard, removal_of(aor));
}

void Unsettled::settle_dialog(Dialog& dialog, TimePoint now, Gathered& writes) {
    dialog.is_settling = false;
    if (!shards_.has(dialog.shard)) return;
    if (is_any_owed(dialog)) return;
    if (dialog.requests.is_locked) return told(now, dialog);
    dialog.is_unsettled = false;
    writes.add(dialog.shard, removal_of(dialog.state));
}

bool Unsettled::restore(Shard shard, std::string_view key) {
    if (!is_unsettled_key(key)) return false;
    Restored& restored = restored_[place_of(shard)];
    if (key == kAllUnsettled) {
        restored.are_all = true;
    } else {
        restored.keys.emplace(key);
    }
    return true;
}

bool Unsettled::was_unsettled(Shard shard, const std::string& key) {
    const auto at = restored_.find(place_of(shard));
    if (at == restored_.end()) return false;
    return at->second.are_all || at->second.keys.erase(key) > 0;
}

bool Unsettled::was_unsettled(const Aor& aor) {
    return was_unsettled(aor.shard, key_of(UnsettledKind::aor, aor.name));
}

bool Unsettled::was_unsettled(const Dialog& dialog) {
    return was_unsettled(dialog.shard, key_of(UnsettledKind::dialog, dialog_key(dialog.state)));
}

/// Where there was the entry for all, it becomes one for each who is behind. Its removal is the
/// last write: a crash before that leaves all unsettled.
template <class EachAor, class EachDialog>
void Unsettled::restored(
    TimePoint now,
    Shard shard,
    const EachAor& each_aor,
    const EachDialog& each_dialog,
    Outbox& outbox
) {
    const auto at = restored_.find(place_of(shard));
    Restored left;
    if (at != restored_.end()) {
        left = std::move(at->second);
        restored_.erase(at);
    }
    Gathered writes(*this, outbox);
    if (left.are_all) {
        const auto keep = [&](bool& is_unsettled, bool is_behind, Write entry) {
            is_unsettled = is_behind;
            if (!is_behind) return;
            left.keys.erase(entry.key);
            writes.add(shard, std::move(entry));
        };
        each_aor([&](Aor& aor) { keep(aor.is_unsettled, aor.lagging() > 0, entry_of(aor)); });
        each_dialog([&](Dialog& dialog) {
            keep(dialog.is_unsettled, is_any_owed(dialog), entry_of(dialog.state));
        });
    } else {
        each_aor([&](Aor& aor) {
            if (aor.lagging() == 0) told(now, aor);
        });
        each_dialog([&](Dialog& dialog) {
            if (!is_any_owed(dialog)) told(now, dialog);
        });
    }
    for (const std::string& key : left.keys) {
        writes.add(shard, {Bucket::unsettled, key, std::nullopt});
    }
    if (left.are_all) {
        writes.add(shard, {Bucket::unsettled, std::string(kAllUnsettled), std::nullopt});
    }
    writes.flush();
}

void Unsettled::restored(TimePoint now, Outbox& outbox) {
    const auto each_aor = [&](const auto& visit) { aors_.for_each(visit); };
    const auto each_dialog = [&](const auto& visit) { subscriptions_.for_each_dialog(visit); };
    restored(now, Shard{0}, each_aor, each_dialog, outbox);
}

void Unsettled::restored(TimePoint now, Shard shard, Outbox& outbox) {
    const auto each_aor = [&](const auto& visit) { aors_.for_each_in(shard, visit); };
    const auto each_dialog = [&](const auto& visit) {
        subscriptions_.for_each_dialog_in(shard, visit);
    };
    restored(now, shard, each_aor, each_dialog, outbox);
}

}  // namespace reginfo

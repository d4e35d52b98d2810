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

void Unsettled::run(TimePoint now, std::size_t count, Outbox& outbox) {
    std::vector<Write> writes;
    for (; count > 0 && !settling_.empty() && settling_.front().due <= now; --count) {
        const Settling one = settling_.front();
        settling_.pop_front();
        settle(one, now, writes);
        if (writes.size() == kTogether) changes_.write(std::exchange(writes, {}), outbox);
    }
    if (!writes.empty()) changes_.write(std::move(writes), outbox);
}

void Unsettled::run_all(Outbox& outbox) {
    for (Settling& one : settling_) one.due = TimePoint::min();
    run(TimePoint::min(), settling_.size(), outbox);
}

std::optional<TimePoint> Unsettled::next_deadline() const {
    if (settling_.empty()) return std::nullopt;
    return settling_.front().due;
}

void Unsettled::settle(const Settling& one, TimePoint now, std::vector<Write>& writes) {
    if (one.kind == UnsettledKind::aor) {
        Aor* const aor = aors_.slots().at(one.slot);
        if (aor && aor->is_settling) settle_aor(*aor, now, writes);
    } else {
        Subscription* const first = subscriptions_.slots().at(one.slot);
        if (first && first->dialog.is_settling) settle_dialog(*first, now, writes);
    }
}

/// A change that is being stored, and one who begins to watch, count on the entry.
void Unsettled::settle_aor(Aor& aor, TimePoint now, std::vector<Write>& writes) {
    aor.is_settling = false;
    if (aor.lagging() > 0) return;  // it is told again
    if (aor.requests.is_locked || aor.arriving > 0) return told(now, aor);
    aor.is_unsettled = false;
    writes.push_back(removal_of(aor));
}

void Unsettled::settle_dialog(Subscription& first, TimePoint now, std::vector<Write>& writes) {
    Dialog& dialog = first.dialog;
    dialog.is_settling = false;
    if (is_any_owed(dialog)) return;
    if (dialog.requests.is_locked) return told(now, dialog);
    dialog.is_unsettled = false;
    writes.push_back(removal_of(dialog.state));
}

bool Unsettled::restore(std::string_view key) {
    if (key == kAllUnsettled) {
        are_all_unsettled_ = true;
        return true;
    }
    if (!is_unsettled_key(key)) return false;
    restored_.emplace(key);
    return true;
}

bool Unsettled::was_unsettled(const std::string& key) {
    return are_all_unsettled_ || restored_.erase(key) > 0;
}

bool Unsettled::was_unsettled(const Aor& aor) {
    return was_unsettled(key_of(UnsettledKind::aor, aor.name));
}

bool Unsettled::was_unsettled(const DialogState& dialog) {
    return was_unsettled(key_of(UnsettledKind::dialog, dialog_key(dialog)));
}

void Unsettled::restored(TimePoint now, Outbox& outbox) {
    const bool were_all_unsettled = std::exchange(are_all_unsettled_, false);
    if (were_all_unsettled) replace_all(outbox);
    std::vector<Write> writes;
    for (const std::string& key : restored_) {
        writes.push_back({Bucket::unsettled, key, std::nullopt});
        if (writes.size() == kTogether) changes_.write(std::exchange(writes, {}), outbox);
    }
    if (!writes.empty()) changes_.write(std::move(writes), outbox);
    restored_ = {};
    if (were_all_unsettled) return;
    aors_.for_each([&](Aor& aor) {
        if (aor.lagging() == 0) told(now, aor);
    });
    subscriptions_.for_each_dialog([&](Dialog& dialog) {
        if (!is_any_owed(dialog)) told(now, dialog);
    });
}

/// The entry for all becomes one for each. Its removal is the last write: a crash before that
/// leaves all unsettled.
void Unsettled::replace_all(Outbox& outbox) {
    std::vector<Write> writes;
    const auto keep = [&](bool& is_unsettled, bool is_behind, Write entry) {
        is_unsettled = is_behind;
        if (!is_behind) return;
        restored_.erase(entry.key);
        writes.push_back(std::move(entry));
        if (writes.size() == kTogether) changes_.write(std::exchange(writes, {}), outbox);
    };
    aors_.for_each([&](Aor& aor) { keep(aor.is_unsettled, aor.lagging() > 0, entry_of(aor)); });
    subscriptions_.for_each_dialog([&](Dialog& dialog) {
        keep(dialog.is_unsettled, is_any_owed(dialog), entry_of(dialog.state));
    });
    writes.push_back({Bucket::unsettled, std::string(kAllUnsettled), std::nullopt});
    changes_.write(std::move(writes), outbox);
}

}  // namespace reginfo

#include "core/event/records/aor_table.hpp"

#include "core/base/heap_bytes.hpp"
#include "core/event/records/dialog.hpp"

#include <cassert>
#include <memory>

namespace reginfo {
namespace {

std::size_t own_bytes(const Aor& aor) {
    return heap_bytes(sizeof(Aor)) + heap_bytes(aor.name.size());
}

}  // namespace

AorTable::~AorTable() {
    for_each([](Aor& aor) { delete &aor; });
}

Aor* AorTable::find(std::string_view name) {
    const auto* const at = aors_.find(name);
    return at ? *at : nullptr;
}

Aor& AorTable::find_or_create(std::string_view name) {
    if (Aor* aor = find(name)) return *aor;
    auto aor = std::make_unique<Aor>(name, ++last_serial_, states_);
    Aor& created = *aor;
    created.shard = shard_of(shard_seed_, name);
    created.slot = slots_.add(created, created.shard);
    aors_.emplace(aor.get());
    static_cast<void>(aor.release());
    bytes_ += own_bytes(created);
    stats_.aors = aors_.size();
    return created;
}

void AorTable::erase(Aor& aor) {
    assert(aor.summary().publications == 0);
    uncount(aor);
    remove(aor);
}

void AorTable::forget(Aor& aor) {
    stats_.publications -= aor.summary().publications;
    uncount(aor);
    const bool is_needed = aor.watcher_count > 0 || aor.arriving > 0;
    if (!is_needed) return remove(aor);
    for (Subscription& watcher : aor.watchers) {
        const auto& in_flight = watcher.dialog.in_flight;
        if (in_flight && in_flight->subscription == &watcher) in_flight->carried = 0;
    }
    aor.forget();
}

/// What it counts for in gauges and tables, but for publications.
void AorTable::uncount(Aor& aor) {
    if (aor.summary().has_members) identities.forget(aor.slot);
    stats_.contacts_active -= aor.summary().contacts_active;
    stats_.contacts_ended -= aor.summary().contacts_ended;
}

void AorTable::remove(Aor& aor) {
    assert(find(aor.name) == &aor);
    slots_.remove(aor.slot);
    bytes_ -= own_bytes(aor);
    states_.forget(aor.resting_state());
    aors_.erase(&aor);
    delete &aor;
    stats_.aors = aors_.size();
}

}  // namespace reginfo

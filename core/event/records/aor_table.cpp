#include "core/event/records/aor_table.hpp"

#include "core/base/heap_bytes.hpp"

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
    return created;
}

void AorTable::erase(Aor& aor) {
    assert(find(aor.name) == &aor);
    slots_.remove(aor.slot);
    bytes_ -= own_bytes(aor);
    states_.forget(aor.resting_state());
    aors_.erase(&aor);
    delete &aor;
}

}  // namespace reginfo

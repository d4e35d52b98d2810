#include "app/clean_stop.hpp"

#include <chrono>

namespace reginfo {
namespace {

using Severity = Note::Severity;

constexpr std::chrono::seconds kStorePatience{10};

/// Gives the engine the answers that the store owes it, so that requests are answered. Returns
/// whether it got all of them.
bool wait_for_answers(Store& store, Driver& driver, Log& log) {
    const bool is_done = store.drain(kStorePatience);
    if (!is_done) {
        log.write(Severity::error, "requests left unanswered", {{"why", store.trouble()}});
    }
    store.deliver();
    driver.run_turn([](TimePoint, Outbox&) {});
    return is_done;
}

/// CSeqs and versions, a step at a time, so that what is on its way to the store stays small. A
/// store that cannot be written is not waited for: it has reserved what may have been used.
bool store_exactly(Store& store, Engine& engine, Driver& driver, Log& log) {
    bool goes_on = true;
    while (goes_on) {
        if (store.healthy()) {
            driver.run_turn([&](TimePoint now, Outbox& outbox) {
                goes_on = engine.handle_stop(now, outbox);
            });
            if (store.drain(kStorePatience)) continue;
        }
        log.write(Severity::error, "state not stored", {{"why", store.trouble()}});
        return false;
    }
    return true;
}

}  // namespace

bool store_all(Store& store, Engine& engine, Driver& driver, Log& log) {
    driver.listen(false);
    return wait_for_answers(store, driver, log) && store_exactly(store, engine, driver, log);
}

}  // namespace reginfo

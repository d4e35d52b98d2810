/// @file
/// The store as the service starts, asks and stops it.
#pragma once

#include "core/outbox.hpp"
#include "core/storage/store.hpp"
#include "transport/driver.hpp"

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// What a store moves the service to do. Called on the reactor's thread; outside of turns but for
/// `present`.
struct StorageAccess {
    std::function<Driver&()> driver;  ///< @pre the service has started
    /// Somebody else serves, or nobody can: requests are to be refused, or relayed.
    std::function<void()> refuse;
    /// The state is ours; its records come next. Requests are to wait in the sockets.
    std::function<void(std::uint64_t hash_seed)> take_over;
    std::function<bool(const StoredRecord&)> restore;  ///< whether it could be decoded
    std::function<void()> serve;                       ///< all of them have come
    /// The record of an AOR or a dialog as memory has it (RedisStoreOwner::present).
    std::function<std::optional<std::string>(Bucket, std::string_view)> present;
    /// A turn: what was answered takes effect, and a lease that runs out or counts again is seen.
    std::function<void()> run_turn;
    std::function<void()> give_way;               ///< others serve: forgets all records
    std::function<void(std::exception_ptr)> end;  ///< the process cannot go on
};

class ServiceStorage {
public:
    virtual ~ServiceStorage() = default;

    virtual Store& store() = 0;

    /// Restores what can be had at once, before anything else happens. @throw StoreError
    virtual void restore() = 0;
    /// Moves the service to serve: now, or when the state is ours.
    virtual void start() = 0;
    /// It is the end: who waits for the state may have it. @pre every commit was answered
    virtual void leave() = 0;
    /// It is the end, whatever is under way.
    virtual void stop() = 0;

    /// Whether the state is here, to be stored at the end.
    virtual bool has_state() const = 0;
    /// Whether what depends on state may leave now.
    virtual bool may_speak() const = 0;
    /// Why no SIP should be sent here; empty if it may. In whole sentences.
    virtual std::string unready_because() const = 0;
};

}  // namespace reginfo

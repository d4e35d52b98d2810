/// @file
/// The end of a process that keeps its state.
#pragma once

#include "app/log.hpp"
#include "core/engine.hpp"
#include "core/storage/store.hpp"
#include "transport/driver.hpp"

namespace reginfo {

/// Answers the requests that wait for the store, and stores CSeqs and versions exactly. Blocks
/// while the store works, until it has got nowhere for ten seconds. The log has what was left.
/// Returns whether nothing was. The driver listens to nobody then.
bool store_all(Store& store, Engine& engine, Driver& driver, Log& log);

}  // namespace reginfo

/// @file
/// A walk through a table, a step at a time.
#pragma once

#include "metrics/core_access.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace reginfo::metrics {

/// Of entries without contacts. What a step of Inspection::list may weigh bounds it as well: some
/// 20 kB and a few hundred microseconds.
inline constexpr std::size_t kEntriesPerStep = 32;

/// One step through a table: appends entries as JSON text.
/// @param most  entries
/// @return the next cursor; nothing at the end
using ListStep = std::function<std::optional<
    std::size_t>(std::size_t cursor, std::size_t most, std::vector<std::string>& out)>;

/// Through all that Inspection lists as View and that passes the filter.
/// @param write  an entry as JSON
/// @param keep   what else is asked of an entry; empty: nothing
template <class View>
ListStep steps_through(
    const CoreAccess& core,
    const RegistrationFilter& filter,
    std::string (*write)(const View&),
    std::function<bool(const View&)> keep = {}
) {
    return [=](std::size_t from, std::size_t most, std::vector<std::string>& out) {
        Inspection::Step step;
        step.results = most;
        std::vector<View> views;
        const auto next = core.inspection().list(core.now(), from, step, filter, views);
        for (const View& view : views) {
            if (!keep || keep(view)) out.push_back(write(view));
        }
        return next;
    };
}

}  // namespace reginfo::metrics

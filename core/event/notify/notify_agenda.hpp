/// @file
/// What the scheduler of NOTIFYs looks at next.
#pragma once

#include "core/event/notify/send_window.hpp"
#include "core/event/records/dialog.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace reginfo {

/// Dialogs that may have something to send, and windows that may have room for who waits. A look at
/// one may put others here.
class NotifyAgenda {
public:
    void add(Dialog& dialog) {
        if (std::ranges::find(dialogs_, &dialog) == dialogs_.end()) dialogs_.push_back(&dialog);
    }
    void add(SendWindow& window) {
        if (std::ranges::find(windows_, &window) == windows_.end()) windows_.push_back(&window);
    }
    void forget(Dialog& dialog) { std::erase(dialogs_, &dialog); }

    bool is_empty() const { return dialogs_.empty() && windows_.empty(); }

    /// Whether nobody is at work: then the caller is, until end().
    bool begin() { return !std::exchange(is_working_, true); }
    void end() { is_working_ = false; }

    /// Works it off, unless somebody is at work. Dialogs come before windows: what a window lets go
    /// takes its place before the next is let go.
    /// @param of_dialog  looks at one
    /// @param of_window  returns whether there may be more in that one
    template <class OfDialog, class OfWindow>
    void work_off(const OfDialog& of_dialog, const OfWindow& of_window) {
        if (!begin()) return;
        while (!is_empty()) {
            if (!dialogs_.empty()) {
                Dialog& dialog = *dialogs_.back();
                dialogs_.pop_back();
                of_dialog(dialog);
            } else if (SendWindow& window = *windows_.back(); !of_window(window)) {
                std::erase(windows_, &window);
            }
        }
        end();
    }

private:
    std::vector<Dialog*> dialogs_;      ///< the last one first
    std::vector<SendWindow*> windows_;  ///< likewise
    bool is_working_ = false;
};

}  // namespace reginfo

/// @file
/// Things that arrive while others of their kind are being handled.
#pragma once

#include <span>
#include <utility>
#include <vector>

namespace reginfo {

/// Two vectors that change places, so that neither is allocated anew.
template <class T>
class Inbox {
public:
    bool empty() const { return arrived_.empty(); }
    void push(T item) { arrived_.push_back(std::move(item)); }

    /// What has arrived since the last call. Valid until the next one; push() may be called
    /// meanwhile.
    std::span<const T> take() {
        taken_.clear();
        taken_.swap(arrived_);
        return taken_;
    }

private:
    std::vector<T> arrived_;
    std::vector<T> taken_;
};

}  // namespace reginfo

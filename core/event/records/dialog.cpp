#include "core/event/records/dialog.hpp"

#include "core/base/heap_bytes.hpp"

namespace reginfo {

std::size_t Dialog::bytes() const {
    std::size_t bytes = heap_bytes(sizeof(Dialog)) + heap_bytes(state.texts.block_bytes());
    for (const auto& subscription : subscriptions) bytes += subscription->bytes();
    if (subscriptions.size() > 1) {
        bytes += heap_bytes(subscriptions.capacity() * sizeof(subscriptions[0]));
    }
    return bytes + route_bytes();
}

}  // namespace reginfo

#include "core/dialog/routed_dialog.hpp"

#include "core/base/heap_bytes.hpp"

namespace reginfo {

Route& RoutedDialog::set_route() {
    if (!route) route = std::make_unique<Route>();
    return *route;
}

const Flow* RoutedDialog::address() const {
    if (is_direct) return &state.flow;
    return route && route->address ? &*route->address : nullptr;
}

void RoutedDialog::set_address(const Flow& flow) {
    is_direct = flow == state.flow;
    if (!is_direct) set_route().address = flow;
}

void RoutedDialog::forget_route() {
    route.reset();
    request_form.reset();
    silent_since.reset();
    reconnected = false;
    is_direct = false;
}

std::size_t RoutedDialog::route_bytes() const {
    if (!route) return 0;
    return heap_bytes(sizeof(Route)) + (candidates() ? heap_bytes(candidates()->targets) : 0);
}

}  // namespace reginfo

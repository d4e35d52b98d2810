#include "metrics/router.hpp"

#include <algorithm>
#include <cassert>
#include <string_view>
#include <utility>

namespace reginfo::metrics {
namespace {

std::string_view method_served(std::string_view method) {
    return method == "HEAD" ? "GET" : method;
}

}  // namespace

void Router::add(std::string method, std::string path, Handler handler) {
    const bool is_new =
        paths_[std::move(path)].emplace(std::move(method), std::move(handler)).second;
    assert(is_new);
    static_cast<void>(is_new);
}

HttpResponse Router::dispatch(const HttpRequest& request) const {
    const std::string_view method = method_served(request.method);
    const bool is_method = std::any_of(paths_.begin(), paths_.end(), [&](const auto& entry) {
        return entry.second.contains(method);
    });
    const auto path = paths_.find(request.path);
    if (path == paths_.end()) {
        if (!is_method) return make_problem(501, "No resource here has this method.");
        return make_problem(404, "No such resource; / lists those there are.");
    }
    if (const auto found = path->second.find(method); found != path->second.end()) {
        return found->second(request);
    }

    std::string allow;
    for (const auto& [name, handler] : path->second) {
        if (!allow.empty()) allow += ", ";
        allow += name == "GET" ? "GET, HEAD" : name;
    }
    HttpResponse response = make_problem(405, "This resource allows " + allow + ".");
    response.headers.emplace_back("Allow", allow);
    return response;
}

}  // namespace reginfo::metrics

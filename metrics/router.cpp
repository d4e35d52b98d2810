#include "metrics/router.hpp"

#include "metrics/http_target.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

namespace reginfo::metrics {
namespace {

std::string_view method_served(std::string_view method) {
    return method == "HEAD" ? "GET" : method;
}

std::vector<std::string> segments_of(std::string_view path) {
    std::vector<std::string> segments;
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        const std::size_t end = std::min(path.find('/'), path.size());
        segments.emplace_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return segments;
}

bool is_open(std::string_view segment) { return segment.starts_with('{'); }

/// The open segments' values if the path fits; undecodable ones fit nothing.
std::optional<std::vector<std::string>> match(
    const std::vector<std::string>& pattern,
    const std::vector<std::string>& path
) {
    if (pattern.size() != path.size()) return std::nullopt;
    std::vector<std::string> values;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (!is_open(pattern[i])) {
            if (pattern[i] != path[i]) return std::nullopt;
            continue;
        }
        auto value = percent_decoded(path[i]);
        if (!value || value->empty()) return std::nullopt;
        values.push_back(std::move(*value));
    }
    return values;
}

}  // namespace

void Router::add(std::string method, std::string_view path, Handler handler) {
    auto route = std::find_if(routes_.begin(), routes_.end(), [&](const Route& known) {
        return known.pattern == path;
    });
    if (route == routes_.end()) {
        routes_.push_back({std::string(path), segments_of(path), {}});
        route = std::prev(routes_.end());
    }
    const bool is_new = route->methods.emplace(std::move(method), std::move(handler)).second;
    assert(is_new);
    static_cast<void>(is_new);
}

HttpResponse Router::dispatch(HttpRequest request) const {
    const std::string_view method = method_served(request.method);
    const std::vector<std::string> segments = segments_of(request.path);
    for (const Route& route : routes_) {
        auto values = match(route.segments, segments);
        if (!values) continue;
        request.parameters = std::move(*values);
        if (const auto found = route.methods.find(method); found != route.methods.end()) {
            return found->second(request);
        }
        std::string allow;
        for (const auto& [name, handler] : route.methods) {
            if (!allow.empty()) allow += ", ";
            allow += name == "GET" ? "GET, HEAD" : name;
        }
        HttpResponse response = make_problem(405, "This resource allows " + allow + ".");
        response.headers.emplace_back("Allow", allow);
        return response;
    }
    const bool is_method = std::any_of(routes_.begin(), routes_.end(), [&](const Route& route) {
        return route.methods.contains(method);
    });
    if (!is_method) return make_problem(501, "No resource here has this method.");
    return make_problem(404, "No such resource; /openapi.json lists those there are.");
}

std::vector<std::string> Router::operations() const {
    std::vector<std::string> all;
    for (const Route& route : routes_) {
        for (const auto& [method, handler] : route.methods) {
            all.push_back(method + " " + route.pattern);
        }
    }
    return all;
}

}  // namespace reginfo::metrics

/// @file
/// Which handler answers which path.
#pragma once

#include "metrics/http_message.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::metrics {

/// A table of paths and methods. HEAD is answered as GET; the server leaves the body out.
class Router {
public:
    using Handler = std::function<HttpResponse(const HttpRequest&)>;

    /// @param path  "/a/b"; a segment "{name}" stands for any one that is not empty, and is handed
    ///              to the handler decoded
    /// @pre `path` and `method` have no handler yet
    void add(std::string method, std::string_view path, Handler handler);

    /// The handler's response; 404 for an unknown path, 405 with Allow for another method, 501 for
    /// a method that no path has.
    HttpResponse dispatch(HttpRequest request) const;

    /// All there are: "GET /a/{name}".
    std::vector<std::string> operations() const;

private:
    using Methods = std::map<std::string, Handler, std::less<>>;
    struct Route {
        std::string pattern;
        std::vector<std::string> segments;
        Methods methods;
    };

    std::vector<Route> routes_;
};

}  // namespace reginfo::metrics

/// @file
/// Which handler answers which path.
#pragma once

#include "metrics/http_message.hpp"

#include <functional>
#include <map>
#include <string>

namespace reginfo::metrics {

/// A table of paths and methods. HEAD is answered as GET; the server leaves the body out.
class Router {
public:
    using Handler = std::function<HttpResponse(const HttpRequest&)>;

    /// @pre `path` and `method` have no handler yet
    void add(std::string method, std::string path, Handler handler);

    /// The handler's response; 404 for an unknown path, 405 with Allow for another method, 501 for
    /// a method that no path has.
    HttpResponse dispatch(const HttpRequest& request) const;

private:
    using Methods = std::map<std::string, Handler, std::less<>>;
    std::map<std::string, Methods, std::less<>> paths_;
};

}  // namespace reginfo::metrics

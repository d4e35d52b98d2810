/// @file
/// A request and its response as handlers see them, without Beast.
#pragma once

#include "metrics/body_stream.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo::metrics {

struct HttpRequest {
    std::string method;
    std::string path;   ///< as it came, percent-encoded; without query
    std::string query;  ///< behind the question mark; empty if there is none
    std::string body = {};
    std::string authorization = {};
    std::string accept = {};         ///< of several fields one list
    std::string if_none_match = {};  ///< likewise
    std::string last_event_id = {};
    std::string peer = {};                     ///< who asks: an address and a port
    std::vector<std::string> parameters = {};  ///< path segments that the route left open, decoded
};

struct HttpResponse {
    unsigned status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers = {};  ///< further ones, such as Allow
    std::shared_ptr<BodyStream> stream = {};                        ///< instead of `body`
};

/// A body of JSON.
HttpResponse json_response(std::string body, unsigned status = 200);

/// An error as JSON (RFC 9457): the title is the status' own phrase.
/// @param detail  what was wrong with this request, and what to do
HttpResponse make_problem(unsigned status, std::string_view detail);

}  // namespace reginfo::metrics

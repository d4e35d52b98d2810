/// @file
/// A request and its response as handlers see them, without Beast.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo::metrics {

struct HttpRequest {
    std::string method;
    std::string path;   ///< as it came, percent-encoded; without query
    std::string query;  ///< behind the question mark; empty if there is none
};

struct HttpResponse {
    unsigned status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers = {};  ///< further ones, such as Allow
};

/// An error as JSON (RFC 9457): the title is the status' own phrase.
/// @param detail  what was wrong with this request, and what to do
HttpResponse make_problem(unsigned status, std::string_view detail);

}  // namespace reginfo::metrics

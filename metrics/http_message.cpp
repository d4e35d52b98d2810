#include "metrics/http_message.hpp"

#include <boost/beast/http/status.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace reginfo::metrics {

HttpResponse make_problem(unsigned status, std::string_view detail) {
    const auto title =
        boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
    nlohmann::ordered_json problem;
    problem["type"] = "about:blank";
    problem["title"] = std::string(title.data(), title.size());
    problem["status"] = status;
    problem["detail"] = detail;
    constexpr bool ascii_only = true;
    HttpResponse response;
    response.status = status;
    response.content_type = "application/problem+json";
    response.body =
        problem.dump(-1, ' ', ascii_only, nlohmann::json::error_handler_t::replace) + "\n";
    return response;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.push_back(text[i]);
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        unsigned value = 0;
        const char* const end = text.data() + i + 3;
        if (std::from_chars(text.data() + i + 1, end, value, 16).ptr != end) return std::nullopt;
        out.push_back(static_cast<char>(value));
        i += 2;
    }
    return out;
}

std::optional<Query> parse_query(std::string_view query) {
    Query values;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const auto name = percent_decoded(pair.substr(0, equals));
        const auto value = percent_decoded(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || !value) return std::nullopt;
        values.emplace_back(*name, *value);
    }
    return values;
}

}  // namespace reginfo::metrics

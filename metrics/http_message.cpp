#include "metrics/http_message.hpp"

#include <boost/beast/http/status.hpp>
#include <nlohmann/json.hpp>

#include <utility>

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

HttpResponse json_response(std::string body, unsigned status) {
    HttpResponse response;
    response.status = status;
    response.content_type = "application/json";
    response.body = std::move(body);
    return response;
}

}  // namespace reginfo::metrics

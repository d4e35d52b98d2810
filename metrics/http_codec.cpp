#include "metrics/http_codec.hpp"

#include "core/base/ascii.hpp"
#include "metrics/gzip.hpp"

#include <boost/beast/http/error.hpp>

#include <ctime>
#include <string>
#include <utility>

namespace reginfo::metrics {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::size_t kWorthCompressing = 1'024;

std::string http_date() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[64];
    return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

}  // namespace

Exchange exchange_of(const BeastRequest& request) {
    Exchange exchange;
    exchange.version = request.version();
    exchange.keep_alive = request.keep_alive();
    exchange.is_head = request.method() == http::verb::head;
    exchange.gzip = accepts_gzip(field_list(request, http::field::accept_encoding));
    return exchange;
}

std::string field_list(const BeastRequest& request, http::field name) {
    std::string list;
    const auto [first, last] = request.equal_range(name);
    for (auto field = first; field != last; ++field) {
        list.append(list.empty() ? "" : ",").append(to_view(field->value()));
    }
    return list;
}

bool expects_continue(const RequestParser& parser) {
    const BeastRequest& request = parser.get();
    return !parser.is_done() && request.version() >= 11 &&
           equal_ignoring_case(to_view(request[http::field::expect]), "100-continue");
}

std::optional<HttpResponse> refusal_of(
    const beast::error_code& error,
    const RequestParser& parser
) {
    if (error == http::error::end_of_stream || error == http::error::partial_message) return {};
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
        if (parser.get().target().empty()) return make_problem(414, "The target is too long.");
        return make_problem(431, "The header fields are too long.");
    }
    if (error == http::error::body_limit) return make_problem(413, "The body is too long.");
    if (error == http::error::bad_version) return make_problem(505, "Only HTTP/1.1 is spoken.");
    const bool is_syntax =
        error.category() == beast::error_code(http::error::end_of_stream).category();
    if (!is_syntax) return {};  // the connection failed, or time ran out
    return make_problem(400, "Malformed request: " + error.message() + ".");
}

BeastResponse head_of(const HttpResponse& response, const Exchange& exchange) {
    BeastResponse message(http::int_to_status(response.status), exchange.version);
    message.set(http::field::date, http_date());
    if (response.status != 304) message.set(http::field::content_type, response.content_type);
    message.set(http::field::cache_control, "no-store");
    message.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : response.headers) message.set(name, value);
    message.keep_alive(exchange.keep_alive);
    return message;
}

void vary_by_encoding(BeastResponse& message) {
    std::string vary(to_view(message[http::field::vary]));
    vary.append(vary.empty() ? "" : ", ").append("Accept-Encoding");
    message.set(http::field::vary, vary);
}

BeastResponse to_message(HttpResponse response, const Exchange& exchange) {
    BeastResponse message = head_of(response, exchange);
    const bool is_large = response.body.size() >= kWorthCompressing;
    if (is_large || response.status == 304) vary_by_encoding(message);
    if (is_large && exchange.gzip) {
        std::string compressed;
        GzipWriter().write(response.body, true, compressed);
        response.body = std::move(compressed);
        message.set(http::field::content_encoding, "gzip");
    }
    if (response.status != 304 && response.status != 204) {
        message.content_length(response.body.size());
    }
    if (!exchange.is_head) message.body() = std::move(response.body);
    return message;
}

}  // namespace reginfo::metrics

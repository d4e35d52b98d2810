#include "metrics/http_framing.hpp"

#include "core/base/ascii.hpp"

#include <algorithm>
#include <string>

namespace reginfo::metrics {
namespace {

namespace http = boost::beast::http;

/// Lines that end in anything but CR LF, are continued (RFC 9112 §5.2), or hold what no text does.
bool has_odd_lines(std::string_view head) {
    for (std::size_t i = 0; i < head.size(); ++i) {
        if (head[i] == '\0') return true;
        if (head[i] == '\n' && (i == 0 || head[i - 1] != '\r')) return true;
        if (head[i] != '\r') continue;
        if (i + 1 == head.size() || head[i + 1] != '\n') return true;
        if (i + 2 < head.size() && (head[i + 2] == ' ' || head[i + 2] == '\t')) return true;
    }
    return false;
}

/// RFC 9112 §6.1, §6.3: of all codings only chunked is understood, and that once and last.
std::optional<HttpResponse> refusal_of_codings(const BeastRequest& request) {
    std::string all;
    const auto [first, last] = request.equal_range(http::field::transfer_encoding);
    for (auto field = first; field != last; ++field) {
        if (field != first) all += ',';
        all += to_view(field->value());
    }
    std::string_view rest = all;
    const std::size_t comma = rest.rfind(',');
    const std::string_view coding =
        without_blanks(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
    if (!equal_ignoring_case(coding, "chunked")) {
        return make_problem(400, "The last Transfer-Encoding is not chunked.");
    }
    if (comma == std::string_view::npos) return std::nullopt;
    return make_problem(501, "No Transfer-Encoding but chunked is understood.");
}

}  // namespace

std::optional<HttpResponse> refusal_of_framing(std::string_view head, const BeastRequest& request) {
    if (has_odd_lines(head)) {
        return make_problem(400, "Header lines must end in CR LF and not be continued.");
    }
    const std::size_t lengths = request.count(http::field::content_length);
    const bool has_codings = request.count(http::field::transfer_encoding) > 0;
    if (lengths > 1) return make_problem(400, "More than one Content-Length.");
    if (lengths == 1) {
        const std::string_view digits = to_view(request[http::field::content_length]);
        const bool is_number =
            !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
        if (!is_number) return make_problem(400, "Content-Length is not a number.");
    }
    if (!has_codings) return std::nullopt;
    if (lengths > 0) return make_problem(400, "Both Transfer-Encoding and Content-Length.");
    if (request.version() < 11) {
        return make_problem(400, "Transfer-Encoding is not of HTTP/1.0.");
    }
    return refusal_of_codings(request);
}

}  // namespace reginfo::metrics

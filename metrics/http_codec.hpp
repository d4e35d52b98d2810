/// @file
/// Between Beast's messages and ours.
#pragma once

#include "metrics/http_message.hpp"

#include <boost/beast/core/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace reginfo::metrics {

using BeastRequest = boost::beast::http::request<boost::beast::http::string_body>;
using BeastResponse = boost::beast::http::response<boost::beast::http::string_body>;
using RequestParser = boost::beast::http::request_parser<boost::beast::http::string_body>;

/// What of the request decides about the form of its answer.
struct Exchange {
    unsigned version = 11;
    bool keep_alive = false;
    bool is_head = false;
    bool gzip = false;  ///< the client takes it
};

Exchange exchange_of(const BeastRequest& request);

/// The values of all fields of that name as one list (RFC 9110 §5.3).
std::string field_list(const BeastRequest& request, boost::beast::http::field name);

/// Whether the client holds its body back until it is told to go on (RFC 9110 §10.1.1).
/// @pre the head is read
bool expects_continue(const RequestParser& parser);

/// The answer to what could not be read; nothing if there is nobody to answer.
std::optional<HttpResponse> refusal_of(
    const boost::beast::error_code& error,
    const RequestParser& parser
);

/// With every header field but those that frame the body.
BeastResponse head_of(const HttpResponse& response, const Exchange& exchange);

/// Adds Accept-Encoding to what the body depends on (Vary).
void vary_by_encoding(BeastResponse& message);

/// A whole response that is not streamed, compressed where that pays.
BeastResponse to_message(HttpResponse response, const Exchange& exchange);

inline std::string_view to_view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

}  // namespace reginfo::metrics

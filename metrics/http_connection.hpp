/// @file
/// One connection of the side port, from its first byte to its last.
#pragma once

#include "core/base/time.hpp"
#include "metrics/http_codec.hpp"
#include "metrics/http_options.hpp"
#include "metrics/http_places.hpp"
#include "metrics/http_turn.hpp"
#include "metrics/router.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace reginfo::metrics {

class HttpConnection;

/// What the connections of one server share.
struct HttpShared {
    explicit HttpShared(HttpOptions options_);

    /// Counts and tells an exception that should not have been.
    void fault(std::string_view where, std::string_view what);

    HttpOptions options;
    Router router;
    HttpPlaces places;
    HttpLine line;
    std::set<HttpConnection*> connections;
    std::map<unsigned, std::uint64_t> responses;  ///< by status
    std::uint64_t refused = 0;                    ///< answered 503 as there was no place
    std::uint64_t faults = 0;
    bool stopping = false;
};

/// Lives in the coroutine that serves it.
class HttpConnection {
public:
    /// @param shared  must outlive it
    HttpConnection(
        HttpShared& shared,
        boost::asio::ip::tcp::socket socket,
        const boost::asio::ip::tcp::endpoint& peer
    );
    ~HttpConnection();
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    boost::asio::awaitable<void> run();

    /// run() returns soon.
    void close();

private:
    /// A request, as far as it is read, and the form of its answer.
    struct Asked {
        RequestParser parser;
        Exchange exchange;
        HttpRequest request;
        std::optional<HttpResponse> refusal;    ///< the connection is closed after it
        std::optional<HttpResponse> objection;  ///< to what is well-formed; the body is read
    };

    boost::asio::awaitable<bool> wait_for_request();
    boost::asio::awaitable<bool> read_head(Asked& asked);
    boost::asio::awaitable<bool> read_body(Asked& asked);
    void inspect(Asked& asked);
    void restrict(Asked& asked);
    std::optional<HttpResponse> objection_to(const BeastRequest& head, HttpRequest& plain) const;
    boost::asio::awaitable<HttpResponse> answer(Asked& asked);
    boost::asio::awaitable<void> wait_for(const HttpTurn& turn);
    HttpResponse dispatch(Asked& asked);
    boost::asio::awaitable<BodyStream::Step> next_piece(BodyStream& body, std::string& made);
    boost::asio::awaitable<bool> respond(HttpResponse response, Exchange exchange);
    boost::asio::awaitable<bool> write_stream(HttpResponse response, Exchange exchange);
    boost::asio::awaitable<bool> write_piece(std::string piece, bool chunked);
    boost::asio::awaitable<bool> wait_for_more(BodyStream& body);
    boost::asio::awaitable<void> linger();

    HttpShared& shared_;
    boost::beast::tcp_stream stream_;
    boost::asio::ip::tcp::endpoint peer_;
    boost::beast::flat_buffer buffer_;
    boost::asio::steady_timer more_;  ///< cancelled when a stream has more
    HttpPlaces::Place place_;
    Duration patience_;
};

}  // namespace reginfo::metrics

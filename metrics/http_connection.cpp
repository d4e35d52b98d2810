#include "metrics/http_connection.hpp"

#include "metrics/gzip.hpp"
#include "metrics/host_check.hpp"
#include "metrics/http_framing.hpp"
#include "metrics/http_target.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <sstream>
#include <utility>

namespace reginfo::metrics {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr auto kAwaitable = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kFirstRead = 4'096;
constexpr std::chrono::seconds kLinger{1};
constexpr std::size_t kLingerBytes = 262'144;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kEndOfHead = "\r\n\r\n";

/// The time between signs of life on a stream without events. The end of a peer is noticed as late
/// as that.
constexpr std::chrono::seconds kKeepAlive{15};

/// So many more of the connections, and at least so many, are for health checks.
constexpr std::size_t kProbeShare = 8;
constexpr std::size_t kProbesMin = 4;

HttpPlaces::Limits limits_of(const HttpOptions& options) {
    HttpPlaces::Limits limits;
    limits.connections = options.connections;
    limits.per_peer = options.connections_per_peer;
    limits.probes = std::max(options.connections / kProbeShare, kProbesMin);
    return limits;
}

IpAddress address_of(const asio::ip::address& address) {
    if (address.is_v4()) return IpAddress::v4(address.to_v4().to_uint());
    return IpAddress(address.to_v6().to_bytes());
}

std::string text_of(const tcp::endpoint& endpoint) {
    std::ostringstream text;
    text << endpoint;
    return text.str();
}

std::string_view view_of(const beast::flat_buffer& buffer) {
    return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

bool is_health_check(const HttpRequest& request) {
    return request.path == "/healthz" || request.path == "/readyz";
}

}  // namespace

HttpShared::HttpShared(HttpOptions options_)
    : options(std::move(options_)), places(limits_of(options)) {}

void HttpShared::fault(std::string_view where, std::string_view what) {
    ++faults;
    if (options.fault) options.fault(std::string(where) + ": " + std::string(what));
}

HttpConnection::HttpConnection(HttpShared& shared, tcp::socket socket, const tcp::endpoint& peer)
    : shared_(shared),
      stream_(std::move(socket)),
      peer_(peer),
      buffer_(shared.options.header_bytes + shared.options.body_bytes + kFirstRead),
      more_(stream_.get_executor()),
      place_(shared.places, address_of(peer.address()), [this] { close(); }),
      patience_(shared.options.request_timeout) {
    shared_.connections.insert(this);
}

HttpConnection::~HttpConnection() { shared_.connections.erase(this); }

void HttpConnection::close() {
    stream_.close();
    more_.cancel();
}

asio::awaitable<void> HttpConnection::run() {
    if (place_.kind() == HttpPlaces::Kind::none) co_return;
    bool keep_alive = true;
    while (keep_alive && !shared_.stopping) {
        place_.wait();
        const bool has_begun = co_await wait_for_request();
        if (!has_begun) co_return;
        patience_ = shared_.options.idle_timeout;

        Asked asked;
        bool is_read = co_await read_head(asked);
        if (is_read && !asked.refusal) is_read = co_await read_body(asked);
        if (!is_read) co_return;
        if (!place_.serve()) restrict(asked);
        HttpResponse response = co_await answer(asked);
        ++shared_.responses[response.status];
        if (response.stream && asked.exchange.version < 11) asked.exchange.keep_alive = false;
        keep_alive = asked.exchange.keep_alive;
        const bool is_sent = co_await respond(std::move(response), asked.exchange);
        if (!is_sent) co_return;
    }
    place_.wait();
    co_await linger();
}

/// Returns whether there is a first byte.
asio::awaitable<bool> HttpConnection::wait_for_request() {
    if (buffer_.size() > 0) co_return true;
    stream_.expires_after(patience_);
    const auto space = buffer_.prepare(kFirstRead);
    const auto [error, size] = co_await stream_.async_read_some(space, kAwaitable);
    buffer_.commit(size);
    co_return !error;
}

/// The whole head first, so that it can be looked at as it came. Returns false if nobody is left to
/// be answered.
asio::awaitable<bool> HttpConnection::read_head(Asked& asked) {
    asked.parser.header_limit(shared_.options.header_bytes);
    asked.parser.body_limit(shared_.options.body_bytes);
    stream_.expires_after(shared_.options.request_timeout);
    std::size_t searched = 0;
    while (view_of(buffer_).find(kEndOfHead, searched) == std::string_view::npos) {
        if (buffer_.size() >= shared_.options.header_bytes) break;
        searched = buffer_.size() - std::min(buffer_.size(), kEndOfHead.size() - 1);
        const auto space = buffer_.prepare(kFirstRead);
        const auto [failed, size] = co_await stream_.async_read_some(space, kAwaitable);
        if (failed) co_return false;
        buffer_.commit(size);
    }
    const std::size_t end = view_of(buffer_).find(kEndOfHead);
    const std::string head(view_of(buffer_).substr(0, end + kEndOfHead.size()));
    const auto [error, used] =
        co_await http::async_read_header(stream_, buffer_, asked.parser, kAwaitable);
    if (error) {
        asked.refusal = refusal_of(error, asked.parser);
        co_return asked.refusal.has_value();
    }
    asked.refusal = refusal_of_framing(head, asked.parser.get());
    if (!asked.refusal) inspect(asked);
    co_return true;
}

/// A client whose body came with its head need not be told to go on; a body that is too long was
/// refused with the head.
asio::awaitable<bool> HttpConnection::read_body(Asked& asked) {
    if (expects_continue(asked.parser) && buffer_.size() == 0) {
        const auto bytes = asio::buffer(kContinue);
        const auto [failed, sent] = co_await asio::async_write(stream_, bytes, kAwaitable);
        if (failed) co_return false;
    }
    const auto [error, size] =
        co_await http::async_read(stream_, buffer_, asked.parser, kAwaitable);
    if (!error) co_return true;
    asked.exchange.keep_alive = false;
    asked.refusal = refusal_of(error, asked.parser);
    co_return asked.refusal.has_value();
}

/// Reads the head. Trailer fields, which come with the body, do not count.
void HttpConnection::inspect(Asked& asked) {
    const BeastRequest& head = asked.parser.get();
    asked.exchange = exchange_of(head);
    asked.objection = objection_to(head, asked.request);
    HttpRequest& plain = asked.request;
    plain.method = std::string(to_view(head.method_string()));
    plain.authorization = std::string(to_view(head[http::field::authorization]));
    plain.accept = field_list(head, http::field::accept);
    plain.if_none_match = field_list(head, http::field::if_none_match);
    plain.last_event_id = std::string(to_view(head["Last-Event-ID"]));
    plain.peer = text_of(peer_);
}

/// There is a place for a health check, and for that alone.
void HttpConnection::restrict(Asked& asked) {
    asked.exchange.keep_alive = false;
    if (asked.refusal || is_health_check(asked.request)) return;
    ++shared_.refused;
    asked.refusal = make_problem(503, "Too many connections; try later.");
    asked.refusal->headers.emplace_back("Retry-After", "1");
}

/// What is wrong with a target or Host that could be read; else path and query are in `plain`.
std::optional<HttpResponse> HttpConnection::objection_to(
    const BeastRequest& head,
    HttpRequest& plain
) const {
    if (head.target().size() > shared_.options.target_bytes) {
        return make_problem(414, "The target is too long.");
    }
    const std::optional<Target> target = parse_target(to_view(head.target()));
    if (!target) return make_problem(400, "The target must begin with a slash.");

    const std::size_t hosts = head.count(http::field::host);
    if (hosts > 1) return make_problem(400, "More than one Host.");
    if (hosts == 0 && head.version() >= 11) return make_problem(400, "No Host.");
    std::string_view host = to_view(head[http::field::host]);
    if (!target->authority.empty()) host = target->authority;
    if (!host.empty() || hosts > 0) {
        if (!is_our_host(host, shared_.options.hosts)) {
            return make_problem(
                421,
                "Host is not an IP address, localhost or one of http.hosts in the configuration."
            );
        }
    }
    plain.path = std::string(target->path);
    plain.query = std::string(target->query);
    return std::nullopt;
}

/// Health checks wait for nobody.
asio::awaitable<HttpResponse> HttpConnection::answer(Asked& asked) {
    if (asked.refusal) co_return std::move(*asked.refusal);
    if (asked.objection) co_return std::move(*asked.objection);
    if (is_health_check(asked.request)) co_return dispatch(asked);
    const HttpTurn turn(shared_.line);
    co_await wait_for(turn);
    co_return dispatch(asked);
}

/// Nothing happens between the piece and its return: who is told that there is no more now will be
/// told when there is.
asio::awaitable<BodyStream::Step> HttpConnection::next_piece(BodyStream& body, std::string& made) {
    const HttpTurn turn(shared_.line);
    co_await wait_for(turn);
    co_return body.next(made);
}

/// Everybody else who is ready has their turn first.
asio::awaitable<void> HttpConnection::wait_for(const HttpTurn& turn) {
    while (!turn.has_come() && !shared_.stopping) {
        co_await asio::post(stream_.get_executor(), asio::use_awaitable);
    }
    co_await asio::post(stream_.get_executor(), asio::use_awaitable);
}

/// A page that fails is no reason to end a SIP server. (The core is: app/side_port.)
HttpResponse HttpConnection::dispatch(Asked& asked) {
    asked.request.body = std::move(asked.parser.get().body());
    const std::string path = asked.request.path;
    try {
        return shared_.router.dispatch(std::move(asked.request));
    } catch (const std::exception& error) {
        shared_.fault(path, error.what());
    } catch (...) {
        shared_.fault(path, "unknown exception");
    }
    return make_problem(500, "This resource failed; the log says why.");
}

/// Returns whether the connection can be used again.
asio::awaitable<bool> HttpConnection::respond(HttpResponse response, Exchange exchange) {
    if (response.stream) {
        const bool is_whole = co_await write_stream(std::move(response), exchange);
        co_return is_whole;
    }
    BeastResponse message = to_message(std::move(response), exchange);
    stream_.expires_after(shared_.options.request_timeout);
    const auto [error, sent] = co_await http::async_write(stream_, message, kAwaitable);
    co_return !error;
}

/// Lets the peer read our answer before the connection goes: closing with unread input resets it.
asio::awaitable<void> HttpConnection::linger() {
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.expires_after(kLinger);
    std::array<char, kFirstRead> bytes{};
    const auto space = asio::buffer(bytes);
    for (std::size_t total = 0; total < kLingerBytes && !shared_.stopping;) {
        const auto [error, size] = co_await stream_.async_read_some(space, kAwaitable);
        if (error) co_return;
        total += size;
    }
}

/// Sends a body as it is made. Returns whether the connection can be used again.
asio::awaitable<bool> HttpConnection::write_stream(HttpResponse response, Exchange exchange) {
    const std::shared_ptr<BodyStream> body = std::move(response.stream);
    const bool chunked = exchange.version >= 11;
    std::optional<GzipWriter> gzip;
    BeastResponse head = head_of(response, exchange);
    if (exchange.gzip && body->may_compress()) gzip.emplace();
    if (gzip) head.set(http::field::content_encoding, "gzip");
    if (body->may_compress()) vary_by_encoding(head);
    head.chunked(chunked);
    http::response_serializer<http::string_body> serializer(head);
    serializer.split(true);
    stream_.expires_after(shared_.options.request_timeout);
    const auto [error, size] = co_await http::async_write_header(stream_, serializer, kAwaitable);
    if (error) co_return false;
    if (exchange.is_head) co_return true;

    for (;;) {
        std::string made;
        const BodyStream::Step step = co_await next_piece(*body, made);
        if (step == BodyStream::Step::drop || shared_.stopping) co_return false;
        if (step == BodyStream::Step::wait && made.empty()) {
            const bool is_ready = co_await wait_for_more(*body);
            if (shared_.stopping) co_return false;
            if (is_ready) continue;
            body->keep_alive(made);
        }
        const bool last = step == BodyStream::Step::end;
        std::string piece;
        if (gzip) {
            gzip->write(made, last, piece);
        } else {
            piece = std::move(made);
        }
        const bool sent = co_await write_piece(std::move(piece), chunked);
        if (!sent) co_return false;
        if (last) break;
    }
    if (!chunked) co_return true;
    const auto end = http::make_chunk_last();
    const auto [end_error, end_size] = co_await asio::async_write(stream_, end, kAwaitable);
    co_return !end_error;
}

/// Of an empty piece nothing is sent, but others have their turn all the same.
asio::awaitable<bool> HttpConnection::write_piece(std::string piece, bool chunked) {
    if (piece.empty()) {
        co_await asio::post(stream_.get_executor(), asio::use_awaitable);
        co_return true;
    }
    stream_.expires_after(shared_.options.request_timeout);
    const auto bytes = asio::buffer(piece);
    if (!chunked) {
        const auto [error, size] = co_await asio::async_write(stream_, bytes, kAwaitable);
        co_return !error;
    }
    const auto chunk = http::make_chunk(asio::const_buffer(bytes));
    const auto [error, size] = co_await asio::async_write(stream_, chunk, kAwaitable);
    co_return !error;
}

/// Returns whether there is more; not, if only time has passed.
asio::awaitable<bool> HttpConnection::wait_for_more(BodyStream& body) {
    more_.expires_after(kKeepAlive);
    bool is_ready = false;
    body.on_ready([this, &is_ready] {
        is_ready = true;
        more_.cancel();
    });
    co_await more_.async_wait(kAwaitable);
    body.on_ready(nullptr);
    co_return is_ready;
}

}  // namespace reginfo::metrics

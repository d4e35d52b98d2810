#include "metrics/http_server.hpp"

#include "metrics/families.hpp"
#include "metrics/gzip.hpp"
#include "metrics/host_check.hpp"
#include "metrics/http_codec.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

namespace reginfo::metrics {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr auto kAwaitable = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kFirstRead = 4'096;
constexpr std::chrono::milliseconds kAcceptBackoff{100};
constexpr std::chrono::seconds kLinger{1};
constexpr std::size_t kLingerBytes = 262'144;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

/// Between signs of life on a stream that has nothing to say; also how late a peer is noticed to
/// be gone.
constexpr std::chrono::seconds kKeepAlive{15};

/// A loop ends by returning. An exception out of one is a bug: let it end the process.
void rethrow(std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
}

tcp::endpoint to_asio(const Endpoint& endpoint) {
    const asio::ip::address_v6 v6(endpoint.address.bytes());
    if (!endpoint.address.is_v4()) return {v6, endpoint.port};
    return {asio::ip::make_address_v4(asio::ip::v4_mapped, v6), endpoint.port};
}

std::string text_of(const tcp::endpoint& endpoint) {
    std::ostringstream text;
    text << endpoint;
    return text.str();
}

}  // namespace

class HttpServer::Impl {
public:
    Impl(asio::io_context& io, HttpOptions options)
        : options_(std::move(options)), acceptor_(io), backoff_(io) {}

    Endpoint open(const Endpoint& endpoint);
    void start(Router router);
    void stop();
    std::vector<prometheus::MetricFamily> collect() const;

private:
    /// Knows a connection for as long as its coroutine runs.
    class Registration {
    public:
        Registration(Impl& server, beast::tcp_stream& stream) : server_(server), stream_(stream) {
            server_.streams_.insert(&stream_);
        }
        ~Registration() { server_.streams_.erase(&stream_); }
        Registration(const Registration&) = delete;
        Registration& operator=(const Registration&) = delete;

    private:
        Impl& server_;
        beast::tcp_stream& stream_;
    };

    asio::awaitable<void> accept_loop();
    asio::awaitable<void> serve(tcp::socket socket);
    asio::awaitable<beast::error_code> read(
        beast::tcp_stream& stream,
        beast::flat_buffer& buffer,
        RequestParser& parser
    );
    asio::awaitable<void> linger(beast::tcp_stream& stream);
    asio::awaitable<bool> write_stream(
        beast::tcp_stream& stream,
        HttpResponse response,
        Exchange exchange
    );
    asio::awaitable<bool> write_piece(beast::tcp_stream& stream, std::string piece, bool chunked);
    asio::awaitable<bool> wait(BodyStream& body, beast::tcp_stream& stream);
    void refuse(tcp::socket socket);
    HttpResponse answer(BeastRequest& request, const tcp::endpoint& peer) const;

    HttpOptions options_;
    Router router_;
    tcp::acceptor acceptor_;
    asio::steady_timer backoff_;
    std::set<beast::tcp_stream*> streams_;
    std::set<asio::steady_timer*> waits_;          ///< of streams that have nothing to say
    std::map<unsigned, std::uint64_t> responses_;  ///< by status
    std::uint64_t refused_ = 0;
    bool stopping_ = false;
};

Endpoint HttpServer::Impl::open(const Endpoint& endpoint) {
    const tcp::endpoint local = to_asio(endpoint);
    acceptor_.open(local.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(local);
    acceptor_.listen();
    return {endpoint.address, acceptor_.local_endpoint().port()};
}

void HttpServer::Impl::start(Router router) {
    router_ = std::move(router);
    asio::co_spawn(acceptor_.get_executor(), accept_loop(), rethrow);
}

void HttpServer::Impl::stop() {
    stopping_ = true;
    beast::error_code ignored;
    acceptor_.close(ignored);
    backoff_.cancel();
    for (beast::tcp_stream* stream : streams_) stream->close();
    for (asio::steady_timer* timer : waits_) timer->cancel();
}

asio::awaitable<void> HttpServer::Impl::accept_loop() {
    while (!stopping_) {
        auto [error, socket] = co_await acceptor_.async_accept(kAwaitable);
        if (stopping_) co_return;
        if (error) {  // no descriptor left, or the peer is gone already
            backoff_.expires_after(kAcceptBackoff);
            co_await backoff_.async_wait(kAwaitable);
        } else if (streams_.size() >= options_.connections) {
            refuse(std::move(socket));
        } else {
            asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)), rethrow);
        }
    }
}

/// Answers at once without reading, as far as the socket takes it.
void HttpServer::Impl::refuse(tcp::socket socket) {
    ++refused_;
    const BeastResponse message =
        to_message(make_problem(503, "Too many connections; try later."), Exchange{});
    std::ostringstream text;
    text << message;
    beast::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text.str()), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
}

asio::awaitable<void> HttpServer::Impl::serve(tcp::socket socket) {
    beast::error_code gone;
    const tcp::endpoint peer = socket.remote_endpoint(gone);
    if (gone) co_return;
    beast::tcp_stream stream(std::move(socket));
    const Registration registration(*this, stream);
    const std::size_t most = options_.header_bytes + options_.body_bytes + kFirstRead;
    beast::flat_buffer buffer(most);
    Duration patience = options_.request_timeout;
    bool keep_alive = true;
    while (keep_alive && !stopping_) {
        if (buffer.size() == 0) {
            stream.expires_after(patience);
            const auto space = buffer.prepare(kFirstRead);
            const auto [error, size] = co_await stream.async_read_some(space, kAwaitable);
            if (error) co_return;
            buffer.commit(size);
        }
        patience = options_.idle_timeout;

        RequestParser parser;
        parser.header_limit(options_.header_bytes);
        parser.body_limit(options_.body_bytes);
        const beast::error_code error = co_await read(stream, buffer, parser);
        std::optional<HttpResponse> response = refusal_of(error, parser);
        if (error && !response) co_return;
        Exchange exchange;
        if (!error) {
            exchange = exchange_of(parser.get());
            response = answer(parser.get(), peer);
        }
        ++responses_[response->status];
        keep_alive = exchange.keep_alive;
        if (response->stream) {
            if (exchange.version < 11) keep_alive = exchange.keep_alive = false;
            const bool whole = co_await write_stream(stream, std::move(*response), exchange);
            if (!whole) co_return;
            continue;
        }
        BeastResponse message = to_message(std::move(*response), exchange);
        stream.expires_after(options_.request_timeout);
        const auto [write_error, sent] = co_await http::async_write(stream, message, kAwaitable);
        if (write_error) co_return;
    }
    co_await linger(stream);
}

/// A client whose body came with its head need not be told to go on; a body that is too long was
/// refused with the head.
asio::awaitable<beast::error_code> HttpServer::Impl::read(
    beast::tcp_stream& stream,
    beast::flat_buffer& buffer,
    RequestParser& parser
) {
    stream.expires_after(options_.request_timeout);
    const auto [error, size] = co_await http::async_read_header(stream, buffer, parser, kAwaitable);
    if (error) co_return error;
    if (expects_continue(parser) && buffer.size() == 0) {
        const auto bytes = asio::buffer(kContinue);
        const auto [failed, sent] = co_await asio::async_write(stream, bytes, kAwaitable);
        if (failed) co_return failed;
    }
    const auto [bad, rest] = co_await http::async_read(stream, buffer, parser, kAwaitable);
    co_return bad;
}

/// Lets the peer read our answer before the connection goes: closing with unread input resets it.
asio::awaitable<void> HttpServer::Impl::linger(beast::tcp_stream& stream) {
    beast::error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream.expires_after(kLinger);
    std::array<char, kFirstRead> bytes{};
    const auto space = asio::buffer(bytes);
    for (std::size_t total = 0; total < kLingerBytes && !stopping_;) {
        const auto [error, size] = co_await stream.async_read_some(space, kAwaitable);
        if (error) co_return;
        total += size;
    }
}

/// Sends a body as it is made. Returns whether the connection can be used again.
asio::awaitable<bool> HttpServer::Impl::write_stream(
    beast::tcp_stream& stream,
    HttpResponse response,
    Exchange exchange
) {
    const std::shared_ptr<BodyStream> body = std::move(response.stream);
    const bool chunked = exchange.version >= 11;
    std::optional<GzipWriter> gzip;
    BeastResponse head = head_of(response, exchange);
    if (exchange.gzip && body->may_compress()) gzip.emplace();
    if (gzip) head.set(http::field::content_encoding, "gzip");
    if (body->may_compress()) head.set(http::field::vary, "Accept-Encoding");
    head.chunked(chunked);
    http::response_serializer<http::string_body> serializer(head);
    serializer.split(true);
    stream.expires_after(options_.request_timeout);
    const auto [error, size] = co_await http::async_write_header(stream, serializer, kAwaitable);
    if (error) co_return false;
    if (exchange.is_head) co_return true;

    for (;;) {
        std::string made;
        const BodyStream::Step step = body->next(made);
        if (step == BodyStream::Step::drop || stopping_) co_return false;
        if (step == BodyStream::Step::wait && made.empty()) {
            const bool is_ready = co_await wait(*body, stream);
            if (stopping_) co_return false;
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
        const bool sent = co_await write_piece(stream, std::move(piece), chunked);
        if (!sent) co_return false;
        if (last) break;
    }
    if (!chunked) co_return true;
    const auto end = http::make_chunk_last();
    const auto [end_error, end_size] = co_await asio::async_write(stream, end, kAwaitable);
    co_return !end_error;
}

/// Of an empty piece nothing is sent, but others have their turn all the same.
asio::awaitable<bool> HttpServer::Impl::write_piece(
    beast::tcp_stream& stream,
    std::string piece,
    bool chunked
) {
    if (piece.empty()) {
        co_await asio::post(stream.get_executor(), asio::use_awaitable);
        co_return true;
    }
    stream.expires_after(options_.request_timeout);
    const auto bytes = asio::buffer(piece);
    if (!chunked) {
        const auto [error, size] = co_await asio::async_write(stream, bytes, kAwaitable);
        co_return !error;
    }
    const auto chunk = http::make_chunk(asio::const_buffer(bytes));
    const auto [error, size] = co_await asio::async_write(stream, chunk, kAwaitable);
    co_return !error;
}

/// Returns whether there is more; not, if only time has passed.
asio::awaitable<bool> HttpServer::Impl::wait(BodyStream& body, beast::tcp_stream& stream) {
    asio::steady_timer timer(stream.get_executor());
    timer.expires_after(kKeepAlive);
    waits_.insert(&timer);
    bool is_ready = false;
    body.on_ready([&timer, &is_ready] {
        is_ready = true;
        timer.cancel();
    });
    co_await timer.async_wait(kAwaitable);
    waits_.erase(&timer);
    body.on_ready(nullptr);
    co_return is_ready;
}

HttpResponse HttpServer::Impl::answer(BeastRequest& request, const tcp::endpoint& peer) const {
    if (request.target().size() > options_.target_bytes) {
        return make_problem(414, "The target is too long.");
    }
    const std::optional<Target> target = parse_target(to_view(request.target()));
    if (!target) return make_problem(400, "The target must begin with a slash.");

    const std::size_t hosts = request.count(http::field::host);
    if (hosts > 1) return make_problem(400, "More than one Host.");
    if (hosts == 0 && request.version() >= 11) return make_problem(400, "No Host.");
    std::string_view host = to_view(request[http::field::host]);
    if (!target->authority.empty()) host = target->authority;
    if (!host.empty() || hosts > 0) {
        if (!is_our_host(host, options_.hosts)) {
            return make_problem(
                421,
                "Host is not an IP address, localhost or one of http.hosts in the configuration."
            );
        }
    }
    HttpRequest plain;
    plain.method = std::string(to_view(request.method_string()));
    plain.path = std::string(target->path);
    plain.query = std::string(target->query);
    plain.body = std::move(request.body());
    plain.authorization = std::string(to_view(request[http::field::authorization]));
    plain.if_none_match = std::string(to_view(request[http::field::if_none_match]));
    plain.last_event_id = std::string(to_view(request["Last-Event-ID"]));
    plain.peer = text_of(peer);
    return router_.dispatch(std::move(plain));
}

std::vector<prometheus::MetricFamily> HttpServer::Impl::collect() const {
    Families families;
    for (const auto& [status, count] : responses_) {
        const std::string code = std::to_string(status);
        const Families::Label labels[] = {{"code", code}};
        families.add("reginfod_http_responses_total", "HTTP responses sent.", count, labels);
    }
    families.add(
        "reginfod_http_connections", "HTTP connections open.", std::uint64_t{streams_.size()}
    );
    families.add(
        "reginfod_http_connections_refused_total",
        "HTTP connections over the limit, answered 503.",
        refused_
    );
    return families.take();
}

HttpServer::HttpServer(asio::io_context& io, HttpOptions options)
    : impl_(std::make_unique<Impl>(io, std::move(options))) {}

HttpServer::~HttpServer() = default;

Endpoint HttpServer::open(const Endpoint& endpoint) { return impl_->open(endpoint); }
void HttpServer::start(Router router) { impl_->start(std::move(router)); }
void HttpServer::stop() { impl_->stop(); }
std::vector<prometheus::MetricFamily> HttpServer::Collect() const { return impl_->collect(); }

}  // namespace reginfo::metrics

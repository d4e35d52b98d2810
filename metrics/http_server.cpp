#include "metrics/http_server.hpp"

#include "metrics/families.hpp"
#include "metrics/host_check.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <array>
#include <ctime>
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

using Message = http::response<http::string_body>;
using Parser = http::request_parser<http::string_body>;

constexpr auto kAwaitable = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kFirstRead = 4'096;
constexpr std::chrono::milliseconds kAcceptBackoff{100};
constexpr std::chrono::seconds kLinger{1};
constexpr std::size_t kLingerBytes = 262'144;

/// A loop ends by returning. An exception out of one is a bug: let it end the process.
void rethrow(std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
}

tcp::endpoint to_asio(const Endpoint& endpoint) {
    const asio::ip::address_v6 v6(endpoint.address.bytes());
    if (!endpoint.address.is_v4()) return {v6, endpoint.port};
    return {asio::ip::make_address_v4(asio::ip::v4_mapped, v6), endpoint.port};
}

std::string http_date() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[64];
    return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

Message to_message(HttpResponse response, unsigned version, bool keep_alive, bool is_head) {
    Message message(http::int_to_status(response.status), version);
    message.set(http::field::date, http_date());
    message.set(http::field::content_type, response.content_type);
    message.set(http::field::cache_control, "no-store");
    message.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : response.headers) message.set(name, value);
    message.keep_alive(keep_alive);
    message.content_length(response.body.size());
    if (!is_head) message.body() = std::move(response.body);
    return message;
}

/// The answer to what could not be read; nothing if there is nobody to answer.
std::optional<HttpResponse> refusal_of(const beast::error_code& error, const Parser& parser) {
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

/// Path and query of a target in origin form or absolute form (RFC 9112 §3.2).
struct Target {
    std::string_view authority;  ///< of the absolute form
    std::string_view path;
    std::string_view query;
};

std::optional<Target> parse_target(std::string_view text) {
    constexpr std::string_view scheme = "http://";
    Target target;
    if (text.starts_with(scheme)) {
        text.remove_prefix(scheme.size());
        const std::size_t end = std::min(text.find_first_of("/?"), text.size());
        target.authority = text.substr(0, end);
        text.remove_prefix(end);
        if (target.authority.empty()) return std::nullopt;
    } else if (!text.starts_with('/')) {
        return std::nullopt;
    }
    const std::size_t mark = std::min(text.find('?'), text.size());
    target.path = mark == 0 ? "/" : text.substr(0, mark);
    target.query = text.substr(std::min(mark + 1, text.size()));
    return target;
}

std::string_view to_view(beast::string_view text) { return {text.data(), text.size()}; }

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
    asio::awaitable<void> linger(beast::tcp_stream& stream);
    void refuse(tcp::socket socket);
    HttpResponse answer(const Parser::value_type& request) const;

    HttpOptions options_;
    Router router_;
    tcp::acceptor acceptor_;
    asio::steady_timer backoff_;
    std::set<beast::tcp_stream*> streams_;
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
    constexpr unsigned http_1_1 = 11;
    const Message message =
        to_message(make_problem(503, "Too many connections; try later."), http_1_1, false, false);
    std::ostringstream text;
    text << message;
    beast::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text.str()), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
}

asio::awaitable<void> HttpServer::Impl::serve(tcp::socket socket) {
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

        Parser parser;
        parser.header_limit(options_.header_bytes);
        parser.body_limit(options_.body_bytes);
        stream.expires_after(options_.request_timeout);
        const auto [error, size] = co_await http::async_read(stream, buffer, parser, kAwaitable);

        std::optional<HttpResponse> response = refusal_of(error, parser);
        if (error && !response) co_return;
        if (!error) response = answer(parser.get());
        ++responses_[response->status];
        keep_alive = !error && parser.get().keep_alive();
        const bool is_head = parser.get().method() == http::verb::head;
        const unsigned version = error ? 11 : parser.get().version();
        Message message = to_message(std::move(*response), version, keep_alive, is_head);
        const auto [write_error, sent] = co_await http::async_write(stream, message, kAwaitable);
        if (write_error) co_return;
    }
    co_await linger(stream);
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

HttpResponse HttpServer::Impl::answer(const Parser::value_type& request) const {
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
    return router_.dispatch(plain);
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

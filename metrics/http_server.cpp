#include "metrics/http_server.hpp"

#include "metrics/families.hpp"
#include "metrics/http_connection.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>

#include <unistd.h>

#include <exception>
#include <string>
#include <utility>

namespace reginfo::metrics {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

constexpr auto kAwaited = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kAcceptBackoff{100};

/// Accepted at a time. So few that none gives way before it was looked at (HttpPlaces).
constexpr int kAcceptBatch = 16;

/// A loop ends by returning. An exception out of one is a bug: let it end the process.
void rethrow(std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
}

tcp::endpoint to_asio(const Endpoint& endpoint) {
    const asio::ip::address_v6 v6(endpoint.address.bytes());
    if (!endpoint.address.is_v4()) return {v6, endpoint.port};
    return {asio::ip::make_address_v4(asio::ip::v4_mapped, v6), endpoint.port};
}

}  // namespace

class HttpServer::Impl {
public:
    Impl(asio::io_context& io, HttpOptions options)
        : shared_(std::move(options)), acceptor_(io), backoff_(io) {}

    Endpoint open(const Endpoint& endpoint, std::optional<int> passed);
    void start(Router router);
    void stop();
    std::vector<prometheus::MetricFamily> collect() const;

private:
    void close_acceptor();
    asio::awaitable<void> accept_loop();
    void accept_more();
    void begin(tcp::socket socket);
    asio::awaitable<void> serve(tcp::socket socket);

    HttpShared shared_;
    tcp::acceptor acceptor_;
    asio::steady_timer backoff_;
};

Endpoint HttpServer::Impl::open(const Endpoint& endpoint, std::optional<int> passed) {
    const tcp::endpoint local = to_asio(endpoint);
    if (passed) {
        acceptor_.assign(local.protocol(), *passed);
    } else {
        acceptor_.open(local.protocol());
        acceptor_.set_option(tcp::acceptor::reuse_address(true));
        acceptor_.bind(local);
    }
    acceptor_.listen();
    acceptor_.non_blocking(true);
    return {endpoint.address, acceptor_.local_endpoint().port()};
}

void HttpServer::Impl::start(Router router) {
    shared_.router = std::move(router);
    asio::co_spawn(acceptor_.get_executor(), accept_loop(), rethrow);
}

void HttpServer::Impl::stop() {
    shared_.stopping = true;
    close_acceptor();
    backoff_.cancel();
    for (HttpConnection* connection : shared_.connections) connection->close();
}

/// Also takes it out of the reactor, which closing does not where the service manager that passed
/// it holds it as well.
void HttpServer::Impl::close_acceptor() {
    if (!acceptor_.is_open()) return;
    beast::error_code error;
    const int descriptor = acceptor_.release(error);
    if (!error) ::close(descriptor);
}

asio::awaitable<void> HttpServer::Impl::accept_loop() {
    while (!shared_.stopping) {
        auto [error, socket] = co_await acceptor_.async_accept(kAwaited);
        if (shared_.stopping) co_return;
        if (error) {  // no descriptor left, or the peer is gone already
            backoff_.expires_after(kAcceptBackoff);
            co_await backoff_.async_wait(kAwaited);
            continue;
        }
        begin(std::move(socket));
        accept_more();
    }
}

/// Those that wait already: in a flood the queue must move faster than it fills.
void HttpServer::Impl::accept_more() {
    for (int i = 0; i < kAcceptBatch; ++i) {
        beast::error_code none_left;
        tcp::socket socket = acceptor_.accept(none_left);
        if (none_left) return;
        begin(std::move(socket));
    }
}

void HttpServer::Impl::begin(tcp::socket socket) {
    try {
        asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)), rethrow);
    } catch (const std::exception& error) {  // no memory for it
        shared_.fault("accept", error.what());
    }
}

/// What goes wrong with one connection ends that one.
asio::awaitable<void> HttpServer::Impl::serve(tcp::socket socket) {
    beast::error_code gone;
    const tcp::endpoint peer = socket.remote_endpoint(gone);
    if (gone) co_return;
    try {
        HttpConnection connection(shared_, std::move(socket), peer);
        co_await connection.run();
    } catch (const std::exception& error) {
        shared_.fault("a connection", error.what());
    } catch (...) {
        shared_.fault("a connection", "unknown exception");
    }
}

std::vector<prometheus::MetricFamily> HttpServer::Impl::collect() const {
    Families families;
    for (const auto& [status, count] : shared_.responses) {
        const std::string code = std::to_string(status);
        const Families::Label labels[] = {{"code", code}};
        families.add("reginfod_http_responses_total", "HTTP responses sent.", count, labels);
    }
    families.add(
        "reginfod_http_connections", "HTTP connections open.", std::uint64_t{shared_.places.size()}
    );
    families.add(
        "reginfod_http_connections_refused_total",
        "HTTP connections answered 503: all others were being answered.",
        shared_.refused
    );
    families.add(
        "reginfod_http_connections_displaced_total",
        "HTTP connections closed for new ones while they waited for a request.",
        shared_.places.displaced()
    );
    families.add(
        "reginfod_http_faults_total",
        "Exceptions from handlers, answered 500 if that was possible.",
        shared_.faults
    );
    return families.take();
}

HttpServer::HttpServer(asio::io_context& io, HttpOptions options)
    : impl_(std::make_unique<Impl>(io, std::move(options))) {}

HttpServer::~HttpServer() = default;

Endpoint HttpServer::open(const Endpoint& endpoint, std::optional<int> passed) {
    return impl_->open(endpoint, passed);
}
void HttpServer::start(Router router) { impl_->start(std::move(router)); }
void HttpServer::stop() { impl_->stop(); }
std::vector<prometheus::MetricFamily> HttpServer::Collect() const { return impl_->collect(); }

}  // namespace reginfo::metrics

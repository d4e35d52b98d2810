#include "app/health_check.hpp"

#include "transport/socket_address.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <chrono>
#include <string>

namespace reginfo {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::chrono::seconds kPatience{5};

/// Where a socket that is bound to a wildcard address is reached from this host.
boost::asio::ip::tcp::endpoint reachable(const Endpoint& bound) {
    boost::asio::ip::address address = to_asio(bound.address);
    if (address.is_unspecified()) {
        address = address.is_v6() ? boost::asio::ip::make_address("::1")
                                  : boost::asio::ip::make_address("127.0.0.1");
    }
    return {address, bound.port};
}

/// One request and its answer; each step begins the next one.
class Question {
public:
    explicit Question(const boost::asio::ip::tcp::endpoint& server) : stream_(io_) {
        request_.set(http::field::host, "localhost");
        stream_.expires_after(kPatience);
        stream_.async_connect(server, [this](beast::error_code error) {
            if (is_well(error)) send();
        });
        io_.run();
    }

    const beast::error_code& error() const { return error_; }
    const http::response<http::string_body>& answer() const { return answer_; }

private:
    bool is_well(const beast::error_code& error) {
        error_ = error;
        return !error;
    }

    void send() {
        http::async_write(stream_, request_, [this](beast::error_code error, std::size_t) {
            if (is_well(error)) receive();
        });
    }

    void receive() {
        http::async_read(stream_, buffer_, answer_, [this](beast::error_code error, std::size_t) {
            error_ = error;
        });
    }

    boost::asio::io_context io_{1};
    beast::tcp_stream stream_;
    beast::flat_buffer buffer_;
    http::request<http::empty_body> request_{http::verb::get, "/healthz", 11};
    http::response<http::string_body> answer_;
    beast::error_code error_;
};

}  // namespace

void check_health(const Config& config) {
    if (!config.http.listen) throw HealthCheckError("http.listen is \"off\": nobody can be asked");
    const Question question(reachable(*config.http.listen));
    const std::string who = "http:" + config.http.listen->to_string();
    if (question.error()) throw HealthCheckError(who + ": " + question.error().message());
    if (question.answer().result() != http::status::ok) {
        throw HealthCheckError(who + ": " + std::to_string(question.answer().result_int()));
    }
}

}  // namespace reginfo

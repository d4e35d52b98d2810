/// @file
/// A real client socket for the side port, driven by the same io_context.
#pragma once

#include "core/base/address.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

namespace reginfo::test {

/// Connects at once (the kernel accepts) and runs the server while it waits.
class HttpClient {
public:
    HttpClient(boost::asio::io_context& io, const Endpoint& server) : io_(io), socket_(own_) {
        using boost::asio::ip::tcp;
        socket_.connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(), server.port));
        socket_.non_blocking(true);
    }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            boost::system::error_code error;
            const std::size_t sent =
                socket_.write_some(boost::asio::buffer(bytes.data(), bytes.size()), error);
            bytes.remove_prefix(sent);
            if (error == boost::asio::error::would_block) {
                step();
            } else if (error) {
                return;  // the server has closed; its answer can be read
            }
        }
    }

    /// Runs the server until the input contains `text`; throws if it does not within seconds.
    std::string read_until(std::string_view text) {
        while (received_.find(text) == std::string::npos) {
            if (!read_some()) throw std::runtime_error("closed after: " + received_);
        }
        return received_;
    }

    std::string read_to_end() {
        while (read_some()) {
        }
        return received_;
    }

    void forget() { received_.clear(); }

private:
    void step() {
        if (std::chrono::steady_clock::now() > deadline_) throw std::runtime_error("no answer");
        io_.restart();
        io_.run_one_for(std::chrono::milliseconds{5});
    }

    bool read_some() {
        std::array<char, 4096> bytes{};
        boost::system::error_code error;
        const std::size_t size = socket_.read_some(boost::asio::buffer(bytes), error);
        received_.append(bytes.data(), size);
        if (error == boost::asio::error::would_block) return step(), true;
        return !error;
    }

    boost::asio::io_context& io_;
    boost::asio::io_context own_;
    boost::asio::ip::tcp::socket socket_;
    std::string received_;
    std::chrono::steady_clock::time_point deadline_ =
        std::chrono::steady_clock::now() + std::chrono::seconds{10};
};

}  // namespace reginfo::test

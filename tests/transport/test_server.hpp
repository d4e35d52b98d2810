/// @file
/// A driver on loopback sockets with a scripted engine, and the peers that talk to it.
#pragma once

#include "core/event/persistence/journal.hpp"
#include "tests/transport/scripted_engine.hpp"
#include "transport/driver.hpp"
#include "transport/socket_address.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo::test {

inline ListenerConfig listener(Transport transport, const char* address = "127.0.0.1") {
    return {transport, boost::asio::ip::make_address(address), 0};
}

/// One that a stream framer cuts out whole.
inline std::string message(std::string_view call_id, std::string_view body = "") {
    return "OPTIONS sip:a@example.org SIP/2.0\r\nCall-ID: " + std::string(call_id) +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

/// Keeps commits until the test answers them, unless it is to do so at once.
class HeldJournal final : public Journal {
public:
    void on_done(Done done) override { done_ = std::move(done); }
    void commit(Commit commit) override {
        if (answers_at_once) return done_(commit.id, true);
        held.push_back(commit.id);
    }
    void answer(CommitId id, bool ok) { done_(id, ok); }

    bool answers_at_once = true;
    std::vector<CommitId> held;

private:
    Done done_;
};

class TestServer {
public:
    explicit TestServer(
        const std::vector<ListenerConfig>& configs,
        const TransportOptions& options = {}
    )
        : listeners_(Listeners::open(io, configs)),
          bound_(endpoints_of(listeners_)),
          driver(
              DriverParts{
                  io,
                  engine,
                  &journal,
                  [this](const Note& note) { log(note); },
                  nullptr,
                  [this](const IpAddress&) { return admission; },
                  nullptr,
                  [this] { return may_speak ? may_speak() : true; }
              },
              std::move(listeners_),
              options
          ) {
        driver.start();
    }

    /// Runs handlers until `reached` is true; false if that takes suspiciously long.
    template <class Predicate>
    bool run_until(Predicate reached) {
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (!reached()) {
            if (std::chrono::steady_clock::now() > give_up) return false;
            io.restart();
            io.run_one_for(std::chrono::milliseconds{2});
        }
        return true;
    }

    Endpoint bound(ListenerId id) const { return bound_[id]; }
    const TransportStats& stats() const { return driver.stats(); }
    std::uint64_t closed_by(CloseCause cause) const {
        return stats().connections_closed[static_cast<std::size_t>(cause)];
    }

    boost::asio::io_context io{1};
    Script script;
    Engine engine{{}, script.seed()};
    HeldJournal journal;
    std::vector<Note> notes;
    std::function<void()> on_note;
    Admission admission = Admission::served;  ///< of the connecting peer
    std::function<bool()> may_speak;          ///< none: always

private:
    void log(const Note& note) {
        notes.push_back(note);
        if (on_note) on_note();
    }

    static std::vector<Endpoint> endpoints_of(const Listeners& listeners) {
        std::vector<Endpoint> endpoints;
        for (std::size_t i = 0; i < listeners.size(); ++i) {
            endpoints.push_back(listeners.bound(static_cast<ListenerId>(i)));
        }
        return endpoints;
    }

    Listeners listeners_;
    std::vector<Endpoint> bound_;

public:
    Driver driver;
};

/// A peer's sockets are never waited on: the test asks them while the server runs.
class UdpPeer {
public:
    explicit UdpPeer(const char* address = "127.0.0.1")
        : socket_(io_, {boost::asio::ip::make_address(address), 0}) {
        socket_.non_blocking(true);
        socket_.set_option(boost::asio::socket_base::receive_buffer_size(1 << 20));
    }

    void send(const Endpoint& to, std::string_view bytes) {
        const boost::asio::ip::udp::endpoint there(to_asio(to.address), to.port);
        socket_.send_to(boost::asio::buffer(bytes), there);
    }

    /// Takes all that has arrived. Returns the number of all datagrams so far.
    std::size_t poll() {
        std::string room(65'536, '\0');
        boost::system::error_code error;
        for (;;) {
            boost::asio::ip::udp::endpoint from;
            const std::size_t size =
                socket_.receive_from(boost::asio::buffer(room), from, 0, error);
            if (error) return received.size();
            received.push_back(room.substr(0, size));
            senders.push_back(to_core(from));
        }
    }

    Endpoint endpoint() const { return to_core(socket_.local_endpoint()); }

    std::vector<std::string> received;
    std::vector<Endpoint> senders;

private:
    boost::asio::io_context io_;
    boost::asio::ip::udp::socket socket_;
};

class TcpPeer {
public:
    using Socket = boost::asio::ip::tcp::socket;

    explicit TcpPeer(Socket socket) : socket_(std::move(socket)) { socket_.non_blocking(true); }
    TcpPeer(boost::asio::io_context& io, const Endpoint& server) : socket_(io) {
        socket_.connect(to_tcp(server));
        socket_.non_blocking(true);
    }

    /// Small enough for the kernel's buffers.
    void send(std::string_view bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }

    /// Takes all that has arrived. Returns the number of all bytes so far.
    std::size_t poll() {
        std::string room(1 << 20, '\0');
        boost::system::error_code error;
        while (!error) {
            const std::size_t size = socket_.read_some(boost::asio::buffer(room), error);
            received.append(room, 0, size);
        }
        if (error != boost::asio::error::would_block) ended = true;
        if (error == boost::asio::error::connection_reset) reset = true;
        return received.size();
    }

    bool poll_end() {
        poll();
        return ended;
    }

    void end_output() { socket_.shutdown(Socket::shutdown_send); }
    void close() { socket_.close(); }
    Endpoint endpoint() const { return to_core(socket_.local_endpoint()); }
    Endpoint remote() const { return to_core(socket_.remote_endpoint()); }

    std::string received;
    bool ended = false;
    bool reset = false;

private:
    Socket socket_;
};

/// Where the server can connect to.
class TcpTarget {
public:
    explicit TcpTarget(int backlog = 16) : acceptor_(io_) {
        acceptor_.open(boost::asio::ip::tcp::v4());
        acceptor_.bind({boost::asio::ip::make_address("127.0.0.1"), 0});
        acceptor_.listen(backlog);
        acceptor_.non_blocking(true);
    }

    std::optional<TcpPeer> accept() {
        boost::system::error_code error;
        boost::asio::ip::tcp::socket socket(io_);
        acceptor_.accept(socket, error);
        if (error) return std::nullopt;
        return TcpPeer(std::move(socket));
    }

    Endpoint endpoint() const { return to_core(acceptor_.local_endpoint()); }
    boost::asio::io_context& io() { return io_; }
    void close() { acceptor_.close(); }

private:
    boost::asio::io_context io_;
    boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace reginfo::test

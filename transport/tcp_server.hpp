/// @file
/// All TCP connections: accepts, connects, finds the one for a flow, ends them.
#pragma once

#include "core/outbox.hpp"
#include "transport/connection_table.hpp"
#include "transport/tcp_closer.hpp"
#include "transport/tcp_listener.hpp"
#include "transport/tcp_timeouts.hpp"
#include "transport/transport_options.hpp"
#include "transport/transport_stats.hpp"
#include "transport/turn_handler.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace reginfo {

/// The completion handlers know a connection by its number only and ask the table for it, so it can
/// be destroyed at any moment.
class TcpServer {
public:
    /// @param spare_texts  gets the heads that were sent
    /// All references must outlive the server.
    TcpServer(
        boost::asio::io_context& io,
        TurnHandler& handler,
        const TransportOptions& options,
        SpareTexts& spare_texts,
        TransportStats& stats
    );

    void add_listener(ListenerId id, boost::asio::ip::tcp::acceptor acceptor);

    void start();

    /// Closes everything at once, whatever is queued, and tells nobody.
    void stop();

    /// Queues the message on the connection that its flow means; connects if there is none. What
    /// fails comes back as TurnHandler::handle_flow_closed.
    void send(Send message);

    /// Takes nothing more from the flow's connection, and closes it after what is queued.
    void close(const Flow& flow);

    /// While paused, what peers send stays in the kernel's buffers and slows them down.
    void pause_reading(bool paused);

    /// Ends the connections that have something to send still: it must not leave later, nor what
    /// the kernel has of it.
    void end_unsent();

    /// Writes what was queued since the last flush.
    void flush();

private:
    void accept(ListenerId id, boost::asio::ip::tcp::socket socket, const Endpoint& peer);
    TcpConnection* find(const Flow& flow) const;
    TcpConnection* connect(const Flow& flow);
    void on_connected(ConnectionId id, const boost::system::error_code& error);
    void finish_connect(TcpConnection& connection, const boost::system::error_code& error);
    bool has_room_for(const IpAddress& peer) const;
    bool has_room_for(const IpAddress& peer, Admission admission) const;
    bool knows_listener_of(const Flow& flow) const;
    TcpConnection& add(boost::asio::ip::tcp::socket socket, const TcpConnection::Origin& origin);
    const IpAddress& local_of(const Flow& flow) const;

    void wait_readable(TcpConnection& connection);
    void on_readable(ConnectionId id);
    void read(TcpConnection& connection);
    void await_next_message(TcpConnection& connection, bool came_message);
    void flush_later(TcpConnection& connection);
    void write(TcpConnection& connection);
    void on_writable(ConnectionId id);
    bool keep_within_bounds(TcpConnection& connection);
    bool is_over_bound(const TcpConnection& connection) const;

    void end_of_input(TcpConnection& connection);
    void begin_close(TcpConnection& connection, CloseCause cause);
    void expire_connections();
    void time_out(TcpConnection& connection, TcpTimeouts::Awaited awaited);

    static constexpr std::size_t kReadBytes = 65'536;

    boost::asio::io_context& io_;
    TurnHandler& handler_;
    const TransportOptions& options_;
    SpareTexts& spare_texts_;
    TransportStats& stats_;
    std::vector<std::unique_ptr<TcpListener>> listeners_;  ///< by ListenerId; null for others
    ConnectionTable table_;
    TcpTimeouts timeouts_;
    TcpCloser closer_;
    ConnectionId last_id_ = 0;
    std::vector<ConnectionId> to_be_flushed_;
    bool reading_paused_ = false;
    std::vector<ConnectionId> to_be_read_;  ///< readable, but reading is paused
    bool stopped_ = false;
    std::unique_ptr<std::array<char, kReadBytes>> room_;
};

}  // namespace reginfo

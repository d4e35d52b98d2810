/// @file
/// All TCP connections: accepts, connects, finds the one for a flow, reads and writes.

#include "transport/tcp_server.hpp"

#include "transport/socket_address.hpp"
#include "transport/tcp_options.hpp"
#include "transport/timer_alarm.hpp"

#include <boost/asio/post.hpp>

#include <string>
#include <utility>

namespace reginfo {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using Io = TcpConnection::Io;
using Awaited = TcpTimeouts::Awaited;

/// A peer that keeps its connection alive with a single CRLF has not begun a message: the framer
/// keeps that, for it may be the first half of a ping.
constexpr std::size_t kPingBytes = 4;
/// Connections that are only to be told that they are forbidden; they take nobody else's place.
constexpr std::size_t kForbiddenMax = 16;

}  // namespace

TcpServer::TcpServer(
    boost::asio::io_context& io,
    TurnHandler& handler,
    const TransportOptions& options,
    SpareTexts& spare_texts,
    TransportStats& stats
)
    : io_(io),
      handler_(handler),
      options_(options),
      spare_texts_(spare_texts),
      stats_(stats),
      timeouts_(options, std::make_unique<TimerAlarm>(io), [this] { expire_connections(); }),
      closer_(table_, timeouts_, handler, stats),
      room_(std::make_unique_for_overwrite<std::array<char, kReadBytes>>()) {}

void TcpServer::add_listener(ListenerId id, tcp::acceptor acceptor) {
    if (listeners_.size() <= id) listeners_.resize(std::size_t{id} + 1);
    listeners_[id] =
        std::make_unique<TcpListener>(std::move(acceptor), options_.accept_backoff, stats_);
}

void TcpServer::start() {
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
        if (!listeners_[i]) continue;
        const auto id = static_cast<ListenerId>(i);
        const auto on_accept = [this, id](tcp::socket socket, const Endpoint& peer) {
            accept(id, std::move(socket), peer);
        };
        const auto on_error = [this](const error_code& error) {
            handler_.note({Note::Severity::error, "accept failed", error.message()});
        };
        listeners_[i]->start(on_accept, on_error);
    }
}

void TcpServer::stop() {
    stopped_ = true;
    for (const auto& listener : listeners_) {
        if (listener) listener->stop();
    }
    timeouts_.stop();
    to_be_flushed_.clear();
    table_.clear();
    stats_.connections_open = 0;
}

// Connections come.

void TcpServer::accept(ListenerId id, tcp::socket socket, const Endpoint& peer) {
    const Admission admission = handler_.admission_of(peer.address);
    if (admission == Admission::ignored) {
        ++stats_.connections_untrusted;
        handler_.note({Note::Severity::warning, "connection refused: untrusted", peer.to_string()});
        return;
    }
    if (!has_room_for(peer.address, admission)) {
        ++stats_.connections_refused;
        handler_.note({Note::Severity::warning, "connection refused: limit", peer.to_string()});
        return;
    }
    set_tcp_options(socket, options_);
    ++stats_.connections_accepted;
    const Flow flow{Transport::tcp, id, peer, 0, ++last_id_};
    const bool forbidden = admission == Admission::forbidden;
    TcpConnection& connection =
        add(std::move(socket), {flow, local_of(flow), TcpPhase::open, forbidden});
    timeouts_.touch(connection, forbidden ? Awaited::message : Awaited::anything);
    wait_readable(connection);
}

bool TcpServer::has_room_for(const IpAddress& peer, Admission admission) const {
    return admission == Admission::forbidden ? table_.count_forbidden() < kForbiddenMax
                                             : has_room_for(peer);
}

bool TcpServer::has_room_for(const IpAddress& peer) const {
    return table_.size() - table_.count_forbidden() < options_.connections &&
           table_.count_with(peer) < options_.connections_per_peer;
}

bool TcpServer::knows_listener_of(const Flow& flow) const {
    return flow.listener < listeners_.size() && listeners_[flow.listener] != nullptr;
}

const IpAddress& TcpServer::local_of(const Flow& flow) const {
    return listeners_[flow.listener]->bound().address;
}

TcpConnection& TcpServer::add(tcp::socket socket, const TcpConnection::Origin& origin) {
    auto connection = std::make_unique<TcpConnection>(
        std::move(socket), origin, options_.message, spare_texts_, stats_
    );
    ++stats_.connections_open;
    return table_.add(std::move(connection));
}

/// Null if there is none that takes messages.
TcpConnection* TcpServer::find(const Flow& flow) const {
    TcpConnection* found = nullptr;
    if (flow.connection != 0) {
        found = table_.find(flow.connection);
    } else if (knows_listener_of(flow)) {
        found = table_.find(local_of(flow), flow.peer);
    }
    return found != nullptr && !found->is_closing() ? found : nullptr;
}

/// Null if it could not even be begun.
TcpConnection* TcpServer::connect(const Flow& flow) {
    if (flow.connection != 0 || !knows_listener_of(flow)) return nullptr;
    if (!has_room_for(flow.peer.address)) {
        ++stats_.connects_failed;
        handler_.note({Note::Severity::warning, "no connection made: limit", flow.peer.to_string()}
        );
        return nullptr;
    }
    tcp::socket socket(io_);
    if (open_for_connect(socket, listeners_[flow.listener]->bound(), flow.peer, options_)) {
        ++stats_.connects_failed;
        return nullptr;
    }

    Flow own = flow;
    own.connection = ++last_id_;
    TcpConnection& connection =
        add(std::move(socket), {own, local_of(own), TcpPhase::connecting, false});
    timeouts_.touch(connection, Awaited::connect);
    const auto on_connect = [this, id = connection.id()](const error_code& error) {
        on_connected(id, error);
    };
    connection.socket().async_connect(to_tcp(flow.peer), on_connect);
    return &connection;
}

void TcpServer::on_connected(ConnectionId id, const error_code& error) {
    if (table_.find(id) == nullptr) return;
    handler_.begin_turn();
    if (TcpConnection* const connection = table_.find(id)) finish_connect(*connection, error);
    handler_.end_turn();
}

void TcpServer::finish_connect(TcpConnection& connection, const error_code& error) {
    if (error) {
        ++stats_.connects_failed;
        return closer_.give_up(connection);
    }
    ++stats_.connections_made;
    connection.connected();
    timeouts_.touch(connection, Awaited::anything);
    wait_readable(connection);
    flush_later(connection);
}

// Input.

void TcpServer::wait_readable(TcpConnection& connection) {
    const auto on_ready = [this, id = connection.id()](const error_code& error) {
        if (!error) on_readable(id);
    };
    connection.socket().async_wait(tcp::socket::wait_read, on_ready);
}

void TcpServer::pause_reading(bool paused) {
    reading_paused_ = paused;
    if (paused) return;
    for (const ConnectionId id : std::exchange(to_be_read_, {})) {
        boost::asio::post(io_, [this, id] { on_readable(id); });
    }
}

void TcpServer::on_readable(ConnectionId id) {
    if (stopped_) return;
    if (reading_paused_) return to_be_read_.push_back(id);

    handler_.begin_turn();
    if (TcpConnection* const connection = table_.find(id)) read(*connection);
    handler_.end_turn();

    TcpConnection* const rest = table_.find(id);
    if (rest != nullptr && rest->has_input()) wait_readable(*rest);
}

/// May end the connection.
void TcpServer::read(TcpConnection& connection) {
    const auto frames_before = stats_.stream_messages_received + stats_.stream_pings;
    switch (connection.read(*room_, handler_)) {
        case Io::done:
            return await_next_message(
                connection, stats_.stream_messages_received + stats_.stream_pings > frames_before
            );
        case Io::blocked:
            return;
        case Io::ended:
            return end_of_input(connection);
        case Io::failed:
            return closer_.end(connection, CloseCause::error);
    }
}

void TcpServer::await_next_message(TcpConnection& connection, bool came_message) {
    if (connection.is_closing()) return;
    if (connection.queued_bytes() > 0) {  // a pong
        flush_later(connection);
        if (!keep_within_bounds(connection)) return;
    }

    // Who is forbidden has the time of one message, whatever comes in it.
    const bool between_messages = connection.buffered() < kPingBytes && !connection.is_forbidden();
    if (between_messages) {
        timeouts_.touch(connection, Awaited::anything);
    } else if (stats_.stream_input_bytes > options_.tcp_input_bytes_total) {
        closer_.end(connection, CloseCause::memory);
    } else if (connection.awaited() == Awaited::anything ||
               (came_message && !connection.is_forbidden())) {
        timeouts_.touch(connection, Awaited::message);
    }
}

// Output.

void TcpServer::send(Send message) {
    if (stopped_) return;
    TcpConnection* connection = find(message.flow);
    if (connection == nullptr && message.reconnect_port != 0) {
        message.flow.connection = 0;
        message.flow.peer.port = message.reconnect_port;
        connection = find(message.flow);
    }
    if (connection == nullptr) connection = connect(message.flow);
    if (connection == nullptr) {
        ++stats_.stream_messages_unsendable;
        return handler_.handle_flow_closed(message.flow);
    }
    if (message.flow.connection == 0) connection->use_by_peer();
    connection->push(std::move(message.head), std::move(message.tail));
    flush_later(*connection);
    if (!connection->has_input() && !connection->owes_answers()) {
        return begin_close(*connection, CloseCause::peer);
    }
    keep_within_bounds(*connection);
}

/// Sends what the kernel takes of a queue that is over its bound, and ends the connection if that
/// is too little. Returns whether the connection is still there.
bool TcpServer::keep_within_bounds(TcpConnection& connection) {
    if (!is_over_bound(connection)) return true;
    const ConnectionId id = connection.id();
    write(connection);
    TcpConnection* const rest = table_.find(id);
    if (rest == nullptr || !is_over_bound(*rest)) return rest != nullptr;
    const std::string peer = rest->flow().peer.to_string();
    closer_.end(*rest, CloseCause::slow_reader);
    handler_.note({Note::Severity::warning, "connection closed: peer does not read", peer});
    return false;
}

/// A connection whose queue is empty does no harm, however much is queued for others.
bool TcpServer::is_over_bound(const TcpConnection& connection) const {
    if (connection.queued_bytes() == 0) return false;
    return connection.queued_bytes() > options_.tcp_queue_bytes ||
           stats_.stream_bytes_queued > options_.tcp_queue_bytes_total;
}

void TcpServer::flush_later(TcpConnection& connection) {
    if (connection.flush_later()) to_be_flushed_.push_back(connection.id());
}

void TcpServer::flush() {
    for (std::size_t i = 0; i < to_be_flushed_.size(); ++i) {
        TcpConnection* const connection = table_.find(to_be_flushed_[i]);
        if (connection != nullptr && connection->flush()) write(*connection);
    }
    to_be_flushed_.clear();
}

/// May end the connection.
void TcpServer::write(TcpConnection& connection) {
    if (connection.phase() == TcpPhase::connecting || connection.is_blocked()) return;
    const Io result = connection.write();
    if (result == Io::failed) return closer_.end(connection, CloseCause::error);
    if (result == Io::blocked) {
        connection.block_output();
        const auto on_ready = [this, id = connection.id()](const error_code& error) {
            if (!error) on_writable(id);
        };
        connection.socket().async_wait(tcp::socket::wait_write, on_ready);
    }

    if (!connection.is_closing()) {
        const bool is_idle = connection.awaited() == Awaited::anything;
        if (is_idle) timeouts_.touch(connection, Awaited::anything);
    } else if (result == Io::done) {
        closer_.finish(connection);
    }
}

void TcpServer::on_writable(ConnectionId id) {
    if (stopped_) return;
    handler_.begin_turn();
    if (TcpConnection* const connection = table_.find(id)) {
        connection->unblock_output();
        write(*connection);
    }
    handler_.end_turn();
}

// Connections end.

void TcpServer::close(const Flow& flow) {
    TcpConnection* const connection = find(flow);
    if (connection == nullptr) return;
    if (connection->phase() == TcpPhase::connecting) {
        closer_.end(*connection, CloseCause::requested);
    } else {
        begin_close(*connection, CloseCause::requested);
    }
}

void TcpServer::end_unsent() {
    std::vector<ConnectionId> unsent;
    table_.for_each([&](const TcpConnection& connection) {
        if (connection.queued_bytes() > 0) unsent.push_back(connection.id());
    });
    for (const ConnectionId id : unsent) {
        TcpConnection* const connection = table_.find(id);
        if (connection == nullptr) continue;
        // Closed like this it is reset. The destructor of Asio would let it linger.
        error_code ignored;
        connection->socket().set_option(boost::asio::socket_base::linger(true, 0), ignored);
        connection->socket().close(ignored);
        closer_.end(*connection, CloseCause::requested);
    }
}

/// May end the connection.
void TcpServer::end_of_input(TcpConnection& connection) {
    closer_.end_input(connection);
    if (connection.is_closing()) write(connection);
}

/// May end the connection.
void TcpServer::begin_close(TcpConnection& connection, CloseCause cause) {
    closer_.begin(connection, cause);
    write(connection);
}

void TcpServer::expire_connections() {
    handler_.begin_turn();
    timeouts_.expire([this](ConnectionId id, Awaited awaited) {
        if (TcpConnection* const connection = table_.find(id)) time_out(*connection, awaited);
    });
    handler_.end_turn();
}

void TcpServer::time_out(TcpConnection& connection, Awaited awaited) {
    switch (awaited) {
        case Awaited::connect:
            ++stats_.connects_timed_out;
            return closer_.give_up(connection);
        case Awaited::message:
            return closer_.end(connection, CloseCause::message);
        case Awaited::anything:
            return closer_.end(connection, CloseCause::idle);
        case Awaited::close:
            return closer_.end(connection, CloseCause::peer);
    }
}

}  // namespace reginfo

/// @file
/// TcpServer: how connections end, by either side or by time.

#include "transport/steady_time.hpp"
#include "transport/tcp_server.hpp"

#include <optional>

namespace reginfo {
namespace {

using Awaited = TcpTimeouts::Awaited;
using Phase = TcpConnection::Phase;
using boost::system::error_code;

/// Bounded, so that many timeouts at once cannot starve the sockets; the rest follow at once.
constexpr int kTimeoutsPerTurn = 256;

}  // namespace

void TcpServer::close(const Flow& flow) {
    TcpConnection* const connection = find(flow);
    if (connection == nullptr) return;
    if (connection->phase == Phase::connecting) {
        end(*connection, CloseCause::requested);
    } else {
        begin_close(*connection, CloseCause::requested);
    }
}

/// The peer sends no more. It may still wait for answers, which come when what they say is durable;
/// for anything else the connection is gone.
void TcpServer::end_of_input(TcpConnection& connection) {
    connection.stream_ended = true;
    if (connection.phase != Phase::open || !connection.owes_answers()) {
        return begin_close(connection, CloseCause::peer);
    }
    table_.forget_peer(connection);
    touch(connection, Awaited::close);
}

void TcpServer::begin_close(TcpConnection& connection, CloseCause cause) {
    if (connection.phase != Phase::closing) {
        count_closed(cause);
        tell_closed(connection);
        table_.forget_peer(connection);
        connection.phase = Phase::closing;
        touch(connection, Awaited::close);
    }
    write(connection);
}

void TcpServer::end(TcpConnection& connection, CloseCause cause) {
    if (connection.phase != Phase::closing) {
        count_closed(cause);
        tell_closed(connection);
    }
    remove(connection);
}

void TcpServer::remove(TcpConnection& connection) {
    --stats_.connections_open;
    if (connection.forbidden) --forbidden_;
    table_.remove(connection);
}

void TcpServer::count_closed(CloseCause cause) {
    ++stats_.connections_closed[static_cast<std::size_t>(cause)];
}

void TcpServer::tell_closed(const TcpConnection& connection) {
    Flow flow = connection.flow();
    if (connection.phase != Phase::connecting) handler_.handle_flow_closed(flow);
    if (!connection.used_by_peer) return;
    flow.connection = 0;
    handler_.handle_flow_closed(flow);
}

// Time passes.

void TcpServer::touch(TcpConnection& connection, Awaited awaited) {
    timeouts_.touch(connection, awaited, steady_now());
    arm();
}

void TcpServer::arm() {
    const std::optional<TimePoint> next = timeouts_.next();
    if (!next || (armed_for_ && *armed_for_ <= *next)) return;
    armed_for_ = next;
    timer_.expires_at(to_steady(*next));
    const auto on_expiry = [this](const error_code& error) {
        if (!error && !stopped_) on_timeout();
    };
    timer_.async_wait(on_expiry);
}

void TcpServer::on_timeout() {
    armed_for_.reset();
    handler_.begin_turn();
    const TimePoint now = steady_now();
    for (int i = 0; i < kTimeoutsPerTurn; ++i) {
        const std::optional<TcpTimeouts::Due> due = timeouts_.due(now);
        if (!due) break;
        time_out(*due);
    }
    handler_.end_turn();
    if (!stopped_) arm();
}

void TcpServer::time_out(const TcpTimeouts::Due& due) {
    switch (due.awaited) {
        case Awaited::connect:
            ++stats_.connects_timed_out;
            tell_closed(*due.connection);
            return remove(*due.connection);
        case Awaited::message:
            return end(*due.connection, CloseCause::message);
        case Awaited::anything:
            return end(*due.connection, CloseCause::idle);
        case Awaited::close:
            return end(*due.connection, CloseCause::peer);
    }
}

}  // namespace reginfo

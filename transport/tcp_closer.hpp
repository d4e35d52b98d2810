/// @file
/// How TCP connections end: at once, or after what is queued and what the peer still sends.
#pragma once

#include "transport/connection_table.hpp"
#include "transport/tcp_timeouts.hpp"
#include "transport/transport_stats.hpp"
#include "transport/turn_handler.hpp"

namespace reginfo {

/// Removes connections from the table, and reports each once: to the statistics, and to the
/// handler, as the end of each flow that led to the connection.
class TcpCloser {
public:
    /// All must outlive it.
    TcpCloser(
        ConnectionTable& table,
        TcpTimeouts& timeouts,
        TurnHandler& handler,
        TransportStats& stats
    );

    /// The peer sends no more. It may still wait for answers, which come when their change is
    /// durable; for anything else the connection is gone, after what is queued.
    void end_input(TcpConnection& connection);

    /// For everybody else the connection is gone; what is queued is still to be sent. Does nothing
    /// where that is so already.
    void begin(TcpConnection& connection, CloseCause cause);

    /// All is sent on a connection that is closing. The peer may still be sending: closed now, the
    /// kernel would answer that with a reset, and the peer would lose what it has not read yet.
    void finish(TcpConnection& connection);

    /// Ends it at once, whatever is queued.
    void end(TcpConnection& connection, CloseCause cause);

    /// Ends one that did not come about.
    void give_up(TcpConnection& connection);

private:
    void tell(TcpConnection& connection, CloseCause cause);
    void tell_handler(const TcpConnection& connection);
    void remove(TcpConnection& connection);

    ConnectionTable& table_;
    TcpTimeouts& timeouts_;
    TurnHandler& handler_;
    TransportStats& stats_;
};

}  // namespace reginfo

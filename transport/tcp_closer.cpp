#include "transport/tcp_closer.hpp"

namespace reginfo {

using Awaited = TcpTimeouts::Awaited;

TcpCloser::TcpCloser(
    ConnectionTable& table,
    TcpTimeouts& timeouts,
    TurnHandler& handler,
    TransportStats& stats
)
    : table_(table), timeouts_(timeouts), handler_(handler), stats_(stats) {}

void TcpCloser::end_input(TcpConnection& connection) {
    connection.end_input();
    if (connection.is_closing()) return;
    if (!connection.owes_answers()) return begin(connection, CloseCause::peer);
    table_.forget_peer(connection);
    timeouts_.touch(connection, Awaited::close);
}

void TcpCloser::begin(TcpConnection& connection, CloseCause cause) {
    if (connection.is_closing()) return;
    tell(connection, cause);
    table_.forget_peer(connection);
    connection.close();
    timeouts_.touch(connection, Awaited::close);
}

void TcpCloser::finish(TcpConnection& connection) {
    if (!connection.has_input()) return remove(connection);
    boost::system::error_code ignored;
    connection.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
}

void TcpCloser::end(TcpConnection& connection, CloseCause cause) {
    if (!connection.is_closing()) tell(connection, cause);
    remove(connection);
}

void TcpCloser::give_up(TcpConnection& connection) {
    tell_handler(connection);
    remove(connection);
}

void TcpCloser::tell(TcpConnection& connection, CloseCause cause) {
    ++stats_.connections_closed[static_cast<std::size_t>(cause)];
    tell_handler(connection);
}

void TcpCloser::tell_handler(const TcpConnection& connection) {
    Flow flow = connection.flow();
    if (connection.phase() != TcpPhase::connecting) handler_.handle_flow_closed(flow);
    if (!connection.is_used_by_peer()) return;
    flow.connection = 0;
    handler_.handle_flow_closed(flow);
}

void TcpCloser::remove(TcpConnection& connection) {
    --stats_.connections_open;
    table_.remove(connection);
}

}  // namespace reginfo

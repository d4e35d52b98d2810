/// @file
/// One TCP connection: its input cut into messages, its output queued and gathered.
#pragma once

#include "core/base/spare_texts.hpp"
#include "core/outbox.hpp"
#include "core/sip/stream_framer.hpp"
#include "transport/fifo.hpp"
#include "transport/tcp_phase.hpp"
#include "transport/tcp_timeouts.hpp"
#include "transport/transport_stats.hpp"
#include "transport/turn_handler.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace reginfo {

/// Does the system calls, keeps the queue and its phase; when to do them, and when to end, is
/// TcpServer's matter. It holds no big buffer while idle.
class TcpConnection : public TcpTimeouts::Waiter {
public:
    enum class Io : std::uint8_t { done, blocked, ended, failed };

    /// How it came to be.
    struct Origin {
        Flow flow;        ///< names the connection: with its id, as the engine sees it
        IpAddress local;  ///< of the listener that it belongs to
        TcpPhase phase = TcpPhase::open;
        bool forbidden = false;  ///< is let in to be told so
    };

    /// @param spare_texts  gets the heads that were sent
    /// @param stats        both must outlive the connection
    TcpConnection(
        boost::asio::ip::tcp::socket socket,
        const Origin& origin,
        const sip::ParseLimits& limits,
        SpareTexts& spare_texts,
        TransportStats& stats
    );
    ~TcpConnection();
    TcpConnection(const TcpConnection&) = delete;
    TcpConnection& operator=(const TcpConnection&) = delete;

    const Flow& flow() const { return origin_.flow; }
    ConnectionId id() const { return origin_.flow.connection; }
    const IpAddress& local() const { return origin_.local; }
    bool is_forbidden() const { return origin_.forbidden; }
    boost::asio::ip::tcp::socket& socket() { return socket_; }

    /// Reads once, into `room`, and hands in each whole message. Answers pings (RFC 5626 §3.5.1),
    /// with one pong at a time: a peer that does not read its pongs gets no more of them.
    /// Returns done, blocked where nothing was there, ended at the end of the stream, or failed.
    Io read(std::span<char> room, TurnHandler& handler);

    /// Input of a message that is not yet complete.
    std::size_t buffered() const { return framer_.buffered(); }

    void push(std::string head, SharedBytes tail);
    /// Whether requests came whose final response is to come, and is not in the queue yet.
    bool owes_answers() const { return unanswered_ > 0; }
    std::size_t queued_bytes() const { return queued_bytes_; }

    /// Sends until the queue is empty (done) or the kernel takes no more (blocked), or failed.
    Io write();

    /// It has to be written before the turn ends. Returns whether that is news.
    bool flush_later();

    /// The turn ends. Returns whether it has to be written.
    bool flush();

    /// The kernel takes no more, until the socket is writable: then there is nothing to flush.
    void block_output() { output_ = Output::blocked; }
    void unblock_output() { output_ = Output::idle; }
    bool is_blocked() const { return output_ == Output::blocked; }

    TcpPhase phase() const { return phase_; }
    bool is_closing() const;  ///< takes nothing more to send
    bool has_input() const;   ///< the peer may still send
    void connected() { enter(TcpPhase::open); }
    void end_input();  ///< the peer has ended it
    void close();

    /// It was found by its peer: flows without a number mean it.
    void use_by_peer() { used_by_peer_ = true; }
    bool is_used_by_peer() const { return used_by_peer_; }

private:
    struct Outgoing {
        std::string head;
        SharedBytes tail;
        bool counts = true;  ///< is a message, not a pong

        std::size_t size() const { return head.size() + (tail ? tail->size() : 0); }
    };

    enum class Output : std::uint8_t {
        idle,
        to_be_flushed,  ///< is in the list of this turn
        blocked,        ///< waits until the kernel takes more
    };

    void enter(TcpPhase next);
    std::size_t hand_in(TurnHandler& handler);
    void push(Outgoing outgoing);
    void pop_sent(std::size_t bytes);

    boost::asio::ip::tcp::socket socket_;
    Origin origin_;
    TcpPhase phase_;
    Output output_ = Output::idle;
    bool used_by_peer_ = false;
    SpareTexts& spare_texts_;
    TransportStats& stats_;
    sip::StreamFramer framer_;
    std::size_t buffered_ = 0;    ///< as counted in stats_
    std::size_t unanswered_ = 0;  ///< requests that will be answered
    bool broken_ = false;
    bool pong_queued_ = false;
    Fifo<Outgoing, 16> queue_;
    std::size_t queued_bytes_ = 0;
    std::size_t front_sent_ = 0;  ///< bytes of the first in the queue
};

}  // namespace reginfo

/// @file
/// One TCP connection: its input cut into messages, its output queued and gathered.
#pragma once

#include "core/base/spare_texts.hpp"
#include "core/base/time.hpp"
#include "core/outbox.hpp"
#include "core/sip/stream_framer.hpp"
#include "transport/fifo.hpp"
#include "transport/transport_stats.hpp"
#include "transport/turn_handler.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list_hook.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace reginfo {

/// Does the system calls and keeps the queue; when to do them, and when to end, is TcpServer's
/// matter. It holds no big buffer while idle.
class TcpConnection : public boost::intrusive::list_base_hook<
                          boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    enum class Phase : std::uint8_t {
        connecting,
        open,
        closing,  ///< nothing new is queued; input is thrown away
    };
    enum class Io : std::uint8_t { done, blocked, ended, failed };

    /// @param flow   names the connection: with its id, as the engine sees it
    /// @param local  the address of the listener that it belongs to
    /// @param spare_texts  gets the heads that were sent
    /// @param stats        both must outlive the connection
    TcpConnection(
        boost::asio::ip::tcp::socket socket,
        const Flow& flow,
        const IpAddress& local,
        const sip::ParseLimits& limits,
        SpareTexts& spare_texts,
        TransportStats& stats
    );
    ~TcpConnection();
    TcpConnection(const TcpConnection&) = delete;
    TcpConnection& operator=(const TcpConnection&) = delete;

    const Flow& flow() const { return flow_; }
    ConnectionId id() const { return flow_.connection; }
    const IpAddress& local() const { return local_; }
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

    // TcpServer's notes on it.
    Phase phase = Phase::open;
    TimePoint touched;             ///< since when it is in its list of TcpTimeouts
    bool between_messages = true;  ///< at the last touch
    bool to_be_flushed = false;    ///< is in the list of this turn
    bool awaiting_writable = false;
    bool stream_ended = false;  ///< the peer sends no more; it may wait for answers
    bool forbidden = false;     ///< is let in to be told so
    bool used_by_peer = false;  ///< was found by its peer: flows without number mean it

private:
    struct Outgoing {
        std::string head;
        SharedBytes tail;
        bool counts = true;  ///< is a message, not a pong

        std::size_t size() const { return head.size() + (tail ? tail->size() : 0); }
    };

    std::size_t hand_in(TurnHandler& handler);
    void push(Outgoing outgoing);
    void pop_sent(std::size_t bytes);

    boost::asio::ip::tcp::socket socket_;
    Flow flow_;
    IpAddress local_;
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

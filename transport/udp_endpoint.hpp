/// @file
/// One UDP listener: datagrams in and out in batches, one system call each.
#pragma once

#include "core/base/spare_texts.hpp"
#include "core/outbox.hpp"
#include "transport/fifo.hpp"
#include "transport/receive_batch.hpp"
#include "transport/segment_refusals.hpp"
#include "transport/transport_stats.hpp"
#include "transport/turn_handler.hpp"

#include <boost/asio/ip/udp.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace reginfo {

/// Queues what is to be sent, so that one sendmmsg takes up to 64 datagrams to any peers, and keeps
/// it, up to a bound, while the kernel's buffer is full. Datagrams of one size to one peer go
/// through the kernel as one (UDP_SEGMENT), as far as it can; on the wire each is its own. They are
/// brought together for that, among up to 64: a response leaves before the requests behind it, and
/// what the kernel did not take at once leaves first, in order.
class UdpEndpoint {
public:
    /// @param spare_texts  gets the heads that were sent
    /// @param handler      gets lines for the log, and what did not leave; all three must outlive
    ///                     the endpoint
    UdpEndpoint(
        boost::asio::ip::udp::socket socket,
        ListenerId listener,
        std::size_t queue_bytes_max,
        SpareTexts& spare_texts,
        TransportStats& stats,
        TurnHandler& handler
    );

    template <class Handler>
    void async_wait_readable(Handler handler) {
        socket_.async_wait(boost::asio::socket_base::wait_read, std::move(handler));
    }

    std::span<const Datagram> receive(ReceiveBatch& batch);

    /// How much of the kernel's receive buffer is taken, from 0 to 1.
    double receive_buffer_fill();

    /// Queues; flush() sends. Drops and counts what is over the bound, and tells the handler what
    /// cannot be sent because the peer's address is of the other family.
    void send(const Endpoint& peer, std::string head, SharedBytes tail);

    /// Sends what the kernel takes; waits by itself until it takes more. A datagram that it refuses
    /// for good is counted, skipped and told to the handler; one that it has no memory for is lost
    /// as it may be on the way.
    void flush();

    /// Drops what is queued, but for the messages whose heads are to be kept. Nobody is told.
    /// Returns how many.
    std::size_t drop_queued(bool (*is_kept)(std::string_view head));

    void close();

private:
    struct Outgoing {
        Endpoint peer;
        std::string head;
        SharedBytes tail;

        std::size_t size() const { return head.size() + (tail ? tail->size() : 0); }
    };

    std::size_t run_from(std::size_t first, std::size_t end);
    void group(std::size_t count);
    int send_batch();
    void send_apart(int error);
    void fail_first(int error);
    void pop();
    void wait_writable();

    boost::asio::ip::udp::socket socket_;
    ListenerId listener_;
    bool v4_;
    std::size_t queue_bytes_max_;
    SpareTexts& spare_texts_;
    TransportStats& stats_;
    TurnHandler& handler_;
    Fifo<Outgoing, 1'024> queue_;
    std::size_t queued_bytes_ = 0;
    bool awaiting_writable_ = false;
    bool is_behind_ = false;  ///< the kernel left something that was to be sent with the rest
    SegmentRefusals refusals_;
    std::uint32_t dropped_by_kernel_ = 0;
};

}  // namespace reginfo

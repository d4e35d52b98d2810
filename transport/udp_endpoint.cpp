/// @file
/// One UDP listener: datagrams in and out in batches, one system call each.

#include "transport/udp_endpoint.hpp"

#include "transport/close_shared.hpp"
#include "transport/socket_address.hpp"
#include "transport/steady_time.hpp"

#include <boost/asio/error.hpp>
#include <boost/container/static_vector.hpp>

#include <linux/sock_diag.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <string>

namespace reginfo {
namespace {

constexpr std::size_t kSendBatch = 64;
/// A datagram above this goes alone: with its headers it may not fit into a frame of Ethernet.
constexpr std::size_t kSegmentMax = 1'400;
/// Of what is cut into datagrams, which the kernel takes as one until then.
constexpr std::size_t kSegmentedMax = 65'000;

/// Tells the kernel to cut a message into datagrams of that size.
struct SegmentSize {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> bytes;

    void attach(msghdr& header, std::size_t size) {
        bytes = {};
        header.msg_control = bytes.data();
        header.msg_controllen = bytes.size();
        cmsghdr* const control = CMSG_FIRSTHDR(&header);
        control->cmsg_level = IPPROTO_UDP;
        control->cmsg_type = UDP_SEGMENT;
        control->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
        const auto segment = static_cast<std::uint16_t>(size);
        std::memcpy(CMSG_DATA(control), &segment, sizeof segment);
    }
};

/// No checksums by the device, too large for the path, or too old a kernel.
bool cannot_segment(int error) {
    return error == EIO || error == EINVAL || error == EMSGSIZE || error == EOPNOTSUPP;
}

bool is_short_of_memory(int error) { return error == ENOBUFS || error == ENOMEM; }

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

UdpEndpoint::UdpEndpoint(
    boost::asio::ip::udp::socket socket,
    ListenerId listener,
    std::size_t queue_bytes_max,
    SpareTexts& spare_texts,
    TransportStats& stats,
    TurnHandler& handler
)
    : socket_(std::move(socket)),
      listener_(listener),
      v4_(socket_.local_endpoint().address().is_v4()),
      queue_bytes_max_(queue_bytes_max),
      spare_texts_(spare_texts),
      stats_(stats),
      handler_(handler) {}

std::span<const Datagram> UdpEndpoint::receive(ReceiveBatch& batch) {
    const std::span<const Datagram> datagrams = batch.receive(socket_.native_handle());
    stats_.datagrams_received += datagrams.size();
    for (const Datagram& datagram : datagrams) {
        stats_.datagram_bytes_received += datagram.bytes.size();
    }
    if (batch.dropped_by_kernel() != 0) {
        // The kernel's counter wraps at 32 bits, as this difference does.
        stats_.datagrams_lost_by_kernel += batch.dropped_by_kernel() - dropped_by_kernel_;
        dropped_by_kernel_ = batch.dropped_by_kernel();
    }
    return datagrams;
}

double UdpEndpoint::receive_buffer_fill() {
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    socklen_t size = sizeof memory;
    if (::getsockopt(socket_.native_handle(), SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0 ||
        memory[SK_MEMINFO_RCVBUF] == 0) {
        return 0;
    }
    return static_cast<double>(memory[SK_MEMINFO_RMEM_ALLOC]) / memory[SK_MEMINFO_RCVBUF];
}

void UdpEndpoint::send(const Endpoint& peer, std::string head, SharedBytes tail) {
    if (peer.address.is_v4() != v4_) {
        ++stats_.datagrams_unsendable;
        handler_.handle_unsent({Transport::udp, listener_, peer}, std::move(head), Unsent::no_way);
        return;
    }
    Outgoing outgoing{peer, std::move(head), std::move(tail)};
    const std::size_t size = outgoing.size();
    if (!queue_.empty() && queued_bytes_ + size > queue_bytes_max_) flush();
    if (!queue_.empty() && queued_bytes_ + size > queue_bytes_max_) {
        ++stats_.datagrams_dropped;
        return;
    }
    queued_bytes_ += size;
    stats_.datagram_bytes_queued += size;
    queue_.push(std::move(outgoing));
}

void UdpEndpoint::flush() {
    while (!queue_.empty() && !awaiting_writable_) {
        const int sent = send_batch();
        for (int i = 0; i < sent; ++i) {
            ++stats_.datagrams_sent;
            stats_.datagram_bytes_sent += queue_[0].size();
            pop();
        }
        if (sent >= 0 || errno == EINTR) continue;
        if (would_block(errno)) {
            wait_writable();
        } else {
            fail_first(errno);
        }
    }
}

/// How many of the datagrams from `first` on may go through the kernel as one.
std::size_t UdpEndpoint::run_from(std::size_t first, std::size_t end) {
    const std::size_t size = queue_[first].size();
    if (size == 0 || size > kSegmentMax) return 1;
    const std::size_t last = std::min(end, first + kSegmentedMax / size);
    std::size_t next = first + 1;
    while (next < last && queue_[next].size() == size && queue_[next].peer == queue_[first].peer) {
        ++next;
    }
    const std::size_t run = next - first;
    if (run == 1 || refusals_.empty()) return run;
    return refusals_.has(steady_now(), queue_[first].peer.address) ? 1 : run;
}

/// Brings together, among the first `count`, what is for one peer and of one size, so that it may
/// go as one. Responses stay ahead: no NOTIFY overtakes the answer to the SUBSCRIBE that it
/// follows.
void UdpEndpoint::group(std::size_t count) {
    std::array<std::uint64_t, kSendBatch> keys;  // from the highest bit: kind, peer, size, place
    for (std::size_t i = 0; i < count; ++i) {
        const Outgoing& outgoing = queue_[i];
        const std::uint64_t is_request = outgoing.head.starts_with("SIP/2.0 ") ? 0 : 1;
        const std::uint64_t peer = hash_value(outgoing.peer) & 0x7FFF'FFFF;
        const std::uint64_t size = outgoing.size() & 0xFF'FFFF;
        keys[i] = is_request << 63 | peer << 32 | size << 8 | i;
    }
    const auto end = keys.begin() + static_cast<std::ptrdiff_t>(count);
    if (std::is_sorted(keys.begin(), end)) return;
    std::sort(keys.begin(), end);
    boost::container::static_vector<Outgoing, kSendBatch> grouped;
    for (auto key = keys.begin(); key != end; ++key) {
        grouped.push_back(std::move(queue_[*key & 0xFF]));
    }
    for (std::size_t i = 0; i < count; ++i) queue_[i] = std::move(grouped[i]);
}

/// As sendmmsg: how many datagrams were sent, or -1 and errno, which is about the first run.
int UdpEndpoint::send_batch() {
    std::array<mmsghdr, kSendBatch> headers;
    std::array<SegmentSize, kSendBatch> controls;
    std::array<iovec, 2 * kSendBatch> vectors;
    std::array<SocketAddress, kSendBatch> peers;
    std::array<std::size_t, kSendBatch> runs;

    const std::size_t count = std::min(queue_.size(), kSendBatch);
    if (!is_behind_) group(count);
    std::size_t messages = 0;
    iovec* vector = vectors.data();
    for (std::size_t i = 0; i < count; i += runs[messages++]) {
        runs[messages] = run_from(i, count);
        mmsghdr& header = headers[messages] = {};
        header.msg_hdr.msg_name = &peers[messages];
        header.msg_hdr.msg_namelen = write_socket_address(queue_[i].peer, peers[messages]);
        header.msg_hdr.msg_iov = vector;
        for (std::size_t k = i; k < i + runs[messages]; ++k) {
            Outgoing& outgoing = queue_[k];
            *vector++ = {outgoing.head.data(), outgoing.head.size()};
            // sendmmsg only reads; iovec has no const.
            const std::string* const tail = outgoing.tail.get();
            if (tail) *vector++ = {const_cast<char*>(tail->data()), tail->size()};
        }
        header.msg_hdr.msg_iovlen = static_cast<std::size_t>(vector - header.msg_hdr.msg_iov);
        if (runs[messages] > 1) controls[messages].attach(header.msg_hdr, queue_[i].size());
    }
    const int socket = socket_.native_handle();
    constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
    const int sent = ::sendmmsg(socket, headers.data(), static_cast<unsigned>(messages), kFlags);
    const bool all = sent == static_cast<int>(messages);
    is_behind_ = !all || (is_behind_ && count < queue_.size());
    if (sent < 0 && runs[0] > 1 && cannot_segment(errno)) {
        send_apart(errno);
        return 0;
    }
    return sent < 0 ? sent : std::accumulate(runs.begin(), runs.begin() + sent, 0);
}

/// The path to the peer of the first, or the device that leads there, takes no several as one.
void UdpEndpoint::send_apart(int error) {
    const IpAddress& peer = queue_[0].peer.address;
    ++stats_.segments_refused;
    refusals_.add(steady_now(), peer);
    handler_.note(
        {Note::Severity::info,
         "datagrams go one by one",
         "to " + peer.to_string() + " for " +
             std::to_string(std::chrono::minutes(SegmentRefusals::kFor).count()) +
             " minutes: " + std::strerror(error)}
    );
}

/// The kernel refuses the first of the queue.
void UdpEndpoint::fail_first(int error) {
    ++stats_.datagrams_unsendable;
    if (!is_short_of_memory(error)) {
        handler_.handle_unsent(
            {Transport::udp, listener_, queue_[0].peer},
            queue_[0].head,
            error == EMSGSIZE ? Unsent::too_large : Unsent::no_way
        );
    }
    pop();
}

void UdpEndpoint::pop() {
    queued_bytes_ -= queue_[0].size();
    stats_.datagram_bytes_queued -= queue_[0].size();
    spare_texts_.give(std::move(queue_[0].head));
    queue_.pop();
}

void UdpEndpoint::wait_writable() {
    awaiting_writable_ = true;
    const auto go_on = [this](const boost::system::error_code& error) {
        awaiting_writable_ = false;
        if (error || !socket_.is_open()) return;
        handler_.begin_turn();
        flush();
        handler_.end_turn();
    };
    socket_.async_wait(boost::asio::socket_base::wait_write, go_on);
}

std::size_t UdpEndpoint::drop_queued(bool (*is_kept)(std::string_view head)) {
    std::size_t dropped = 0;
    for (std::size_t left = queue_.size(); left > 0; --left) {
        Outgoing first = std::move(queue_[0]);
        queue_.pop();
        if (is_kept(first.head)) {
            queue_.push(std::move(first));
            continue;
        }
        ++dropped;
        queued_bytes_ -= first.size();
        stats_.datagram_bytes_queued -= first.size();
        spare_texts_.give(std::move(first.head));
    }
    return dropped;
}

void UdpEndpoint::close() {
    close_shared(socket_);
    stats_.datagram_bytes_queued -= queued_bytes_;
    queued_bytes_ = 0;
    queue_.clear();
}

}  // namespace reginfo

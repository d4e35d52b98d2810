/// @file
/// One TCP connection: its input cut into messages, its output queued and gathered.

#include "transport/tcp_connection.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

namespace reginfo {
namespace {

constexpr std::size_t kGather = 64;  ///< pieces of memory in one system call

TcpConnection::Io outcome_of(int error) {
    const bool later = error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
    return later ? TcpConnection::Io::blocked : TcpConnection::Io::failed;
}

bool is_response(std::string_view message) { return message.starts_with("SIP/2.0 "); }

}  // namespace

TcpConnection::TcpConnection(
    boost::asio::ip::tcp::socket socket,
    const Origin& origin,
    const sip::ParseLimits& limits,
    SpareTexts& spare_texts,
    TransportStats& stats
)
    : Waiter(origin.flow.connection),
      socket_(std::move(socket)),
      origin_(origin),
      phase_(origin.phase),
      spare_texts_(spare_texts),
      stats_(stats),
      framer_(limits) {}

TcpConnection::~TcpConnection() {
    stats_.stream_bytes_queued -= queued_bytes_;
    stats_.stream_input_bytes -= buffered_;
}

bool TcpConnection::flush_later() {
    if (output_ != Output::idle) return false;
    output_ = Output::to_be_flushed;
    return true;
}

bool TcpConnection::flush() {
    if (output_ != Output::to_be_flushed) return false;
    output_ = Output::idle;
    return true;
}

bool TcpConnection::is_closing() const {
    return phase_ == TcpPhase::closing || phase_ == TcpPhase::last_write;
}

bool TcpConnection::has_input() const {
    return phase_ != TcpPhase::half_closed && phase_ != TcpPhase::last_write;
}

void TcpConnection::end_input() {
    enter(is_closing() ? TcpPhase::last_write : TcpPhase::half_closed);
}

void TcpConnection::close() { enter(has_input() ? TcpPhase::closing : TcpPhase::last_write); }

void TcpConnection::enter(TcpPhase next) {
    assert(may_follow(phase_, next));
    phase_ = next;
}

TcpConnection::Io TcpConnection::read(std::span<char> room, TurnHandler& handler) {
    const ssize_t count = ::recv(socket_.native_handle(), room.data(), room.size(), MSG_DONTWAIT);
    if (count < 0) return outcome_of(errno);
    if (count == 0) return Io::ended;

    const std::string_view bytes(room.data(), static_cast<std::size_t>(count));
    stats_.stream_bytes_received += bytes.size();
    if (is_closing() || broken_) return Io::done;

    framer_.push(bytes);
    const std::size_t pings = hand_in(handler);
    stats_.stream_input_bytes += framer_.buffered() - buffered_;
    buffered_ = framer_.buffered();
    stats_.stream_pings += pings;
    if (pings > 0 && !std::exchange(pong_queued_, true)) push(Outgoing{"\r\n", {}, false});
    return Io::done;
}

/// Returns how many pings came.
std::size_t TcpConnection::hand_in(TurnHandler& handler) {
    using Kind = sip::StreamFramer::Frame::Kind;
    std::size_t pings = 0;
    while (const std::optional<sip::StreamFramer::Frame> frame = framer_.pop()) {
        switch (frame->kind) {
            case Kind::message:
                ++stats_.stream_messages_received;
                if (handler.handle_message(flow(), frame->bytes)) ++unanswered_;
                break;
            case Kind::ping:
                ++pings;
                break;
            case Kind::broken:
                broken_ = true;
                handler.handle_broken_stream(flow(), frame->bytes, frame->error);
                return pings;
        }
    }
    return pings;
}

void TcpConnection::push(std::string head, SharedBytes tail) {
    if (unanswered_ > 0 && is_response(head)) --unanswered_;
    push(Outgoing{std::move(head), std::move(tail), true});
}

void TcpConnection::push(Outgoing outgoing) {
    queued_bytes_ += outgoing.size();
    stats_.stream_bytes_queued += outgoing.size();
    queue_.push(std::move(outgoing));
}

TcpConnection::Io TcpConnection::write() {
    std::array<iovec, kGather> pieces;
    while (!queue_.empty()) {
        std::size_t skip = front_sent_;
        std::size_t count = 0;
        const auto add = [&](const std::string& piece) {
            const std::size_t sent = std::min(skip, piece.size());
            skip -= sent;
            // sendmsg only reads; iovec has no const.
            char* begin = const_cast<char*>(piece.data()) + sent;
            if (sent < piece.size()) pieces[count++] = {begin, piece.size() - sent};
        };
        for (std::size_t i = 0; i < queue_.size() && count + 2 <= kGather; ++i) {
            add(queue_[i].head);
            if (queue_[i].tail) add(*queue_[i].tail);
        }

        msghdr header{};
        header.msg_iov = pieces.data();
        header.msg_iovlen = count;
        const ssize_t sent =
            ::sendmsg(socket_.native_handle(), &header, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return outcome_of(errno);
        pop_sent(static_cast<std::size_t>(sent));
    }
    return Io::done;
}

void TcpConnection::pop_sent(std::size_t bytes) {
    stats_.stream_bytes_sent += bytes;
    stats_.stream_bytes_queued -= bytes;
    queued_bytes_ -= bytes;
    front_sent_ += bytes;
    while (!queue_.empty() && front_sent_ >= queue_[0].size()) {
        front_sent_ -= queue_[0].size();
        if (queue_[0].counts) {
            ++stats_.stream_messages_sent;
        } else {
            pong_queued_ = false;
        }
        spare_texts_.give(std::move(queue_[0].head));
        queue_.pop();
    }
}

}  // namespace reginfo

/// @file
/// Finds the end of the head, then Content-Length, then the body.
#include "core/sip/stream_framer.hpp"

#include "core/sip/content_length.hpp"
#include "core/sip/grammar.hpp"
#include "core/sip/head_lines.hpp"
#include "core/sip/message.hpp"

#include <algorithm>

namespace reginfo::sip {

namespace {

/// An idle connection keeps no more memory than this, also after a large message.
constexpr std::size_t kKeptCapacity = 16'384;

ContentLength content_length_of(std::string_view head) {
    ContentLength length;
    std::string unfolded;
    HeadLines lines(head, unfolded);
    lines.next();  // the start line
    while (const auto line = lines.next()) {
        const char first = line->empty() ? '\0' : lower(line->front());
        if (first != 'c' && first != 'l') continue;
        const auto field = parse_header_line(*line);
        if (field && field->name == HeaderName::content_length) length.add(field->value);
    }
    return length;
}

}  // namespace

void StreamFramer::push(std::string_view bytes) {
    if (broken_) return;
    // Bytes are moved only when at least half of them were popped: so the work stays linear.
    if (begin_ > 0 && begin_ >= buffer_.size() - begin_) {
        buffer_.erase(0, begin_);
        scanned_ -= std::min(scanned_, begin_);
        begin_ = 0;
    }
    buffer_.append(bytes);
}

std::optional<StreamFramer::Frame> StreamFramer::pop() {
    if (begin_ == buffer_.size()) {
        buffer_.clear();
        begin_ = scanned_ = 0;
        if (buffer_.capacity() > kKeptCapacity) std::string().swap(buffer_);
    }
    if (broken_) return std::nullopt;
    if (length_ == 0) {
        if (skip_line_ends()) return Frame{Frame::Kind::ping, {}, ParseError::none};
        if (begin_ == buffer_.size() || buffer_[begin_] == '\r') return std::nullopt;
        if (const auto broken = find_length()) return broken;
    }
    if (length_ == 0 || buffered() < length_) return std::nullopt;
    const Frame frame{
        Frame::Kind::message, std::string_view(buffer_).substr(begin_, length_), ParseError::none
    };
    begin_ += length_;
    scanned_ = begin_;
    length_ = 0;
    return frame;
}

std::size_t StreamFramer::buffered() const { return buffer_.size() - begin_; }

bool StreamFramer::skip_line_ends() {
    constexpr std::string_view kPing = "\r\n\r\n";
    while (true) {
        const std::string_view rest = std::string_view(buffer_).substr(begin_);
        if (rest.starts_with(kPing)) {
            begin_ += kPing.size();
            return true;
        }
        // Bytes that may still become a ping, or half of a CRLF, stay.
        if (rest.empty() || (rest.size() < kPing.size() && kPing.starts_with(rest))) return false;
        if (rest.front() != '\r' && rest.front() != '\n') return false;
        begin_ += rest.starts_with("\r\n") ? 2U : 1U;
    }
}

std::optional<StreamFramer::Frame> StreamFramer::find_length() {
    const std::string_view rest = std::string_view(buffer_).substr(begin_, limits_.header_bytes);
    scanned_ = std::max(scanned_, begin_);
    const std::size_t head_size = end_of_head(rest, scanned_ - begin_);
    if (head_size == std::string_view::npos) {
        scanned_ = begin_ + rest.size();
        if (rest.size() < limits_.header_bytes) return std::nullopt;
        return give_up(rest, ParseError::head_too_large);
    }
    const std::string_view head = rest.substr(0, head_size);
    const ContentLength length = content_length_of(head);
    if (length.is_bad()) return give_up(head, ParseError::none);
    const std::size_t body_size = length.value().value_or(0);
    if (body_size > limits_.body_bytes) return give_up(head, ParseError::body_too_large);
    length_ = head_size + body_size;
    return std::nullopt;
}

StreamFramer::Frame StreamFramer::give_up(std::string_view head, ParseError error) {
    broken_ = true;
    begin_ = buffer_.size();
    return {Frame::Kind::broken, head, error};
}

}  // namespace reginfo::sip

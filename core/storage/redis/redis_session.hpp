/// @file
/// Questions and answers on one connection to Redis.
#pragma once

#include "core/storage/redis/byte_stream.hpp"
#include "core/storage/redis/redis_protocol.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

using RedisWords = std::vector<std::string>;

/// Redis answers in the order of the questions.
class RedisSession {
public:
    using Answered = std::function<void(RedisReply)>;

    /// @param stream  must outlive this
    explicit RedisSession(ByteStream& stream) : stream_(stream) {}

    void ask(const RedisWords& words, Answered answered);
    /// @param command  its bytes
    void ask_bytes(std::string_view command, Answered answered);
    /// Sends what was asked. Called once a turn.
    void flush();

    /// Calls back for each reply. Returns an error if these are no replies, or nobody has asked:
    /// then the connection is of no use.
    std::string handle_bytes(std::string_view bytes);

    /// The connection has ended: no question is answered any more.
    void reset();

    std::size_t unanswered() const { return questions_.size(); }

private:
    ByteStream& stream_;
    RedisReplyReader reader_;
    std::deque<Answered> questions_;
    std::string out_;
    std::uint64_t connection_ = 0;  ///< counts them
};

}  // namespace reginfo

/// @file

#include "core/storage/redis/redis_session.hpp"

#include <utility>

namespace reginfo {

void RedisSession::ask(const RedisWords& words, Answered answered) {
    const std::vector<std::string_view> views(words.begin(), words.end());
    append_redis_command(out_, views);
    questions_.push_back(std::move(answered));
}

void RedisSession::ask_bytes(std::string_view command, Answered answered) {
    out_ += command;
    questions_.push_back(std::move(answered));
}

void RedisSession::flush() {
    if (!out_.empty()) stream_.write(std::exchange(out_, {}));
}

std::string RedisSession::handle_bytes(std::string_view bytes) {
    const std::uint64_t connection = connection_;
    reader_.add(bytes);
    while (auto reply = reader_.next()) {
        if (questions_.empty()) return "a reply that nobody has asked for";
        const Answered answered = std::move(questions_.front());
        questions_.pop_front();
        answered(std::move(*reply));
        // The answer may have ended the connection.
        if (connection != connection_) return {};
    }
    return reader_.error();
}

void RedisSession::reset() {
    ++connection_;
    questions_.clear();
    out_.clear();
    reader_ = RedisReplyReader();
}

}  // namespace reginfo

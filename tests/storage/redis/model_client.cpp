/// @file

#include "tests/storage/redis/model_client.hpp"

#include <utility>

namespace reginfo::test {
namespace {

void append_reply(std::string& out, const RedisReply& reply) {
    switch (reply.kind) {
        case RedisReply::Kind::nil:
            out += "$-1\r\n";
            return;
        case RedisReply::Kind::status:
            out += "+" + reply.text + "\r\n";
            return;
        case RedisReply::Kind::error:
            out += "-" + reply.text + "\r\n";
            return;
        case RedisReply::Kind::text:
            out += "$" + std::to_string(reply.text.size()) + "\r\n" + reply.text + "\r\n";
            return;
        case RedisReply::Kind::number:
            out += ":" + std::to_string(reply.number) + "\r\n";
            return;
        case RedisReply::Kind::list:
            out += "*" + std::to_string(reply.items.size()) + "\r\n";
            for (const RedisReply& item : reply.items) append_reply(out, item);
            return;
    }
}

}  // namespace

void ModelClient::add(std::string_view bytes) {
    commands_.add(bytes);
    while (auto command = commands_.next()) {
        ModelRedis::Words words;
        for (RedisReply& word : command->items) words.push_back(std::move(word.text));
        waiting_.push_back(std::move(words));
    }
}

std::string ModelClient::run() {
    std::string out;
    while (!waiting_.empty()) {
        const ModelRedis::Words& words = waiting_.front();
        const auto reply = words.at(0) == "WAIT" ? wait(words) : redis_.call(words);
        if (!reply) break;
        append_reply(out, *reply);
        written_ = redis_.offset();
        waiting_.pop_front();
    }
    return out;
}

std::optional<RedisReply> ModelClient::wait(const ModelRedis::Words& words) {
    const std::int64_t count = redis_.replicas_at(written_);
    if (!waits_until_) waits_until_ = redis_.now() + std::stoll(words.at(2)) * 1000;
    if (count < std::stoll(words.at(1)) && redis_.now() < *waits_until_) return {};
    waits_until_.reset();
    return redis_.answer_wait(written_);
}

}  // namespace reginfo::test

#include "core/storage/redis/redis_bus.hpp"

#include <utility>

namespace reginfo {

RedisBus::RedisBus(RedisOptions options, Streams streams, const Clock& clock, Events events)
    : options_(std::move(options)),
      events_(std::move(events)),
      publishing_(
          options_,
          streams.publishing,
          clock,
          {events_.changed, events_.changed, [](const RedisReply&) {}}
      ),
      subscribed_(
          options_,
          streams.subscribed,
          clock,
          {[this] { subscribe(); },
           events_.changed,
           [this](const RedisReply& reply) { handle_message(reply); }}
      ) {
    options_.fsync = false;  // nothing is kept
}

void RedisBus::subscribe() {
    hears_ = false;
    subscribed_.say({"SUBSCRIBE", channel_of({options_.node, options_.incarnation})});
}

void RedisBus::start() {
    publishing_.start();
    subscribed_.start();
}

void RedisBus::publish(const NodeId& to, const std::string& bytes) {
    if (publishing_.is_ready()) publishing_.say({"PUBLISH", channel_of(to), bytes});
}

std::string RedisBus::channel_of(const NodeId& node) const {
    return options_.cluster + ":n:" + node.name + ":" + node.incarnation;
}

void RedisBus::handle_message(const RedisReply& reply) {
    if (reply.items.size() != 3) return;  // to PING
    const std::string& kind = reply.items[0].text;
    if (kind == "subscribe") {
        hears_ = true;
        events_.changed();
    }
    if (kind == "message") events_.received(reply.items[2].text);
}

}  // namespace reginfo

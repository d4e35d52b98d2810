/// @file
/// The bus between the nodes of a cluster: Pub/Sub of Redis.
#pragma once

#include "core/base/time.hpp"
#include "core/cluster/node_id.hpp"
#include "core/storage/redis/bus_line.hpp"
#include "core/storage/redis/byte_stream.hpp"
#include "core/storage/redis/redis_options.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace reginfo {

/// Each process has a channel of its own, with its incarnation in the name. Nothing is kept for who
/// does not listen: what was published may be lost, and comes once at most.
///
/// A connection that is subscribed can do nothing else, so there are two.
class RedisBus {
public:
    using Clock = BusLine::Clock;

    struct Streams {
        ByteStream& publishing;
        ByteStream& subscribed;
    };
    struct Events {
        std::function<void()> changed;  ///< is_connected()
        std::function<void(std::string_view bytes)> received;
    };

    /// The streams must outlive this; their users are publishing() and subscribed().
    RedisBus(RedisOptions options, Streams streams, const Clock& clock, Events events);

    ByteStreamUser& publishing() { return publishing_; }
    ByteStreamUser& subscribed() { return subscribed_; }
    void start();

    /// To nobody, if there is no connection now.
    void publish(const NodeId& to, const std::string& bytes);
    /// Whether this process can speak and hear.
    bool is_connected() const { return publishing_.is_ready() && subscribed_.is_ready() && hears_; }

private:
    std::string channel_of(const NodeId& node) const;
    void subscribe();
    void handle_message(const RedisReply& reply);

    RedisOptions options_;
    Events events_;
    bool hears_ = false;  ///< the subscription was confirmed
    BusLine publishing_;
    BusLine subscribed_;
};

}  // namespace reginfo

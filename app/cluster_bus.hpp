/// @file
/// What nodes of a cluster pass on to one another, on connections to Redis of its own.
#pragma once

#include "core/cluster/relay.hpp"
#include "core/cluster/relay_sides.hpp"
#include "core/storage/redis/redis_bus.hpp"
#include "core/storage/redis/redis_options.hpp"
#include "transport/driver.hpp"
#include "transport/redis_link.hpp"
#include "transport/redis_link_options.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace reginfo {

class ClusterBus final : private Bus, private RelayOwner {
public:
    struct Access {
        std::function<Driver&()> driver;
        std::function<std::int64_t()> redis_now;     ///< Bus::redis_now
        std::function<std::int64_t()> speaks_until;  ///< Bus::speaks_until
    };

    /// @param listeners  of this node, by ListenerId
    ClusterBus(
        boost::asio::io_context& io,
        const RedisLinkOptions& links,
        std::vector<Transport> listeners,
        Access access
    );

    /// As this member from now on. @param options  of the store
    void start(const RedisOptions& options);
    void stop();

    /// Who has the state, and which nodes live.
    void see(const NodeId& owner, const std::vector<NodeId>& members);

    Relay& relay() { return relay_; }
    const Relay& relay() const { return relay_; }
    bool is_connected() const override { return bus_ && bus_->is_connected(); }

private:
    void publish(const NodeId& to, std::string bytes) override;
    std::int64_t redis_now() const override { return access_.redis_now(); }
    std::int64_t speaks_until() const override { return access_.speaks_until(); }

    void deliver(const Flow& flow, std::string bytes) override;
    void send(Send send) override;
    void handle_relay_closed(const Flow& flow) override;
    void flush_soon() override;

    void arm();

    Access access_;
    RedisLink publishing_;
    RedisLink subscribed_;
    std::unique_ptr<RedisBus> bus_;
    Relay relay_;
    boost::asio::steady_timer timer_;
    bool is_stopped_ = false;
};

}  // namespace reginfo

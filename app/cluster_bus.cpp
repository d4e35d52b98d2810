#include "app/cluster_bus.hpp"

#include "app/chance.hpp"
#include "transport/steady_time.hpp"

#include <boost/system/error_code.hpp>

#include <utility>

namespace reginfo {

ClusterBus::ClusterBus(
    boost::asio::io_context& io,
    const RedisLinkOptions& links,
    std::vector<Transport> listeners,
    Access access
)
    : access_(std::move(access)),
      publishing_(io, links, steady_now),
      subscribed_(io, links, steady_now),
      relay_({{}, std::move(listeners), random_number()}, *this, *this),
      timer_(io) {}

void ClusterBus::start(const RedisOptions& options) {
    relay_.restart({options.node, options.incarnation});
    publishing_.close();
    subscribed_.close();
    bus_ = std::make_unique<RedisBus>(
        options,
        RedisBus::Streams{publishing_, subscribed_},
        steady_now,
        RedisBus::Events{
            [this] { relay_.handle_bus(steady_now()); },
            [this](std::string_view bytes) { relay_.handle_parcel(steady_now(), bytes); }
        }
    );
    publishing_.attach(bus_->publishing());
    subscribed_.attach(bus_->subscribed());
    bus_->start();
    publishing_.poke();
    subscribed_.poke();
}

void ClusterBus::stop() {
    is_stopped_ = true;
    publishing_.stop();
    subscribed_.stop();
    timer_.cancel();
}

void ClusterBus::see(const NodeId& owner, const std::vector<NodeId>& members) {
    relay_.handle_members(members);
    relay_.handle_owner(steady_now(), owner);
}

void ClusterBus::publish(const NodeId& to, std::string bytes) {
    bus_->publish(to, bytes);
    arm();
}

void ClusterBus::deliver(const Flow& flow, std::string bytes) {
    access_.driver().deliver(flow, std::move(bytes));
}

void ClusterBus::send(Send send) { access_.driver().send_for_another(std::move(send)); }

void ClusterBus::handle_relay_closed(const Flow& flow) { access_.driver().deliver_closed(flow); }

void ClusterBus::flush_soon() {
    access_.driver().turn_soon();
    arm();
}

/// For what is repeated, acknowledged late, or dropped.
void ClusterBus::arm() {
    if (is_stopped_) return;
    const TimePoint next = relay_.next_deadline();
    if (next == TimePoint::max()) {
        timer_.cancel();
        return;
    }
    timer_.expires_at(to_steady(next));
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (error || is_stopped_) return;
        relay_.handle_time(steady_now());
        arm();
    });
}

}  // namespace reginfo

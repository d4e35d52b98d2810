/// @file

#include "tests/storage/redis/cluster_network.hpp"

#include <algorithm>
#include <utility>

namespace reginfo::test {

ClusterNetwork::ClusterNetwork(ModelRedis& redis, Manner manner, BeforeWrite before_write)
    : redis_(redis),
      manner_(manner),
      random_(manner.seed + 1),
      before_write_(std::move(before_write)) {
    for (std::size_t node = 0; node < kNodesMax; ++node) {
        streams_.at(node) = std::make_unique<Stream>(*this, node);
    }
}

Duration ClusterNetwork::delay() {
    return Duration(1 + static_cast<Duration::rep>(random_()) % manner_.delay_max.count());
}

void ClusterNetwork::set_time(TimePoint now) {
    now_ = now;
    redis_.set_time((now.time_since_epoch() + redis_clock_).count());
}

TimePoint ClusterNetwork::next() const {
    TimePoint next = TimePoint::max();
    for (const auto& link : links_) {
        if (!link->out.empty()) {
            next = std::min(next, std::max(link->out.front().at, stalled_until_));
        }
        if (!link->is_open) continue;
        if (const auto wait = link->client.waits_until()) {
            const TimePoint over{Duration(*wait) - redis_clock_};
            next = std::min(next, std::max({over, stalled_until_, now_ + Duration(1)}));
        }
    }
    return next;
}

TimePoint ClusterNetwork::next_arrival(std::size_t node) const {
    const Link* link = used_.at(node);
    return link == nullptr || link->in.empty() ? TimePoint::max() : link->in.front().at;
}

std::optional<ClusterNetwork::Arrival> ClusterNetwork::take_arrival(std::size_t node) {
    if (next_arrival(node) > now_) return {};
    Link& link = *used_.at(node);
    Arrival arrival = std::move(link.in.front());
    link.in.pop_front();
    if (arrival.kind == Arrival::Kind::closed || arrival.kind == Arrival::Kind::refused) {
        close(node);
    }
    return arrival;
}

void ClusterNetwork::run_redis() {
    if (stalled_until_ > now_) return;
    for (std::size_t i = 0; i < links_.size(); ++i) receive(*links_[i]);
    std::erase_if(links_, [](const auto& link) {
        return !link->is_used && (link->out.empty() || !link->is_open);
    });
}

void ClusterNetwork::receive(Link& link) {
    while (!link.out.empty() && link.out.front().at <= now_) {
        const Packet packet = std::move(link.out.front());
        link.out.pop_front();
        if (!link.is_open) continue;
        if (packet.is_connect) {
            link.is_open = away_until_ <= now_;
            answer(link, link.is_open ? Arrival::Kind::connected : Arrival::Kind::refused);
        }
        link.client.add(packet.bytes);
    }
    if (!link.is_open) return;
    std::string replies = link.client.run();
    if (!replies.empty()) answer(link, Arrival::Kind::bytes, std::move(replies));
}

void ClusterNetwork::connect(std::size_t node) {
    links_.push_back(std::make_unique<Link>(redis_, node));
    used_.at(node) = links_.back().get();
    send(*links_.back(), {.at = now_, .is_connect = true, .bytes = {}});
}

void ClusterNetwork::write(std::size_t node, std::string bytes) {
    Link* link = used_.at(node);
    if (link == nullptr) return;
    send(*link, {.at = now_ + before_write_(node), .bytes = std::move(bytes)});
}

/// What was written arrives all the same.
void ClusterNetwork::close(std::size_t node) {
    Link* link = std::exchange(used_.at(node), nullptr);
    if (link == nullptr) return;
    link->is_used = false;
    link->in.clear();
}

void ClusterNetwork::send(Link& link, Packet packet) {
    packet.at = std::max(packet.at + delay(), silences_.at(link.node).out);
    if (!link.out.empty()) packet.at = std::max(packet.at, link.out.back().at);
    link.out.push_back(std::move(packet));
}

void ClusterNetwork::answer(Link& link, Arrival::Kind kind, std::string bytes) {
    if (!link.is_used) return;
    Arrival arrival{std::max(now_ + delay(), silences_.at(link.node).in), kind, std::move(bytes)};
    if (!link.in.empty()) arrival.at = std::max(arrival.at, link.in.back().at);
    link.in.push_back(std::move(arrival));
}

void ClusterNetwork::cut(std::size_t node, Duration late) {
    Link* link = used_.at(node);
    if (link == nullptr) return;
    if (late == Duration::zero()) link->out.clear();
    for (Packet& packet : link->out) packet.at += late;
    link->in.clear();
    answer(*link, Arrival::Kind::closed);
}

void ClusterNetwork::silence_out(std::size_t node, Duration time) {
    const TimePoint until = silences_.at(node).out = now_ + time;
    for (const auto& link : links_) {
        if (link->node != node) continue;
        for (Packet& packet : link->out) packet.at = std::max(packet.at, until);
    }
}

void ClusterNetwork::silence_in(std::size_t node, Duration time) {
    const TimePoint until = silences_.at(node).in = now_ + time;
    if (Link* link = used_.at(node)) {
        for (Arrival& arrival : link->in) arrival.at = std::max(arrival.at, until);
    }
}

void ClusterNetwork::end_redis(Duration away) {
    away_until_ = now_ + away;
    stalled_until_ = now_;
    for (const auto& link : links_) {
        link->out.clear();
        link->is_open = false;
        answer(*link, Arrival::Kind::closed);
    }
}

void ClusterNetwork::heal() {
    stalled_until_ = away_until_ = now_;
    silences_ = {};
    for (const auto& link : links_) {
        for (Packet& packet : link->out) packet.at = std::min(packet.at, now_);
        for (Arrival& arrival : link->in) arrival.at = std::min(arrival.at, now_);
    }
}

}  // namespace reginfo::test

/// @file
/// The connections of nodes to a ModelRedis in simulated time.
#pragma once

#include "core/base/time.hpp"
#include "core/storage/redis/byte_stream.hpp"
#include "tests/storage/redis/model_client.hpp"
#include "tests/storage/redis/model_redis.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace reginfo::test {

/// Bytes of a connection come in order; they may come late, also after its end, or never.
class ClusterNetwork {
public:
    static constexpr std::size_t kNodesMax = 3;

    /// What happens at a node.
    struct Arrival {
        enum class Kind : std::uint8_t { connected, refused, bytes, closed };
        TimePoint at;
        Kind kind = Kind::bytes;
        std::string bytes = {};
    };
    /// Returns how long the process of a node stands still before its bytes leave.
    using BeforeWrite = std::function<Duration(std::size_t node)>;

    struct Manner {
        unsigned seed = 0;
        Duration delay_max{};
    };

    ClusterNetwork(ModelRedis& redis, Manner manner, BeforeWrite before_write);

    ByteStream& stream(std::size_t node) { return *streams_.at(node); }

    void set_time(TimePoint now);
    /// The earliest time when something happens at Redis.
    TimePoint next() const;
    TimePoint next_arrival(std::size_t node) const;
    std::optional<Arrival> take_arrival(std::size_t node);
    /// Redis executes what has come.
    void run_redis();

    /// The connection ends. What was written is lost, or arrives within this time all the same.
    void cut(std::size_t node, Duration late = {});
    void silence_out(std::size_t node, Duration time);
    void silence_in(std::size_t node, Duration time);
    void stall(Duration time) { stalled_until_ = now_ + time; }
    /// The process of Redis ends, and nobody answers for so long.
    void end_redis(Duration away);
    void step_clock(Duration step) { redis_clock_ += step; }
    /// All this is over.
    void heal();

private:
    struct Packet {
        TimePoint at;
        bool is_connect = false;
        std::string bytes;
    };
    struct Link {
        Link(ModelRedis& redis, std::size_t of_node) : client(redis), node(of_node) {}

        ModelClient client;
        std::size_t node;
        bool is_used = true;  ///< by the node
        bool is_open = true;  ///< at Redis
        std::deque<Packet> out;
        std::deque<Arrival> in;
    };
    struct Silence {
        TimePoint out;
        TimePoint in;
    };
    class Stream final : public ByteStream {
    public:
        Stream(ClusterNetwork& network, std::size_t node) : network_(network), node_(node) {}
        void connect() override { network_.connect(node_); }
        void write(std::string bytes) override { network_.write(node_, std::move(bytes)); }
        void close() override { network_.close(node_); }

    private:
        ClusterNetwork& network_;
        std::size_t node_;
    };

    void connect(std::size_t node);
    void write(std::size_t node, std::string bytes);
    void close(std::size_t node);
    void send(Link& link, Packet packet);
    void answer(Link& link, Arrival::Kind kind, std::string bytes = {});
    void receive(Link& link);
    Duration delay();

    ModelRedis& redis_;
    Manner manner_;
    std::minstd_rand random_;
    BeforeWrite before_write_;
    std::array<std::unique_ptr<Stream>, kNodesMax> streams_;
    std::array<Silence, kNodesMax> silences_;
    std::vector<std::unique_ptr<Link>> links_;
    std::array<Link*, kNodesMax> used_{};  ///< by the nodes now
    TimePoint now_;
    TimePoint stalled_until_;
    TimePoint away_until_;
    Duration redis_clock_ = std::chrono::hours{400'000};  ///< ahead of simulated time
};

}  // namespace reginfo::test

/// @file
/// Frames that no other node has acknowledged.
#pragma once

#include "core/base/time.hpp"
#include "core/cluster/frame.hpp"
#include "core/cluster/node_id.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace reginfo {

/// A frame waits until it goes in a parcel, and that until it is acknowledged. A parcel keeps its
/// number and its frames as long as it is repeated. What is for the owner goes in new parcels when
/// that is another node.
class Unacknowledged {
public:
    /// Of what came from peers. What goes to them may be four times as much: it was paid for.
    static constexpr std::size_t kFrames = 10'000;
    static constexpr std::size_t kBytes = std::size_t{16} << 20U;
    /// How long a frame waits in all, and how long a parcel does before it is repeated.
    static constexpr Duration kPatience = std::chrono::seconds{4};
    static constexpr Duration kRepeat = std::chrono::milliseconds{500};

    /// @param hash_key  by chance: peers choose what comes
    explicit Unacknowledged(std::uint64_t hash_key) : hash_key_(hash_key) {}

    bool is_full(const Frame& next) const;
    /// Whether this message from this flow waits already: its peer has repeated it.
    bool has(const Flow& flow, std::string_view bytes) const;

    /// @param to  empty: whoever is the owner
    void add(TimePoint now, Frame frame, const NodeId& to);

    struct Made {
        std::uint64_t number;
        NodeId to;
        std::vector<Frame> frames;
    };
    /// Frames for one node that went in no parcel, as one. Nothing if there are none.
    /// @param owner  empty: there is none, and what is for it waits on
    std::optional<Made> make_parcel(TimePoint now, const NodeId& owner);
    /// A parcel that was not acknowledged in time, to be published again.
    std::optional<Made> repeat_parcel(TimePoint now);

    void acknowledge(const NodeId& by, std::uint64_t number);
    /// No parcel with a lower number comes again.
    std::uint64_t floor() const {
        return parcels_.empty() ? next_number_ : parcels_.begin()->first;
    }

    /// There is another owner: what is for it goes in new parcels.
    void retarget();
    /// Takes out what is for the owner.
    std::vector<Frame> take_for_owner();
    /// Takes out what is for that node alone.
    std::vector<Frame> take_for(const NodeId& node);
    /// Takes out what nobody took in time.
    std::vector<Frame> take_late(TimePoint now);

    /// Forgets all frames. Numbers of parcels are not used again.
    void clear();

    /// When there is something to repeat or to drop.
    TimePoint next_deadline() const;
    std::size_t size() const { return frames_.size(); }
    std::size_t bytes() const { return bytes_; }

private:
    using FrameId = std::uint64_t;

    struct Waiting {
        Frame frame;
        NodeId to;
        TimePoint until;
        std::uint64_t parcel = 0;  ///< that it went in; 0: none
    };
    struct Sent {
        NodeId to;
        std::set<FrameId> frames;
        TimePoint repeat_at;
    };

    std::uint64_t hash_of(const Flow& flow, std::string_view bytes) const;
    Frame take(FrameId id);
    std::vector<Frame> take_if(const std::function<bool(const Waiting&)>& is_meant);
    void leave_parcel(FrameId id, Waiting& waiting);
    std::vector<Frame> frames_of(const Sent& parcel) const;

    std::uint64_t hash_key_;
    std::map<FrameId, Waiting> frames_;           ///< the oldest first
    std::map<NodeId, std::set<FrameId>> unsent_;  ///< by Waiting::to
    std::map<std::uint64_t, Sent> parcels_;
    std::unordered_multiset<std::uint64_t> messages_;  ///< hashes of what came from peers
    FrameId next_id_ = 1;
    std::uint64_t next_number_ = 1;
    std::size_t bytes_ = 0;
};

}  // namespace reginfo

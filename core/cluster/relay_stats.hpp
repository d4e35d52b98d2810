/// @file
/// What a relay has done, for metrics.
#pragma once

#include "core/cluster/frame.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace reginfo {

struct RelayStats {
    /// Why a frame came to nothing.
    enum class Reason : std::uint8_t {
        late,   ///< nobody took it in time
        full,   ///< too much waits
        hops,   ///< the nodes do not agree who has the state
        no_way  ///< this node has no listener for its transport
    };
    static constexpr std::size_t kReasons = 4;

    std::array<std::uint64_t, Frame::kKinds> frames_out{};
    std::array<std::uint64_t, Frame::kKinds> frames_in{};
    std::array<std::uint64_t, kReasons> dropped{};
    std::uint64_t parcels_repeated = 0;  ///< were not acknowledged in time
    std::uint64_t parcels_ignored = 0;   ///< had come before
    std::uint64_t parcels_unreadable = 0;
    std::uint64_t frames_waiting = 0;  ///< now
    std::uint64_t bytes_waiting = 0;   ///< now
};

constexpr const char* name_of(RelayStats::Reason why) {
    switch (why) {
        case RelayStats::Reason::late:
            return "late";
        case RelayStats::Reason::full:
            return "full";
        case RelayStats::Reason::hops:
            return "hops";
        case RelayStats::Reason::no_way:
            return "no_way";
    }
    return "";
}

}  // namespace reginfo

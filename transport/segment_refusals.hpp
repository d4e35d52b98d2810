/// @file
/// Peers to which several datagrams cannot go through the kernel as one (UDP_SEGMENT).
#pragma once

#include "core/base/address.hpp"
#include "core/base/time.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <chrono>
#include <cstddef>

namespace reginfo {

/// Each for some minutes, as its path may be another one then. So many of them show that the
/// device, or the kernel, cannot: then nothing is segmented, for as long.
class SegmentRefusals {
public:
    static constexpr std::chrono::minutes kFor{10};
    static constexpr std::size_t kPeersMax = 256;

    bool empty() const { return peers_.empty(); }
    bool has(TimePoint now, const IpAddress& peer);
    void add(TimePoint now, const IpAddress& peer);

private:
    boost::unordered_flat_map<IpAddress, TimePoint> peers_;  ///< until when
    TimePoint all_until_;
};

}  // namespace reginfo

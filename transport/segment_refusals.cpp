#include "transport/segment_refusals.hpp"

namespace reginfo {

bool SegmentRefusals::has(TimePoint now, const IpAddress& peer) {
    if (now < all_until_) return true;
    const auto found = peers_.find(peer);
    if (found == peers_.end()) return false;
    if (now < found->second) return true;
    peers_.erase(found);
    return false;
}

void SegmentRefusals::add(TimePoint now, const IpAddress& peer) {
    if (peers_.size() >= kPeersMax) {
        erase_if(peers_, [now](const auto& one) { return one.second <= now; });
        if (peers_.size() >= kPeersMax) {
            all_until_ = now + kFor;
            peers_.clear();
        }
    }
    peers_[peer] = now + kFor;
}

}  // namespace reginfo

#include "core/cluster/unacknowledged.hpp"

#include "core/base/hash.hpp"
#include "core/cluster/parcel.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {
namespace {

bool is_from_peer(Frame::Kind kind) {
    return kind == Frame::Kind::request || kind == Frame::Kind::response;
}

}  // namespace

bool Unacknowledged::is_full(const Frame& next) const {
    const std::size_t times = is_from_peer(next.kind) ? 1 : 4;
    return frames_.size() >= times * kFrames || bytes_ + next.bytes.size() > times * kBytes;
}

/// The flow counts as well: two peers may send the same.
std::uint64_t Unacknowledged::hash_of(const Flow& flow, std::string_view bytes) const {
    Hasher hasher(hash_key_, flow.listener);
    hasher.add(bytes).add(flow.connection);
    const IpAddress::Bytes& address = flow.peer.address.bytes();
    hasher.add(std::string_view{reinterpret_cast<const char*>(address.data()), address.size()});
    return hasher.add(flow.peer.port).finish().low;
}

bool Unacknowledged::has(const Flow& flow, std::string_view bytes) const {
    return messages_.contains(hash_of(flow, bytes));
}

void Unacknowledged::add(TimePoint now, Frame frame, const NodeId& to) {
    bytes_ += frame.bytes.size();
    if (is_from_peer(frame.kind)) messages_.insert(hash_of(frame.flow, frame.bytes));
    const FrameId id = next_id_++;
    unsent_[to].insert(id);
    frames_.emplace(id, Waiting{std::move(frame), to, now + kPatience, 0});
}

std::optional<Unacknowledged::Made> Unacknowledged::make_parcel(
    TimePoint now,
    const NodeId& owner
) {
    const auto found = std::ranges::find_if(unsent_, [&](const auto& entry) {
        return !entry.first.empty() || !owner.empty();
    });
    if (found == unsent_.end()) return std::nullopt;
    const NodeId to = found->first.empty() ? owner : found->first;
    const std::uint64_t number = next_number_++;
    Sent parcel{to, {}, now + kRepeat};
    std::set<FrameId>& unsent = found->second;
    for (std::size_t bytes = 0;
         !unsent.empty() && parcel.frames.size() < kParcelFrames && bytes < kParcelBytes;
         unsent.erase(unsent.begin())) {
        const FrameId id = *unsent.begin();
        Waiting& waiting = frames_.at(id);
        waiting.parcel = number;
        bytes += waiting.frame.bytes.size();
        parcel.frames.insert(id);
    }
    if (unsent.empty()) unsent_.erase(found);
    Made made{number, to, frames_of(parcel)};
    parcels_.emplace(number, std::move(parcel));
    return made;
}

std::optional<Unacknowledged::Made> Unacknowledged::repeat_parcel(TimePoint now) {
    const auto due = std::ranges::find_if(parcels_, [now](const auto& entry) {
        return entry.second.repeat_at <= now;
    });
    if (due == parcels_.end()) return std::nullopt;
    due->second.repeat_at = now + kRepeat;
    return Made{due->first, due->second.to, frames_of(due->second)};
}

std::vector<Frame> Unacknowledged::frames_of(const Sent& parcel) const {
    std::vector<Frame> frames;
    for (const FrameId id : parcel.frames) frames.push_back(frames_.at(id).frame);
    return frames;
}

void Unacknowledged::acknowledge(const NodeId& by, std::uint64_t number) {
    const auto parcel = parcels_.find(number);
    if (parcel == parcels_.end() || parcel->second.to != by) return;
    const std::set<FrameId> frames = parcel->second.frames;
    for (const FrameId id : frames) take(id);
}

void Unacknowledged::retarget() {
    std::set<FrameId>& unsent = unsent_[NodeId{}];
    for (auto& [id, waiting] : frames_) {
        if (!waiting.to.empty() || waiting.parcel == 0) continue;
        leave_parcel(id, waiting);
        unsent.insert(id);
    }
    if (unsent.empty()) unsent_.erase(NodeId{});
}

std::vector<Frame> Unacknowledged::take_for_owner() { return take_for({}); }

std::vector<Frame> Unacknowledged::take_for(const NodeId& node) {
    return take_if([&](const Waiting& waiting) { return waiting.to == node; });
}

std::vector<Frame> Unacknowledged::take_late(TimePoint now) {
    std::vector<Frame> late;
    while (!frames_.empty() && frames_.begin()->second.until <= now) {
        late.push_back(take(frames_.begin()->first));
    }
    return late;
}

std::vector<Frame> Unacknowledged::take_if(const std::function<bool(const Waiting&)>& is_meant) {
    std::vector<FrameId> meant;
    for (const auto& [id, waiting] : frames_) {
        if (is_meant(waiting)) meant.push_back(id);
    }
    std::vector<Frame> frames;
    for (const FrameId id : meant) frames.push_back(take(id));
    return frames;
}

Frame Unacknowledged::take(FrameId id) {
    const auto found = frames_.find(id);
    Waiting& waiting = found->second;
    leave_parcel(id, waiting);
    if (const auto unsent = unsent_.find(waiting.to); unsent != unsent_.end()) {
        unsent->second.erase(id);
        if (unsent->second.empty()) unsent_.erase(unsent);
    }
    Frame frame = std::move(waiting.frame);
    frames_.erase(found);
    bytes_ -= frame.bytes.size();
    if (is_from_peer(frame.kind)) {
        const auto message = messages_.find(hash_of(frame.flow, frame.bytes));
        if (message != messages_.end()) messages_.erase(message);
    }
    return frame;
}

void Unacknowledged::leave_parcel(FrameId id, Waiting& waiting) {
    const auto parcel = parcels_.find(std::exchange(waiting.parcel, 0));
    if (parcel == parcels_.end()) return;
    parcel->second.frames.erase(id);
    if (parcel->second.frames.empty()) parcels_.erase(parcel);
}

void Unacknowledged::clear() {
    frames_.clear();
    unsent_.clear();
    parcels_.clear();
    messages_.clear();
    bytes_ = 0;
}

TimePoint Unacknowledged::next_deadline() const {
    TimePoint next = frames_.empty() ? TimePoint::max() : frames_.begin()->second.until;
    for (const auto& [number, parcel] : parcels_) next = std::min(next, parcel.repeat_at);
    return next;
}

}  // namespace reginfo

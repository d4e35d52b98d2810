#include "core/cluster/parcel.hpp"

#include "core/base/byte_reader.hpp"
#include "core/base/byte_writer.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace reginfo {
namespace {

constexpr std::uint64_t kParcelLayout = 1;

void put(ByteWriter& out, const NodeId& node) { out.text(node.name).text(node.incarnation); }

NodeId get_node(ByteReader& in) {
    NodeId node;
    node.name = in.text();
    node.incarnation = in.text();
    return node;
}

void put(ByteWriter& out, const Flow& flow) {
    const IpAddress::Bytes& address = flow.peer.address.bytes();
    out.number(static_cast<std::uint64_t>(flow.transport)).number(flow.listener);
    out.text({reinterpret_cast<const char*>(address.data()), address.size()});
    out.number(flow.peer.port).number(flow.connection);
}

std::uint16_t get_short(ByteReader& in) {
    const std::uint64_t number = in.number();
    if (number > std::numeric_limits<std::uint16_t>::max()) in.spoil();
    return static_cast<std::uint16_t>(number);
}

Flow get_flow(ByteReader& in) {
    Flow flow;
    const std::uint64_t transport = in.number();
    if (transport > static_cast<std::uint64_t>(Transport::tcp)) in.spoil();
    flow.transport = static_cast<Transport>(transport & 1U);
    flow.listener = get_short(in);
    IpAddress::Bytes address{};
    const std::string_view bytes = in.text();
    if (bytes.size() != address.size()) in.spoil();
    std::copy_n(bytes.begin(), std::min(bytes.size(), address.size()), address.begin());
    flow.peer = {IpAddress(address), get_short(in)};
    flow.connection = in.number();
    return flow;
}

void put(ByteWriter& out, const Frame& frame) {
    out.number(static_cast<std::uint64_t>(frame.kind));
    put(out, frame.origin);
    put(out, frame.flow);
    out.number(frame.reconnect_port).number(frame.hops).signed_number(frame.until);
    out.text(frame.bytes);
}

Frame get_frame(ByteReader& in) {
    Frame frame;
    const std::uint64_t kind = in.number();
    if (kind >= Frame::kKinds) in.spoil();
    frame.kind = static_cast<Frame::Kind>(kind % Frame::kKinds);
    frame.origin = get_node(in);
    frame.flow = get_flow(in);
    frame.reconnect_port = get_short(in);
    frame.hops = static_cast<std::uint8_t>(std::min<std::uint64_t>(in.number(), 255));
    frame.until = in.signed_number();
    frame.bytes = in.text();
    return frame;
}

}  // namespace

std::string encode(const Parcel& parcel) {
    ByteWriter out;
    out.number(kParcelLayout);
    put(out, parcel.from);
    out.number(parcel.number).number(parcel.floor).number(parcel.acknowledged.size());
    for (const std::uint64_t number : parcel.acknowledged) out.number(number);
    out.number(parcel.frames.size());
    for (const Frame& frame : parcel.frames) put(out, frame);
    return out.take();
}

std::optional<Parcel> decode_parcel(std::string_view bytes) {
    ByteReader in(bytes);
    if (in.number() != kParcelLayout) return std::nullopt;
    Parcel parcel;
    parcel.from = get_node(in);
    parcel.number = in.number();
    parcel.floor = in.number();
    const std::size_t acknowledged = in.count();
    if (acknowledged > kParcelAcknowledged) return std::nullopt;
    for (std::size_t i = 0; i < acknowledged; ++i) parcel.acknowledged.push_back(in.number());
    const std::size_t frames = in.count();
    if (frames > kParcelFrames) return std::nullopt;
    for (std::size_t i = 0; i < frames && in.ok(); ++i) parcel.frames.push_back(get_frame(in));
    if (!in.ok() || !in.at_end() || parcel.from.empty()) return std::nullopt;
    return parcel;
}

}  // namespace reginfo

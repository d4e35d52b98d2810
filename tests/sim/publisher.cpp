/// @file

#include "tests/sim/peers.hpp"
#include "tests/sim/world.hpp"

#include <chrono>
#include <utility>

namespace reginfo::sim {
namespace {

constexpr std::int64_t kPublicationExpires[] = {3600, 6, 20, 120, 900};
constexpr std::int64_t kContactExpires[] = {3600, 4, 10, 60, 400};

/// Below timer J minus the delay of the network.
constexpr Duration kRepeatable = std::chrono::seconds{25};

Seconds expires_of(const Command& command) {
    return Seconds{kPublicationExpires[command.how % std::size(kPublicationExpires)]};
}

Listing listing_of(const Item& item, Callids callids) {
    Listing listing;
    const unsigned contact = item.contact % 4U;
    const std::string number = std::to_string(contact);
    listing.uri = "sip:c" + number + "@198.51.100." + number + ":5060";
    listing.active = !item.ended;
    const unsigned expires = item.expires % (std::size(kContactExpires) + 1);
    if (expires > 0) listing.expires = Seconds{kContactExpires[expires - 1]};
    if (callids == Callids::always) listing.callid = "call-" + number;
    if (callids == Callids::mixed && item.callid % 4U > 0) {
        listing.callid = "call-" + number + "-" + std::to_string(item.callid % 4U);
    }
    const bool counted = callids == Callids::mixed || contact != 3;
    if (!listing.callid.empty() && counted) listing.cseq = item.cseq;
    return listing;
}

}  // namespace

Publisher::Publisher(World& world, unsigned index, std::string aor)
    : Peer(
          world,
          "p" + std::to_string(index),
          {IpAddress::v4(0xc0000200U + 10U + index), 5060},
          index == 3 ? Transport::tcp : Transport::udp
      ),
      aor_(std::move(aor)) {}

void Publisher::put(const std::string& tag, Seconds expires, const std::optional<Body>& body) {
    const std::string branch = next_branch();
    const std::string text = body ? reginfo_text(aor_, *body) : std::string();
    std::string out = "PUBLISH " + aor_ + " SIP/2.0\r\nVia: SIP/2.0/" +
                      std::string(name_of(transport())) + " " + endpoint().to_string() +
                      ";rport;branch=" + branch + "\r\nFrom: <" + aor_ + ">;tag=" + name_ +
                      "\r\nTo: <" + aor_ + ">\r\nCall-ID: " + name_ +
                      "\r\nCSeq: " + std::to_string(++cseq_) +
                      " PUBLISH\r\nMax-Forwards: 70\r\nEvent: reg\r\nExpires: " +
                      std::to_string(expires.count()) + "\r\n";
    if (!tag.empty()) out += "SIP-If-Match: " + tag + "\r\n";
    if (body) out += "Content-Type: application/reginfo+xml\r\n";
    out += "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
    last_ = out;
    last_at_ = world_.network.now;
    world_.expect(branch, {aor_, tag, expires, body});
    request(branch, std::move(out));
}

void Publisher::publish(const Command& command) {
    Body body;
    body.full = command.how / 5 % 3 != 2;
    for (const Item& item : command.items) {
        body.listings.push_back(listing_of(item, world_.plan().callids));
    }
    put(tag_, expires_of(command), body);
}

void Publisher::refresh(const Command& command) {
    if (!tag_.empty()) put(tag_, expires_of(command), std::nullopt);
}

void Publisher::remove() {
    if (!tag_.empty()) put(tag_, Seconds{0}, std::nullopt);
}

void Publisher::use_wrong_tag(const Command& command) {
    put("0123456789abcdef", expires_of(command), std::nullopt);
}

void Publisher::repeat() {
    if (transport() == Transport::tcp || last_.empty() ||
        world_.network.now - last_at_ > kRepeatable)
        return;
    send(flow(), last_);
}

void Publisher::on_response(const Wire& response) {
    if (response.status() == 412) tag_.clear();
    if (response.status() != 200) return;
    tag_ = response.header("Expires") == "0" ? std::string() : response.header("SIP-ETag");
}

}  // namespace reginfo::sim

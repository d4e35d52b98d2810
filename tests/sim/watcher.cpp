/// @file

#include "tests/sim/peers.hpp"
#include "tests/sim/world.hpp"

#include <chrono>
#include <utility>

namespace reginfo::sim {
namespace {

constexpr Duration kSlow = std::chrono::milliseconds{2500};

/// Watcher 0 is plain, 1 uses TCP, 2 and 3 are Kamailio, 4 and 5 have a name as Contact.
bool speaks_tcp(unsigned index) { return index % 2 == 1 && index < 4; }

IpAddress own_address(unsigned index) { return IpAddress::v4(0xc0000200U + 100U + index); }

/// The address that its requests come from, and go to.
Endpoint hop_of(const World& world, unsigned index) {
    if (world.is_behind_edge(index)) return kEdge;
    return {own_address(index), 5060};
}

}  // namespace

Watcher::Watcher(World& world, unsigned index)
    : Peer(
          world,
          "w" + std::to_string(index),
          hop_of(world, index),
          speaks_tcp(index) ? Transport::tcp : Transport::udp
      ),
      kamailio_(index == 2 || index == 3 || index == 5) {
    const std::string host = index >= 4 ? name_ + ".example.com" : own_address(index).to_uri_host();
    if (world.is_behind_edge(index)) route_ = "Record-Route: <sip:192.0.2.200;lr>\r\n";
    contact_ =
        "<sip:" + name_ + "@" + host + ":5060" + (speaks_tcp(index) ? ";transport=tcp>" : ">");
}

void Watcher::put(const std::string& id, Seconds expires) {
    const std::string branch = next_branch();
    const std::string via = speaks_tcp(static_cast<unsigned>(name_.back() - '0')) ? "TCP" : "UDP";
    std::string out =
        "SUBSCRIBE " + aor_ + " SIP/2.0\r\nVia: SIP/2.0/" + via + " " + endpoint().to_string() +
        ";rport;branch=" + branch + "\r\nFrom: <sip:" + name_ + "@example.com>;tag=" + call_id_ +
        "\r\nTo: <" + aor_ + ">" + (to_tag_.empty() ? "" : ";tag=" + to_tag_) +
        "\r\nCall-ID: " + call_id_ + "\r\nCSeq: " + std::to_string(++cseq_) + " SUBSCRIBE\r\n" +
        route_ + "Contact: " + contact_ + "\r\nMax-Forwards: 70\r\nEvent: reg";
    const Plan& plan = world_.plan();
    if (!id.empty()) out += ";id=" + id;
    if (plan.rates && !kamailio_) out += ";max-rate=0.5;min-rate=0.02";
    out += "\r\nExpires: " + std::to_string(expires.count()) + "\r\n";
    out += "User-Agent: " + std::string(text_of(kamailio_ ? Profile::kamailio : plan.profile));
    out += " (5.6.3)\r\n";
    if (const auto view = views_.find(id);
        plan.suppress && expires.count() > 0 && view != views_.end() && !view->second.tag.empty()) {
        out += "Suppress-If-Match: " + view->second.tag + "\r\n";
    }
    asked_id_ = id;
    asked_expires_ = expires;
    last_status_ = 0;
    world_.expect_subscribe(branch, id, to_tag_.empty() && expires == Seconds{0});
    request(branch, out + "Content-Length: 0\r\n\r\n");
}

void Watcher::subscribe(const std::string& aor, Seconds expires) {
    call_id_ = name_ + "-" + std::to_string(++dialogs_);
    to_tag_.clear();
    cseq_ = 0;
    notify_cseq_ = 0;
    views_.clear();
    aor_ = aor;
    world_.notifies.add_dialog(call_id_, aor, kamailio_, expires == Seconds{0});
    put("", expires);
}

void Watcher::resubscribe(const std::string& id, Seconds expires) {
    if (call_id_.empty() || to_tag_.empty()) return;
    if (const auto at = views_.find(id); at != views_.end() && at->second.terminated) return;
    put(id, expires);
}

void Watcher::on_response(const Wire& response) {
    last_status_ = response.status();
    if (response.header("Call-ID") != call_id_) return;  // forgotten meanwhile
    if (response.status() == 200 || response.status() == 204) {
        to_tag_ = response.param("To", "tag");
        View& view = views_[asked_id_];
        view.accepted = true;
        view.deadline = world_.network.now + asked_expires_;
    } else if (to_tag_.empty()) {
        views_.clear();
        call_id_.clear();
    } else if (response.status() == 481) {
        views_.erase(asked_id_);
    }
}

void Watcher::shorten(Duration by) {
    for (auto& [id, view] : views_) view.deadline -= by;
}

void Watcher::on_timeout() {
    last_status_ = 408;
    if (!to_tag_.empty()) return;
    views_.clear();
    call_id_.clear();
}

void Watcher::on_request(const Wire& request, const Flow& flow) {
    if (const auto known = answers_.find(request.branch()); known != answers_.end()) {
        return send(flow, known->second);
    }
    if (manner_ == Manner::silent) return;
    const int status = answer_to(request);
    const std::string extra = status == 500 ? "Retry-After: 2\r\n" : "";
    const std::string answer = response_text(request, status, call_id_, extra);
    const std::string branch = request.branch();
    const auto say = [this, flow, answer, branch] {
        answers_[branch] = answer;
        send(flow, answer);
    };
    manner_ == Manner::slow ? world_.network.after(kSlow, say) : say();
}

int Watcher::answer_to(const Wire& notify) {
    if (notify.header("Call-ID") != call_id_ || notify.param("To", "tag") != call_id_) return 481;
    if (!to_tag_.empty() && notify.param("From", "tag") != to_tag_) return 481;
    if (manner_ == Manner::gone) {
        views_.clear();
        call_id_.clear();
        return 481;
    }
    if (notify.cseq() < notify_cseq_) return 500;
    if (notify.cseq() == notify_cseq_) return 200;  // a copy of the NOTIFY with a delayed answer
    if (manner_ == Manner::busy) return 500;
    notify_cseq_ = notify.cseq();
    to_tag_ = notify.param("From", "tag");
    const std::string id = notify.param("Event", "id");
    View& view = views_[id];
    fold(notify, view);
    view.terminated = notify.header("Subscription-State").starts_with("terminated");
    return 200;
}

/// A full document replaces the state. A partial one changes it, and must have the next version
/// (RFC 3680 §5.2). The version must be higher than the last one.
void Watcher::fold(const Wire& notify, View& view) {
    if (notify.body.empty()) return;
    const Told told(notify.body);
    if (view.version && told.version <= *view.version && told.version != 0) {
        throw Violation("a document with an old version in " + call_id_);
    }
    if (!told.full && world_.plan().profile != Profile::partial) {
        throw Violation("nobody asked for partial documents");
    }
    if (!told.full && (!view.version || told.version != *view.version + 1)) {
        throw Violation("a partial document without the one before in " + call_id_);
    }
    view.version = told.version;
    view.tag = notify.header("SIP-ETag");
    if (told.full) view.folded.clear();
    const TimePoint sent = world_.notifies.sent_at(notify.branch());
    for (const auto& [uri, contact] : told.contacts) {
        if (!contact.active) {
            view.mirror.erase(uri);
            view.folded.erase(uri);
            continue;
        }
        view.folded[uri] = view.mirror[uri] = {contact, sent + Seconds{contact.expires}};
    }
}

}  // namespace reginfo::sim

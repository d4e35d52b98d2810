/// @file
/// Publishers and watchers: the state and behaviour of a far end.
#pragma once

#include "core/base/time.hpp"
#include "core/outbox.hpp"
#include "tests/sim/commands.hpp"
#include "tests/sim/wire.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace reginfo::sim {

class World;

/// The next hop that watchers share. The message identifies the watcher.
inline const Endpoint kEdge{IpAddress::v4(0xc00002c8U), 5060};

/// A far end with an address. Sends requests one at a time, as a client transaction over an
/// unreliable transport does (RFC 3261 §17.1.2).
class Peer {
public:
    Peer(World& world, std::string name, const Endpoint& endpoint, Transport transport);
    virtual ~Peer() = default;
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    const std::string& name() const { return name_; }
    const Endpoint& endpoint() const { return endpoint_; }
    Transport transport() const { return transport_; }
    bool is_busy() const { return !pending_.empty(); }
    const std::string& last_request() const { return last_bytes_; }
    void lose_request();  ///< gives up waiting for the answer
    Flow flow();          ///< to the engine; connects if there is no connection
    void receive(const Wire& message, const Flow& flow);
    void close();  ///< all its connections

protected:
    virtual void on_response(const Wire& response) = 0;
    virtual void on_timeout() = 0;
    virtual void on_request(const Wire& request, const Flow& flow) = 0;

    std::string next_branch();
    void request(const std::string& branch, std::string bytes);
    void send(const Flow& flow, std::string bytes);

    World& world_;
    std::string name_;

private:
    void transmit(const std::string& branch, std::string bytes, Duration interval, TimePoint end);

    Endpoint endpoint_;
    Transport transport_;
    ConnectionId connection_ = 0;
    std::string pending_;  ///< branch of the unanswered request
    std::string last_bytes_;
    std::uint64_t branches_ = 0;
};

/// One publication of one AOR.
class Publisher final : public Peer {
public:
    Publisher(World& world, unsigned index, std::string aor);  ///< the fourth uses TCP

    const std::string& aor() const { return aor_; }
    void publish(const Command& command);
    void refresh(const Command& command);
    void remove();
    void use_wrong_tag(const Command& command);
    void forget_tag() { tag_.clear(); }
    void repeat();  ///< sends the last datagram again, as a duplicate

private:
    void on_response(const Wire& response) override;
    void on_timeout() override { tag_.clear(); }
    void on_request(const Wire&, const Flow&) override {}
    void put(const std::string& tag, Seconds expires, const std::optional<Body>& body);

    std::string aor_;
    std::string tag_;
    std::uint32_t cseq_ = 0;
    std::string last_;
    TimePoint last_at_;
};

class Watcher final : public Peer {
public:
    struct Contact {
        ToldContact told;
        TimePoint deadline;
    };
    /// The state of one subscription at the watcher.
    struct View {
        TimePoint deadline;  ///< of the subscription, as granted
        bool accepted = false;
        bool terminated = false;
        std::optional<std::uint32_t> version;
        std::string tag;                        ///< of the last document (RFC 5839)
        std::map<std::string, Contact> folded;  ///< by RFC 3680 §5.2
        /// As Kamailio does: only a contact that is listed as ended is removed.
        std::map<std::string, Contact> mirror;
    };
    enum class Manner : std::uint8_t { ok, silent, slow, busy, gone, count_ };

    Watcher(World& world, unsigned index);

    void subscribe(const std::string& aor, Seconds expires);
    void resubscribe(const std::string& id, Seconds expires);
    void answer_with(Manner manner) { manner_ = manner; }
    /// The server keeps its subscriptions for less time than granted.
    void shorten(Duration by);

    bool is_kamailio() const { return kamailio_; }
    std::map<std::string, View>& views() { return views_; }
    const std::string& aor() const { return aor_; }
    const std::string& call_id() const { return call_id_; }
    int last_status() const { return last_status_; }

private:
    void on_response(const Wire& response) override;
    void on_timeout() override;
    void on_request(const Wire& request, const Flow& flow) override;
    int answer_to(const Wire& notify);
    void fold(const Wire& notify, View& view);
    void put(const std::string& id, Seconds expires);

    bool kamailio_;
    std::string contact_;
    std::string route_;  ///< the header of its edge, if it has one
    Manner manner_ = Manner::ok;
    std::uint64_t dialogs_ = 0;
    std::string call_id_;  ///< of its dialog; empty without one
    std::string aor_;
    std::string to_tag_;
    std::uint32_t cseq_ = 0;
    std::uint32_t notify_cseq_ = 0;
    std::string asked_id_;
    Seconds asked_expires_{0};
    int last_status_ = 0;                ///< of the answer to the last SUBSCRIBE; 408 for none
    std::map<std::string, View> views_;  ///< by Event id
    std::map<std::string, std::string> answers_;  ///< to NOTIFYs, by branch
};

}  // namespace reginfo::sim

/// @file
/// The reactor's turn: feeds the engine what the sockets read, and performs what it asks for.
#pragma once

#include "core/cluster/relay.hpp"
#include "core/engine.hpp"
#include "core/event/persistence/journal.hpp"
#include "core/outbox.hpp"
#include "transport/hep_exporter.hpp"
#include "transport/inbox.hpp"
#include "transport/listeners.hpp"
#include "transport/receive_batch.hpp"
#include "transport/resolver.hpp"
#include "transport/tcp_server.hpp"
#include "transport/transport_options.hpp"
#include "transport/transport_stats.hpp"
#include "transport/turn_handler.hpp"
#include "transport/udp_endpoint.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo {

/// What the driver works with; all of it must outlive the driver.
struct DriverParts {
    boost::asio::io_context& io;
    Engine& engine;
    Journal* journal = nullptr;             ///< none: an engine whose Settings::durable is false
    std::function<void(const Note&)> note;  ///< writes a line of the log
    std::unique_ptr<Resolver> resolver = nullptr;  ///< none: the DNS
    /// Asked when a peer connects, so that a reload counts at once; none: everybody is served.
    std::function<Admission(const IpAddress& peer)> admission = nullptr;
    std::function<void(TimePoint now)> turn_ended = nullptr;  ///< none: nobody wants to know
    /// Whether what depends on state may leave now. Asked before a turn, and once more before its
    /// effects are performed, as the process may have stood still between. None: always.
    std::function<bool()> may_speak = nullptr;
    Relay* relay = nullptr;  ///< none: there are no other nodes
};

/// Runs an Engine on the sockets of its listeners, by the contract in core/engine.hpp.
///
/// One turn: something happened; the engine is told, with one reading of the clock; its effects are
/// performed, and those that follow from commits and look-ups that are answered at once; then what
/// is queued is sent in as few system calls as possible, and the timer is armed.
///
/// One thread: every function is called on the one that runs the io_context. Completion handlers
/// refer to the driver, so the io_context must not run after the driver is destroyed. Destroyed
/// without stop(), its sockets are closed as well.
class Driver final : private TurnHandler {
public:
    using Input = std::function<void(TimePoint now, Outbox& outbox)>;

    Driver(DriverParts parts, Listeners listeners, const TransportOptions& options);
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;

    void start();

    /// Closes every socket, whatever is queued, and cancels all waits, so that io_context::run
    /// returns. May be called at any time.
    void stop();

    /// While it does not listen, messages wait in the kernel, and the engine is told of no
    /// deadline: before it has the state, and when it has given it back. It listens from start()
    /// on, unless it was told otherwise.
    void listen(bool whether);

    /// Another node has a message, or a flow of its own that is gone, for the engine: in a turn
    /// soon.
    void deliver(const Flow& flow, std::string bytes) {
        relayed_.push({flow, std::move(bytes)});
        turn_soon();
    }
    void deliver_closed(const Flow& flow) { handle_flow_closed(flow); }
    /// Sends what the engine of another node asks for.
    void send_for_another(Send send) {
        if (!stopped_) send_by_socket(send);
    }
    /// A turn, soon.
    void turn_soon();

    /// Runs one turn in which `input` tells the engine something; soon, if a turn is under way.
    void run_turn(Input input);

    /// Of messages that begin from now on; on streams, of connections that do.
    void set_message_limits(const sip::ParseLimits& limits) { options_.message = limits; }

    /// Whether each message that comes or goes is a line of the log, with severity debug.
    void tell_messages(bool whether) { tells_messages_ = whether; }

    const TransportStats& stats() const { return stats_; }

private:
    void tell(std::string_view what, const Flow& flow, std::string_view message);
    void measure_backlog(ListenerId listener, bool drained);
    void adjust_pressure(std::optional<TimePoint> deadline);
    void begin_turn() override;
    bool handle_message(const Flow& flow, std::string_view bytes) override;
    void handle_broken_stream(const Flow& flow, std::string_view head, sip::ParseError error)
        override;
    void handle_flow_closed(const Flow& flow) override;
    void handle_unsent(const Flow& flow, std::string head, Unsent why) override;
    void end_turn() override;
    Admission admission_of(const IpAddress& peer) const override;
    void note(const Note& note) override { parts_.note(note); }

    void wait_for_datagrams();
    void wait_for_datagrams(ListenerId listener);
    void receive_datagrams(ListenerId listener);
    void pause_streams();

    bool may_speak() const { return !parts_.may_speak || parts_.may_speak(); }
    void look_at_lease();
    void look_at_lease_again();
    void fall_silent();
    bool has_news() const;
    void feed_news();
    void perform_effects();
    void perform(Send& send);
    void perform(Close& close) {
        if (close.flow.transport == Transport::tcp) tcp_.close(close.flow);
    }
    void perform(Commit& commit);
    void perform(Resolve& resolve) { parts_.resolver->resolve(resolve); }
    void perform(Note& note) { parts_.note(note); }
    UdpEndpoint* udp_of(const Flow& flow) const;
    void send_by_socket(Send& send);
    void flush();

    void schedule();
    void arm(TimePoint deadline);
    void on_deadline(TimePoint deadline);

    struct UnsentDatagram {
        Flow flow;
        std::string head;
        Unsent why;
    };
    struct Committed {
        CommitId id;
        bool ok;
    };
    struct Resolved {
        ResolveId id;
        std::vector<Target> targets;
    };

    struct Relayed {
        Flow flow;
        std::string bytes;
    };

    TransportOptions options_;
    TransportStats stats_;
    DriverParts parts_;
    ReceiveBatch batch_;
    std::vector<std::unique_ptr<UdpEndpoint>> udp_;  ///< by ListenerId; null for others
    std::vector<bool> awaited_;       ///< by ListenerId: a handler waits for datagrams
    std::vector<Pressure> backlogs_;  ///< how full each listener's socket is
    TcpServer tcp_;
    std::unique_ptr<HepExporter> hep_;  ///< none: nobody is sent copies
    boost::asio::steady_timer timer_;
    std::optional<TimePoint> armed_for_;

    Outbox outbox_;      ///< what the engine asks for
    Outbox performing_;  ///< what is being done: the engine may ask for more meanwhile
    Inbox<Committed> committed_;
    Inbox<Resolved> resolved_;
    Inbox<Flow> closed_;
    Inbox<UnsentDatagram> unsent_;
    Inbox<Input> inputs_;
    Inbox<Relayed> relayed_;

    Pressure pressure_ = Pressure::none;
    TimePoint started_;
    TimePoint now_;
    bool tells_messages_ = false;
    bool in_turn_ = false;
    bool turn_posted_ = false;
    bool speaks_ = true;  ///< as the engine was told
    bool listens_ = true;
    bool stopped_ = false;
};

}  // namespace reginfo

/// @file
/// The reactor's turn: feeds the engine what the sockets read, and performs what it asks for.

#include "transport/driver.hpp"

#include "transport/ares_client.hpp"
#include "transport/dns_resolver.hpp"
#include "transport/receive_batch.hpp"
#include "transport/steady_time.hpp"
#include "transport/timer_alarm.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cassert>
#include <random>
#include <span>
#include <variant>

namespace reginfo {
namespace {

using boost::system::error_code;

/// Bounded, so that a flood on UDP cannot starve TCP, timers and /metrics.
constexpr int kBatchesPerWakeup = 8;

/// Parts of a socket's receive buffer that are still full after a wakeup's batches. A full one of
/// 16 MiB is about half a second of work: senders must not come to repeat what is still in it.
constexpr double kHighFill = 0.25;
constexpr double kExtremeFill = 0.5;

/// The one answer that others may give as well.
bool says_nothing_of_state(std::string_view head) { return head.starts_with("SIP/2.0 503 "); }

/// How late the engine's earliest deadline may be seen before the reactor counts as behind. What
/// was due before it started, while state was read, is late from then on.
constexpr Duration kLate = std::chrono::milliseconds{500};

}  // namespace

Driver::Driver(DriverParts parts, Listeners listeners, const TransportOptions& options)
    : options_(options),
      parts_(std::move(parts)),
      udp_(listeners.size()),
      awaited_(listeners.size(), false),
      backlogs_(std::max<std::size_t>(listeners.size(), 1), Pressure::none),
      tcp_(parts_.io, *this, options_, parts_.engine.spare_texts(), stats_),
      timer_(parts_.io) {
    std::vector<Endpoint> bound;
    for (std::size_t i = 0; i < listeners.size(); ++i) {
        const auto id = static_cast<ListenerId>(i);
        bound.push_back(listeners.bound(id));
        Listeners::Socket socket = listeners.take(id);
        if (auto* udp = std::get_if<boost::asio::ip::udp::socket>(&socket)) {
            udp_[i] = std::make_unique<UdpEndpoint>(
                std::move(*udp),
                id,
                options_.udp_queue_bytes,
                parts_.engine.spare_texts(),
                stats_,
                static_cast<TurnHandler&>(*this)
            );
        } else {
            tcp_.add_listener(id, std::get<boost::asio::ip::tcp::acceptor>(std::move(socket)));
        }
    }
    if (options_.hep.server) {
        hep_ = std::make_unique<HepExporter>(parts_.io, options_.hep, std::move(bound), stats_);
    }
    if (!parts_.resolver) {
        std::random_device chance;
        DnsResolverParts resolver{
            std::make_unique<AresClient>(parts_.io, options_),
            std::make_unique<TimerAlarm>(parts_.io),
            chance(),
            parts_.note
        };
        parts_.resolver = std::make_unique<DnsResolver>(std::move(resolver), options_, stats_);
    }
}

void Driver::start() {
    started_ = steady_now();
    if (parts_.journal) {
        parts_.journal->on_done([this](CommitId id, bool ok) {
            committed_.push({id, ok});
            turn_soon();
        });
    }
    parts_.resolver->on_done([this](ResolveId id, std::span<const Target> targets) {
        resolved_.push({id, {targets.begin(), targets.end()}});
        turn_soon();
    });
    tcp_.start();
    wait_for_datagrams();
    turn_soon();
}

void Driver::listen(bool whether) {
    listens_ = whether;
    pause_streams();
    wait_for_datagrams();
    turn_soon();
}

void Driver::stop() {
    if (stopped_) return;
    stopped_ = true;
    for (const auto& udp : udp_) {
        if (udp) udp->close();
    }
    tcp_.stop();
    parts_.resolver->stop();
    timer_.cancel();
}

void Driver::run_turn(Input input) {
    if (stopped_) return;
    inputs_.push(std::move(input));
    if (in_turn_) return;
    begin_turn();
    end_turn();
}

// Input.

void Driver::wait_for_datagrams() {
    for (std::size_t i = 0; i < udp_.size(); ++i) {
        if (udp_[i] && !awaited_[i]) wait_for_datagrams(static_cast<ListenerId>(i));
    }
}

void Driver::wait_for_datagrams(ListenerId listener) {
    if (!listens_ || stopped_) return;
    awaited_[listener] = true;
    udp_[listener]->async_wait_readable([this, listener](const error_code& error) {
        awaited_[listener] = false;
        if (error || stopped_) return;
        receive_datagrams(listener);
        wait_for_datagrams(listener);
    });
}

void Driver::receive_datagrams(ListenerId listener) {
    for (int batch = 0; batch < kBatchesPerWakeup && listens_ && !stopped_; ++batch) {
        const std::span<const Datagram> datagrams = udp_[listener]->receive(batch_);
        const bool drained = datagrams.size() < ReceiveBatch::kSize;
        if (!datagrams.empty()) {
            begin_turn();
            for (const Datagram& datagram : datagrams) {
                handle_message(Flow{Transport::udp, listener, datagram.peer}, datagram.bytes);
            }
            end_turn();
        }
        if (drained) return measure_backlog(listener, true);
    }
    if (!stopped_) measure_backlog(listener, false);
}

/// A socket that a wakeup's batches could not drain has a backlog: how much of the kernel's buffer
/// it fills shows how far behind the reactor is.
void Driver::measure_backlog(ListenerId listener, bool drained) {
    Pressure& backlog = backlogs_[listener];
    backlog = Pressure::none;
    if (!drained) {
        const double fill = udp_[listener]->receive_buffer_fill();
        if (fill > kHighFill) backlog = Pressure::high;
        if (fill > kExtremeFill) backlog = Pressure::extreme;
    }
    adjust_pressure(parts_.engine.next_deadline());
}

/// What is unsent or overdue counts too: it grows where TCP brings the load, or work that was
/// accepted earlier.
void Driver::adjust_pressure(std::optional<TimePoint> deadline) {
    Pressure pressure = *std::max_element(backlogs_.begin(), backlogs_.end());
    const bool late = deadline && now_ - std::max(*deadline, started_) > kLate;
    const bool unsent = stats_.datagram_bytes_queued > options_.udp_queue_bytes / 2;
    if (late || unsent) pressure = std::max(pressure, Pressure::high);
    if (pressure == pressure_) return;
    pressure_ = pressure;
    ++stats_.pressure_changes;
    stats_.pressure = static_cast<std::uint64_t>(pressure);
    parts_.engine.set_pressure(pressure);
    pause_streams();
}

void Driver::pause_streams() { tcp_.pause_reading(!listens_ || pressure_ == Pressure::extreme); }

bool Driver::handle_message(const Flow& flow, std::string_view bytes) {
    if (hep_) hep_->received(flow, bytes);
    if (tells_messages_) tell("message received", flow, bytes);
    if (parts_.relay && admission_of(flow.peer.address) == Admission::served &&
        parts_.relay->take(now_, flow, bytes)) {
        return true;
    }
    return parts_.engine.handle_message(now_, flow, bytes, outbox_);
}

void Driver::handle_broken_stream(const Flow& flow, std::string_view head, sip::ParseError error) {
    parts_.engine.handle_broken_stream(flow, head, error, outbox_);
}

void Driver::handle_flow_closed(const Flow& flow) {
    if (parts_.relay && flow.relay == 0) parts_.relay->handle_flow_closed(steady_now(), flow);
    closed_.push(flow);
    turn_soon();
}

void Driver::handle_unsent(const Flow& flow, std::string head, Unsent why) {
    unsent_.push({flow, std::move(head), why});
    turn_soon();
}

Admission Driver::admission_of(const IpAddress& peer) const {
    return parts_.admission ? parts_.admission(peer) : Admission::served;
}

// The turn.

void Driver::begin_turn() {
    assert(!in_turn_);
    in_turn_ = true;
    now_ = steady_now();
    if (parts_.relay) parts_.engine.set_relaying(parts_.relay->is_usable(now_));
    look_at_lease();
}

void Driver::look_at_lease() {
    const bool speaks = may_speak();
    if (speaks == speaks_) return;
    if (!speaks) return fall_silent();
    speaks_ = true;
    parts_.engine.handle_resumed(now_, outbox_);
}

/// The process may have stood still since the turn began. What is withheld now is repeated, or
/// taken back, when the lease counts again.
void Driver::look_at_lease_again() {
    if (speaks_ && !may_speak()) fall_silent();
}

/// What is queued must not leave later. The engine takes NOTIFYs back when the lease counts again.
void Driver::fall_silent() {
    speaks_ = false;
    tcp_.end_unsent();
    for (const auto& udp : udp_) {
        if (udp) stats_.messages_withheld += udp->drop_queued(says_nothing_of_state);
    }
    parts_.engine.handle_suspended();
}

/// Flows that close and datagrams that do not leave while effects are performed are told in the
/// next turn: an engine that answers each failure with another attempt gets a turn for each, and
/// the sockets get theirs between.
void Driver::end_turn() {
    for (const Flow& flow : closed_.take()) {
        parts_.engine.handle_flow_closed(now_, flow, outbox_);
    }
    for (const UnsentDatagram& datagram : unsent_.take()) {
        const auto& [flow, head, why] = datagram;
        parts_.engine.handle_unsent(now_, flow, head, why, outbox_);
    }
    for (const Input& input : inputs_.take()) input(now_, outbox_);
    for (const Relayed& message : relayed_.take()) {
        parts_.engine.handle_message(now_, message.flow, message.bytes, outbox_);
    }
    do {
        feed_news();
        parts_.engine.end_turn(now_, outbox_);
        perform_effects();
    } while (has_news() && !stopped_);
    flush();
    in_turn_ = false;

    stats_.turns.add(steady_now() - now_);
    if (parts_.turn_ended) parts_.turn_ended(now_);
    if (!stopped_) schedule();
}

/// Commits and look-ups that were answered.
bool Driver::has_news() const { return !committed_.empty() || !resolved_.empty(); }

void Driver::feed_news() {
    for (const Committed& committed : committed_.take()) {
        parts_.engine.handle_committed(now_, committed.id, committed.ok, outbox_);
    }
    for (const Resolved& resolved : resolved_.take()) {
        parts_.engine.handle_resolved(now_, resolved.id, resolved.targets, outbox_);
    }
}

void Driver::perform_effects() {
    performing_.swap(outbox_);
    look_at_lease_again();
    for (Effect& effect : performing_.effects()) {
        if (stopped_) break;
        std::visit([this](auto& known) { perform(known); }, effect);
    }
    performing_.clear();
}

void Driver::perform(Send& send) {
    if (!speaks_ && !parts_.engine.is_standing_by() && !says_nothing_of_state(send.head)) {
        ++stats_.messages_withheld;
        return;
    }
    if (send.flow.relay != 0 && parts_.relay) return parts_.relay->send(now_, std::move(send));
    send_by_socket(send);
}

void Driver::send_by_socket(Send& send) {
    if (hep_) hep_->sent(send.flow, send.head, send.tail ? *send.tail : std::string_view{});
    if (tells_messages_) tell("message sent", send.flow, send.head);
    if (send.flow.transport != Transport::udp) return tcp_.send(std::move(send));
    if (UdpEndpoint* const udp = udp_of(send.flow)) {
        udp->send(send.flow.peer, std::move(send.head), std::move(send.tail));
    } else {
        ++stats_.datagrams_unsendable;
        handle_unsent(send.flow, std::move(send.head), Unsent::no_way);
    }
}

/// By its first line.
void Driver::tell(std::string_view what, const Flow& flow, std::string_view message) {
    const std::size_t end = std::min(message.find_first_of("\r\n"), message.size());
    constexpr bool limited = false;
    note({Note::Severity::debug, what, std::string(message.substr(0, end)), flow, limited});
}

void Driver::perform(Commit& commit) {
    assert(parts_.journal);
    parts_.journal->commit(std::move(commit));
}

/// Null if there is no such listener: flows are stored, and the configuration may have changed.
UdpEndpoint* Driver::udp_of(const Flow& flow) const {
    return flow.listener < udp_.size() ? udp_[flow.listener].get() : nullptr;
}

void Driver::flush() {
    if (stopped_) return;
    for (const auto& udp : udp_) {
        if (udp) udp->flush();
    }
    tcp_.flush();
    if (parts_.relay) parts_.relay->flush(now_);
}

// The next turn.

/// After the sockets that are ready now have had theirs.
void Driver::turn_soon() {
    if (in_turn_ || turn_posted_ || stopped_) return;
    turn_posted_ = true;
    boost::asio::post(parts_.io, [this] {
        turn_posted_ = false;
        if (stopped_) return;
        begin_turn();
        const std::optional<TimePoint> deadline = parts_.engine.next_deadline();
        if (deadline && *deadline <= now_ && listens_) {
            parts_.engine.handle_timeout(now_, outbox_);
        }
        end_turn();
    });
}

void Driver::schedule() {
    const std::optional<TimePoint> deadline =
        listens_ ? parts_.engine.next_deadline() : std::nullopt;
    adjust_pressure(deadline);
    const bool overdue = deadline && *deadline <= now_;
    const bool is_told_of =
        !closed_.empty() || !unsent_.empty() || !inputs_.empty() || !relayed_.empty();
    if (overdue || has_news() || is_told_of) {
        turn_soon();
    } else if (deadline && (!armed_for_ || *deadline < *armed_for_)) {
        arm(*deadline);
    }
}

void Driver::arm(TimePoint deadline) {
    armed_for_ = deadline;
    timer_.expires_at(to_steady(deadline));
    timer_.async_wait([this, deadline](const error_code& error) {
        if (!error && !stopped_) on_deadline(deadline);
    });
}

void Driver::on_deadline(TimePoint deadline) {
    armed_for_.reset();
    begin_turn();
    stats_.timer_lateness.add(std::max(now_ - deadline, Duration{0}));
    if (listens_) parts_.engine.handle_timeout(now_, outbox_);
    end_turn();
}

}  // namespace reginfo

#include "app/transport_collector.hpp"

#include "core/base/time.hpp"
#include "metrics/families.hpp"

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace reginfo {
namespace {

using metrics::Families;

constexpr auto kReceived = "reginfod_transport_messages_received_total";
constexpr auto kReceivedHelp = "Datagrams, and messages cut from streams.";
constexpr auto kReceivedBytes = "reginfod_transport_received_bytes_total";
constexpr auto kReceivedBytesHelp = "Bytes received.";
constexpr auto kSent = "reginfod_transport_messages_sent_total";
constexpr auto kSentHelp = "Messages passed to the kernel.";
constexpr auto kSentBytes = "reginfod_transport_sent_bytes_total";
constexpr auto kSentBytesHelp = "Bytes passed to the kernel.";
constexpr auto kUnsent = "reginfod_transport_messages_unsent_total";
constexpr auto kUnsentHelp = "Messages not sent, by cause.";
constexpr auto kQueued = "reginfod_transport_queued_bytes";
constexpr auto kQueuedHelp = "Bytes waiting to be sent.";
constexpr auto kConnections = "reginfod_tcp_connection_attempts_total";
constexpr auto kConnectionsHelp =
    "Outcomes of new connections, accepted or opened; untrusted: of a peer outside "
    "access.trusted_networks, closed at once.";
constexpr auto kResolver = "reginfod_resolver_questions_total";
constexpr auto kResolverHelp = "Look-ups of next hops with a name, by outcome.";

// clang-format off
constexpr metrics::Series<TransportStats> kTransportSeries[] = {
    {kReceived, kReceivedHelp, "transport", "udp", &TransportStats::datagrams_received},
    {kReceived, kReceivedHelp, "transport", "tcp", &TransportStats::stream_messages_received},
    {kReceivedBytes, kReceivedBytesHelp, "transport", "udp", &TransportStats::datagram_bytes_received},
    {kReceivedBytes, kReceivedBytesHelp, "transport", "tcp", &TransportStats::stream_bytes_received},
    {"reginfod_udp_datagrams_lost_total", "Datagrams that did not fit into the kernel's receive buffer.", nullptr, nullptr, &TransportStats::datagrams_lost_by_kernel},
    {"reginfod_udp_segments_refused_total", "Batches of datagrams (UDP_SEGMENT) that the kernel refused for their path or device; that peer gets single datagrams for 10 minutes.", nullptr, nullptr, &TransportStats::segments_refused},
    {"reginfod_pressure", "How far the reactor is behind: 0 not, 1 new subscriptions are refused, 2 new publications wait too.", nullptr, nullptr, &TransportStats::pressure},
    {"reginfod_pressure_changes_total", "Changes of reginfod_pressure.", nullptr, nullptr, &TransportStats::pressure_changes},
    {"reginfod_tcp_pings_total", "Keep-alives on connections (RFC 5626).", nullptr, nullptr, &TransportStats::stream_pings},
    {kSent, kSentHelp, "transport", "udp", &TransportStats::datagrams_sent},
    {kSent, kSentHelp, "transport", "tcp", &TransportStats::stream_messages_sent},
    {kSentBytes, kSentBytesHelp, "transport", "udp", &TransportStats::datagram_bytes_sent},
    {kSentBytes, kSentBytesHelp, "transport", "tcp", &TransportStats::stream_bytes_sent},
    {kUnsent, kUnsentHelp, "cause", "udp_queue_full", &TransportStats::datagrams_dropped},
    {kUnsent, kUnsentHelp, "cause", "udp_refused", &TransportStats::datagrams_unsendable},
    {kUnsent, kUnsentHelp, "cause", "tcp_no_connection", &TransportStats::stream_messages_unsendable},
    {kUnsent, kUnsentHelp, "cause", "lease_over", &TransportStats::messages_withheld},
    {kConnections, kConnectionsHelp, "outcome", "accepted", &TransportStats::connections_accepted},
    {kConnections, kConnectionsHelp, "outcome", "refused", &TransportStats::connections_refused},
    {kConnections, kConnectionsHelp, "outcome", "untrusted", &TransportStats::connections_untrusted},
    {kConnections, kConnectionsHelp, "outcome", "accept_error", &TransportStats::accept_errors},
    {kConnections, kConnectionsHelp, "outcome", "made", &TransportStats::connections_made},
    {kConnections, kConnectionsHelp, "outcome", "connect_failed", &TransportStats::connects_failed},
    {kConnections, kConnectionsHelp, "outcome", "connect_timed_out", &TransportStats::connects_timed_out},
    {kResolver, kResolverHelp, "outcome", "asked", &TransportStats::resolver_questions},
    {kResolver, kResolverHelp, "outcome", "cached", &TransportStats::resolver_cache_hits},
    {kResolver, kResolverHelp, "outcome", "failed", &TransportStats::resolver_failures},
    {kResolver, kResolverHelp, "outcome", "refused", &TransportStats::resolver_refused},
    {kResolver, kResolverHelp, "outcome", "refused_slow_zone", &TransportStats::resolver_refused_slow},
    {kResolver, kResolverHelp, "outcome", "timed_out", &TransportStats::resolver_timed_out},
    {"reginfod_dns_queries_total", "Queries to DNS servers, or to the file of hosts.", nullptr, nullptr, &TransportStats::resolver_queries},
    {"reginfod_dns_silences_total", "Queries without an answer, or with SERVFAIL.", nullptr, nullptr, &TransportStats::resolver_silences},
    {"reginfod_dns_queries_in_flight", "Queries in progress.", nullptr, nullptr, &TransportStats::resolver_asked},
    {"reginfod_dns_queries_waiting", "Queries in the queue.", nullptr, nullptr, &TransportStats::resolver_waiting},
    {"reginfod_hep_sent_total", "Copies of SIP messages sent to Homer.", nullptr, nullptr, &TransportStats::hep_sent},
    {"reginfod_hep_dropped_total", "Copies for Homer that were too large, or that the kernel did not accept at once.", nullptr, nullptr, &TransportStats::hep_dropped},
    {"reginfod_tcp_connections", "Connections, including those being opened or closed.", nullptr, nullptr, &TransportStats::connections_open},
    {kQueued, kQueuedHelp, "transport", "udp", &TransportStats::datagram_bytes_queued},
    {kQueued, kQueuedHelp, "transport", "tcp", &TransportStats::stream_bytes_queued},
    {"reginfod_tcp_input_bytes", "Bytes of incomplete messages.", nullptr, nullptr, &TransportStats::stream_input_bytes},
};
// clang-format on

constexpr std::string_view kCauses[] = {
    "peer",
    "error",
    "requested",
    "idle",
    "message",
    "slow_reader",
    "memory",
};
static_assert(std::size(kCauses) == static_cast<std::size_t>(CloseCause::count_));

}  // namespace

TransportCollector::TransportCollector(std::function<const TransportStats&()> stats)
    : stats_(std::move(stats)) {}

std::vector<prometheus::MetricFamily> TransportCollector::Collect() const {
    const TransportStats& stats = stats_();
    Families families;
    families.add<TransportStats>(kTransportSeries, stats);
    for (std::size_t i = 0; i < std::size(kCauses); ++i) {
        const Families::Label labels[] = {{"cause", kCauses[i]}};
        families.add(
            "reginfod_tcp_connections_closed_total",
            "Closed connections by cause.",
            stats.connections_closed[i],
            labels
        );
    }
    families.add("reginfod_reactor_turn_seconds", "Turns of the reactor.", stats.turns.histogram);
    families.add(
        "reginfod_reactor_turn_max_seconds",
        "The longest turn since the start.",
        seconds_of(stats.turns.max)
    );
    const DurationStats& lateness = stats.timer_lateness;
    families.add(
        "reginfod_timer_lateness_seconds", "Deadlines, by their delay.", lateness.histogram
    );
    families.add(
        "reginfod_timer_lateness_max_seconds",
        "The largest delay since the start.",
        seconds_of(lateness.max)
    );
    return families.take();
}

}  // namespace reginfo

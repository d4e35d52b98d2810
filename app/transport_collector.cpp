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
constexpr auto kSentHelp = "Messages handed to the kernel.";
constexpr auto kSentBytes = "reginfod_transport_sent_bytes_total";
constexpr auto kSentBytesHelp = "Bytes handed to the kernel.";
constexpr auto kUnsent = "reginfod_transport_messages_unsent_total";
constexpr auto kUnsentHelp =
    "Messages not sent: our queue was full, or there was no way to the peer.";
constexpr auto kQueued = "reginfod_transport_queued_bytes";
constexpr auto kQueuedHelp = "Bytes waiting to be sent.";
constexpr auto kConnections = "reginfod_tcp_connection_attempts_total";
constexpr auto kConnectionsHelp = "What became of new connections, the peers' and ours.";
constexpr auto kResolver = "reginfod_resolver_questions_total";
constexpr auto kResolverHelp = "Next hops with a name to be looked up, and what became of them.";

// clang-format off
constexpr metrics::Series<TransportStats> kTransportSeries[] = {
    {kReceived, kReceivedHelp, "transport", "udp", &TransportStats::datagrams_received},
    {kReceived, kReceivedHelp, "transport", "tcp", &TransportStats::stream_messages_received},
    {kReceivedBytes, kReceivedBytesHelp, "transport", "udp", &TransportStats::datagram_bytes_received},
    {kReceivedBytes, kReceivedBytesHelp, "transport", "tcp", &TransportStats::stream_bytes_received},
    {"reginfod_udp_datagrams_lost_total", "Datagrams that did not fit into the kernel's receive buffer.", nullptr, nullptr, &TransportStats::datagrams_lost_by_kernel},
    {"reginfod_udp_segments_refused_total", "Datagrams that the kernel did not take several at a time: they went one by one.", nullptr, nullptr, &TransportStats::segments_refused},
    {"reginfod_pressure", "How far the reactor is behind: 0 not, 1 new subscriptions are refused, 2 new publications wait too.", nullptr, nullptr, &TransportStats::pressure},
    {"reginfod_pressure_changes_total", "How often that changed.", nullptr, nullptr, &TransportStats::pressure_changes},
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
    {"reginfod_dns_silences_total", "Queries that no server answered, or none that knew.", nullptr, nullptr, &TransportStats::resolver_silences},
    {"reginfod_dns_queries_in_flight", "Queries that servers are asked.", nullptr, nullptr, &TransportStats::resolver_asked},
    {"reginfod_dns_queries_waiting", "Queries whose turn has not come.", nullptr, nullptr, &TransportStats::resolver_waiting},
    {"reginfod_hep_sent_total", "Copies of SIP messages sent to Homer.", nullptr, nullptr, &TransportStats::hep_sent},
    {"reginfod_hep_dropped_total", "Copies for Homer that were too large, or that the kernel did not take at once.", nullptr, nullptr, &TransportStats::hep_dropped},
    {"reginfod_tcp_connections", "Connections, with those being made or closed.", nullptr, nullptr, &TransportStats::connections_open},
    {kQueued, kQueuedHelp, "transport", "udp", &TransportStats::datagram_bytes_queued},
    {kQueued, kQueuedHelp, "transport", "tcp", &TransportStats::stream_bytes_queued},
    {"reginfod_tcp_input_bytes", "Bytes of messages that are not yet complete.", nullptr, nullptr, &TransportStats::stream_input_bytes},
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

/// How long, and the longest since the start.
void add_durations(
    Families& families,
    const std::string& name,
    const std::string& help,
    const DurationStats& durations
) {
    families.add(name + "_seconds", help + ".", durations.histogram);
    families.add(name + "_max_seconds", help + ": the longest.", seconds_of(durations.max));
}

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
            "Why connections were closed.",
            stats.connections_closed[i],
            labels
        );
    }
    add_durations(families, "reginfod_reactor_turn", "Turns of the reactor", stats.turns);
    add_durations(
        families,
        "reginfod_timer_lateness",
        "Deadlines, by how late they were acted on",
        stats.timer_lateness
    );
    return families.take();
}

}  // namespace reginfo

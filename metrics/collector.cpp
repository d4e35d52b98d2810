#include "metrics/collector.hpp"

#include "core/event/watcher/profile.hpp"
#include "metrics/families.hpp"
#include "metrics/names.hpp"

#include <array>
#include <span>
#include <string_view>
#include <utility>

namespace reginfo::metrics {
namespace {

using Label = Families::Label;

constexpr auto kPublications = "reginfod_publication_operations_total";
constexpr auto kPublicationsHelp = "Publications created, refreshed, modified, removed, expired.";
constexpr auto kSubscriptions = "reginfod_subscription_operations_total";
constexpr auto kSubscriptionsHelp =
    "Subscriptions created, refreshed, ended by the watcher, expired, failed, drained; fetches.";
constexpr auto kContacts = "reginfod_contacts";
constexpr auto kContactsHelp =
    "Contacts: active, or ended and kept until each watcher has answered.";

// clang-format off
constexpr Series<Stats> kSeries[] = {
    {"reginfod_sip_bad_requests_total", "Requests answered with 400.", nullptr, nullptr, &Stats::bad_requests},
    {"reginfod_sip_transactions_forgotten_total", "Finished server transactions that were dropped for new ones before timer J (limits.transactions): a retransmission of such a request is executed again.", nullptr, nullptr, &Stats::transactions_forgotten},
    {"reginfod_sip_repeats_received_total", "Requests that came before by another way (another branch, UDP and TCP), and got the answer of the first.", nullptr, nullptr, &Stats::repeats_received},
    {"reginfod_sip_retransmissions_received_total", "Retransmitted requests received.", nullptr, nullptr, &Stats::retransmissions_received},
    {"reginfod_sip_retransmissions_sent_total", "NOTIFYs sent again by timer E.", nullptr, nullptr, &Stats::retransmissions_sent},
    {"reginfod_sip_unanswerable_requests_total", "Requests without a usable Via.", nullptr, nullptr, &Stats::unanswerable},
    {"reginfod_sip_stray_responses_total", "Responses that match no request.", nullptr, nullptr, &Stats::stray_responses},
    {"reginfod_publish_entity_tag_mismatches_total", "PUBLISH requests answered with 412.", nullptr, nullptr, &Stats::etag_mismatches},
    {kPublications, kPublicationsHelp, "operation", "created", &Stats::publications_created},
    {kPublications, kPublicationsHelp, "operation", "refreshed", &Stats::publications_refreshed},
    {kPublications, kPublicationsHelp, "operation", "modified", &Stats::publications_modified},
    {kPublications, kPublicationsHelp, "operation", "removed", &Stats::publications_removed},
    {kPublications, kPublicationsHelp, "operation", "expired", &Stats::publications_expired},
    {"reginfod_contacts_expired_total", "Contacts that ended at their own expiry time.", nullptr, nullptr, &Stats::contacts_expired},
    {"reginfod_merge_conflicts_total", "Statements of a publication about a contact that lost against those of another publication.", nullptr, nullptr, &Stats::merge_conflicts},
    {"reginfod_revisions_total", "Visible changes of AORs.", nullptr, nullptr, &Stats::revisions},
    {kSubscriptions, kSubscriptionsHelp, "operation", "created", &Stats::subscriptions_created},
    {kSubscriptions, kSubscriptionsHelp, "operation", "refreshed", &Stats::subscriptions_refreshed},
    {kSubscriptions, kSubscriptionsHelp, "operation", "ended_by_watcher", &Stats::subscriptions_ended_by_watcher},
    {kSubscriptions, kSubscriptionsHelp, "operation", "expired", &Stats::subscriptions_expired},
    {kSubscriptions, kSubscriptionsHelp, "operation", "failed", &Stats::subscriptions_failed},
    {kSubscriptions, kSubscriptionsHelp, "operation", "drained", &Stats::subscriptions_drained},
    {kSubscriptions, kSubscriptionsHelp, "operation", "fetched", &Stats::fetches},
    {"reginfod_forbidden_next_hops_total", "Contacts, routes and names that lead to this server, or to no single host.", nullptr, nullptr, &Stats::forbidden_places},
    {"reginfod_notifies_sent_total", "NOTIFY requests, each counted once.", nullptr, nullptr, &Stats::notifies_sent},
    {"reginfod_documents_built_total", "Documents written; one serves all watchers that need the same.", nullptr, nullptr, &Stats::documents_built},
    {"reginfod_operator_actions_total", "Actions of operators that were carried out.", nullptr, nullptr, &Stats::operator_actions},
    {"reginfod_commits_failed_total", "Changes that the store refused.", nullptr, nullptr, &Stats::commits_failed},
    {"reginfod_aors", "Addresses-of-record known.", nullptr, nullptr, &Stats::aors},
    {"reginfod_publications", "Live publications.", nullptr, nullptr, &Stats::publications},
    {kContacts, kContactsHelp, "state", "active", &Stats::contacts_active},
    {kContacts, kContactsHelp, "state", "ended", &Stats::contacts_ended},
    {"reginfod_dialogs", "Dialogs that carry subscriptions.", nullptr, nullptr, &Stats::dialogs},
    {"reginfod_server_transactions", "Server transactions, including finished ones (timer J).", nullptr, nullptr, &Stats::server_transactions},
    {"reginfod_notifies_in_flight", "NOTIFYs that wait for their answer.", nullptr, nullptr, &Stats::notifies_in_flight},
    {"reginfod_notifies_queued", "NOTIFYs that wait for room in a window.", nullptr, nullptr, &Stats::notifies_queued},
    {"reginfod_notify_windows", "Next hops with NOTIFYs in flight or queued.", nullptr, nullptr, &Stats::windows},
    {"reginfod_notify_window_capacity", "NOTIFYs that all windows together allow in flight.", nullptr, nullptr, &Stats::window_limit_sum},
    {"reginfod_commits_pending", "Changes that wait for the store.", nullptr, nullptr, &Stats::commits_pending},
    {"reginfod_drain_phase", "0 serving, 1 subscriptions are being ended, 2 only answers are awaited.", nullptr, nullptr, &Stats::drain_phase},
    {"reginfod_traces", "AORs whose PUBLISHes are followed in the log.", nullptr, nullptr, &Stats::traces},
    {"reginfod_recovery_pending", "Changes from before the start that still wait for a NOTIFY.", nullptr, nullptr, &Stats::missed},
};
// clang-format on

/// All names of the set, seen or not, so that a rate can be taken from the first event on.
template <std::size_t Size>
void add_set(
    Families& families,
    std::pair<std::string_view, std::string_view> name_and_help,
    std::string_view label,
    std::span<const std::string_view> names,
    const std::array<Stats::Counter, Size>& values
) {
    for (std::size_t i = 0; i < Size; ++i) {
        const Label labels[] = {{label, names[i]}};
        families.add(name_and_help.first, name_and_help.second, values[i], labels);
    }
}

void add_requests(Families& families, const Stats& stats) {
    for (std::size_t method = 0; method < kMethods; ++method) {
        for (std::size_t transport = 0; transport < kTransports; ++transport) {
            const Label labels[] = {
                {"method", kMethodNames[method]}, {"transport", kTransportNames[transport]}
            };
            families.add(
                "reginfod_sip_requests_received_total",
                "SIP requests received, retransmissions included.",
                stats.requests_received[method][transport],
                labels
            );
        }
    }
}

/// Only those seen: there are 700 codes.
void add_responses(Families& families, const Stats& stats) {
    for (std::size_t method = 0; method < kMethods; ++method) {
        for (std::size_t transport = 0; transport < kTransports; ++transport) {
            const auto& sent = stats.responses_sent[method][transport];
            for (std::size_t code = 0; code < kStatusCodes; ++code) {
                if (sent[code] == 0) continue;
                const std::string code_text = std::to_string(code);
                const Label labels[] = {
                    {"method", kMethodNames[method]},
                    {"code", code_text},
                    {"transport", kTransportNames[transport]}
                };
                families.add(
                    "reginfod_sip_responses_sent_total",
                    "SIP responses sent; only codes that occurred.",
                    sent[code],
                    labels
                );
            }
        }
    }
    for (std::size_t transport = 0; transport < kTransports; ++transport) {
        const auto& received = stats.notify_responses_received[transport];
        for (std::size_t code = 0; code < kStatusCodes; ++code) {
            if (received[code] == 0) continue;
            const std::string code_text = std::to_string(code);
            const Label labels[] = {{"code", code_text}, {"transport", kTransportNames[transport]}};
            families.add(
                "reginfod_notify_responses_received_total",
                "Responses to NOTIFYs; only codes that occurred.",
                received[code],
                labels
            );
        }
    }
}

void add_profiles(Families& families, const Stats& stats) {
    for (std::size_t i = 0; i < kProfiles; ++i) {
        const Label labels[] = {{"profile", text_of(static_cast<Profile>(i))}};
        families.add(
            "reginfod_subscriptions",
            "Live subscriptions by profile.",
            stats.subscriptions_by_profile[i],
            labels
        );
    }
}

/// The first name, `none`, is no error.
void add_parse_errors(Families& families, const Stats& stats) {
    for (std::size_t error = 1; error < kParseErrors; ++error) {
        const Label labels[] = {{"error", kParseErrorNames[error]}};
        families.add(
            "reginfod_sip_parse_errors_total",
            "Input that is not a SIP message; empty is a keep-alive.",
            stats.parse_errors[error],
            labels
        );
    }
}

}  // namespace

CoreCollector::CoreCollector(std::function<const Stats&()> stats, std::string version)
    : stats_(std::move(stats)), version_(std::move(version)) {}

std::vector<prometheus::MetricFamily> CoreCollector::Collect() const {
    const Stats& stats = stats_();
    Families families;
    const Label version[] = {{"version", version_}};
    families.add("reginfod_build_info", "Always 1; the label is the version.", 1.0, version);
    add_requests(families, stats);
    add_responses(families, stats);
    add_parse_errors(families, stats);
    families.add<Stats>(kSeries, stats);
    add_profiles(families, stats);
    families.add(
        "reginfod_publish_to_notify_seconds",
        "From a PUBLISH with a change to each NOTIFY of it; includes pacing.",
        stats.publish_to_notify
    );
    families.add(
        "reginfod_publish_to_answer_seconds",
        "From a PUBLISH with a change to the 2xx of each watcher; includes pacing.",
        stats.publish_to_answer
    );
    add_set(
        families,
        {"reginfod_notify_outcomes_total", "Outcomes of NOTIFYs."},
        "outcome",
        kOutcomeNames,
        stats.notify_outcomes
    );
    add_set(
        families,
        {"reginfod_left_out_total",
         "Contacts, registrations and details (an attribute, a child element) that were left out "
         "of an accepted document, because no NOTIFY can report them."},
        "part",
        kLeftOutNames,
        stats.left_out
    );
    add_set(
        families,
        {"reginfod_refused_total", "Requests that a bound refused or left unanswered."},
        "bound",
        kBoundNames,
        stats.refused_by_bound
    );
    return families.take();
}

}  // namespace reginfo::metrics

#include "metrics/summary.hpp"

#include "core/base/time.hpp"
#include "core/event/watcher/profile.hpp"
#include "metrics/names.hpp"

#include <cstddef>

namespace reginfo::metrics {
namespace {

Json to_json(const Histogram& histogram) {
    Json json;
    Json& buckets = json["buckets"] = Json::array();
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < Histogram::kBounds.size(); ++i) {
        count += histogram.buckets[i];
        Json bucket;
        bucket["le"] = seconds_of(Duration{Histogram::kBounds[i]});
        bucket["count"] = count;
        buckets.push_back(std::move(bucket));
    }
    json["count"] = count + histogram.buckets.back();
    json["sum"] = static_cast<double>(histogram.microseconds) / 1e6;
    return json;
}

Json requests_of(const Stats& stats) {
    Json json = Json::object();
    for (std::size_t method = 0; method < kMethods; ++method) {
        Stats::Counter count = 0;
        for (const Stats::Counter of_transport : stats.requests_received[method]) {
            count += of_transport;
        }
        if (count > 0) json[std::string(kMethodNames[method])] = count;
    }
    return json;
}

/// By status class: "2xx" and so on.
Json responses_of(const Stats& stats) {
    std::array<Stats::Counter, 7> classes{};
    for (const auto& of_method : stats.responses_sent) {
        for (const auto& of_transport : of_method) {
            for (std::size_t code = 0; code < kStatusCodes; ++code) {
                classes[code / 100] += of_transport[code];
            }
        }
    }
    Json json = Json::object();
    for (std::size_t i = 1; i < classes.size(); ++i) json[std::to_string(i) + "xx"] = classes[i];
    return json;
}

Json outcomes_of(const Stats& stats) {
    Json json = Json::object();
    for (std::size_t i = 0; i < stats.notify_outcomes.size(); ++i) {
        json[std::string(kOutcomeNames[i])] = stats.notify_outcomes[i];
    }
    return json;
}

Json refusals_of(const Stats& stats) {
    Json json = Json::object();
    for (std::size_t i = 0; i < stats.refused_by_bound.size(); ++i) {
        if (stats.refused_by_bound[i] > 0) {
            json[std::string(kBoundNames[i])] = stats.refused_by_bound[i];
        }
    }
    return json;
}

Json now_of(const CoreAccess& core, const Stats& stats) {
    Json now;
    now["registrations"] = stats.aors;
    now["contacts_active"] = stats.contacts_active;
    now["contacts_ended"] = stats.contacts_ended;
    now["publications"] = stats.publications;
    now["subscriptions"] = stats.subscriptions;
    Json& profiles = now["subscriptions_by_profile"] = Json::object();
    for (std::size_t i = 0; i < kProfiles; ++i) {
        profiles[std::string(text_of(static_cast<Profile>(i)))] = stats.subscriptions_by_profile[i];
    }
    now["transactions"] = stats.server_transactions;
    now["notifies_in_flight"] = stats.notifies_in_flight;
    now["notifies_queued"] = stats.notifies_queued;
    now["oldest_queued_seconds"] = seconds_of(core.inspection().oldest_queued(core.now()));
    return now;
}

}  // namespace

Json summary_of(const CoreAccess& core, const std::string& version) {
    const Stats& stats = core.stats();
    Json json;
    json["version"] = version;
    json["draining"] = stats.drain_phase != 0;
    json["now"] = now_of(core, stats);
    Json& total = json["total"];
    total["requests"] = requests_of(stats);
    total["responses"] = responses_of(stats);
    total["notifies"] = stats.notifies_sent;
    total["notify_outcomes"] = outcomes_of(stats);
    total["revisions"] = stats.revisions;
    total["retransmissions_received"] = stats.retransmissions_received;
    total["retransmissions_sent"] = stats.retransmissions_sent;
    total["entity_tag_mismatches"] = stats.etag_mismatches;
    total["contacts_expired"] = stats.contacts_expired;
    total["merge_conflicts"] = stats.merge_conflicts;
    total["refused"] = refusals_of(stats);
    json["publish_to_notify"] = to_json(stats.publish_to_notify);
    json["publish_to_answer"] = to_json(stats.publish_to_answer);
    return json;
}

}  // namespace reginfo::metrics

/// @file
/// Passes the acknowledged requests of the engine to the model.

#include "tests/sim/world.hpp"

namespace reginfo::sim {

void World::expect(const std::string& branch, Publish publish) {
    publishes_.emplace(branch, std::move(publish));
}

void World::expect_subscribe(const std::string& branch, std::string event_id, bool is_fetch) {
    event_ids_.emplace(branch, std::move(event_id));
    if (is_fetch) fetches_.insert(branch);
}

bool World::may_be_refused() const { return plan_.tight || plan_.store == Store::failing; }

void World::respond(const Wire& response, const std::string& bytes) {
    const auto [at, first] = responses_.emplace(response.branch(), bytes);
    if (!first) {
        if (at->second != bytes) throw Violation("another response: " + at->second + bytes);
        return;
    }
    if (stores_response_ && response.status() == 200 && !fetches_.contains(response.branch())) {
        acknowledged_.insert(response.branch());
    }
    if (const auto publish = publishes_.find(response.branch()); publish != publishes_.end()) {
        published(response, publish->second);
        return;
    }
    const int status = response.status();
    if (status == 200) {
        notifies.subscribed(
            network.now,
            response.header("Call-ID"),
            event_ids_.at(response.branch()),
            plan_.suppress
        );
    }
    if (status == 204 && plan_.suppress) return;
    if (status == 480 && traits_of(plan_.profile).needs_contact) {
        const Expected& expected = model.expected(response.uri("To"));
        if (expected.active.empty() || !expected.undecided.empty()) return;
    }
    // The 503 is not stored: for the next process a copy of its request is a new request.
    if (status == 500 && may_be_refused() && process_ > 0) return;
    if (status != 200 && status != 481 && status != 503) throw Violation("SUBSCRIBE: " + bytes);
    if (status == 503 && !may_be_refused()) throw Violation("SUBSCRIBE: " + bytes);
}

void World::published(const Wire& response, const Publish& publish) {
    const int status = response.status();
    const bool known = publish.tag.empty() || model.has(publish.aor, publish.tag);
    if (status == 412 && !known) return;
    if (status == 503 && may_be_refused()) return;
    if (status != 200 || !known) {
        throw Violation("PUBLISH: " + response.first_line + ", entity-tag " + publish.tag);
    }
    const std::string next = response.header("SIP-ETag");
    if (next.empty() || response.header("Expires") != std::to_string(publish.expires.count())) {
        throw Violation("200 to PUBLISH without SIP-ETag or Expires as asked");
    }
    const bool is_at_once = (plan_.store == Store::at_once || !plan_.durable) && !is_late_answer_;
    const TimePoint begun = is_at_once ? network.now : begun_;
    const TimePoint deadline = begun + publish.expires;
    changed_at_ = network.now;
    if (publish.expires.count() == 0) {
        model.remove(publish.aor, publish.tag);
    } else if (publish.body) {
        model.publish(begun, publish.aor, publish.tag, next, deadline, *publish.body);
    } else {
        model.refresh(publish.aor, publish.tag, next, deadline);
    }
}

}  // namespace reginfo::sim

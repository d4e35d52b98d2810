/// @file
/// The commands of a plan, and the checks at the end.

#include "tests/sim/world.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace reginfo::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kSubscriptionExpires[] = {3600, 8, 30, 120, 900};

Seconds subscription_expires(const Command& command) {
    return Seconds{kSubscriptionExpires[command.how % std::size(kSubscriptionExpires)]};
}

}  // namespace

void World::run(const Command& command) {
    switch (command.op) {
        case Op::wait:
            return advance(
                command.how < 16 ? milliseconds{100} * command.how : seconds{1} * (command.how - 15)
            );
        case Op::clock_step:
            if (plan_.shared) return move(command);
            network.now += seconds{2} * command.how;
            return;
        case Op::dns:
            dns_ = command.how % 5U;
            return;
        case Op::crash:
            return plan_.shared ? move(command) : crash(command);
        case Op::restart:
            return plan_.shared ? suspend(command) : restart(command);
        case Op::refuse_connects:
            connects_fail_ = command.how % 2U == 0;
            return;
        case Op::publish:
        case Op::publish_anew:
        case Op::refresh:
        case Op::remove:
        case Op::wrong_tag:
        case Op::repeat:
            return run_publisher(command);
        case Op::subscribe:
        case Op::resubscribe:
        case Op::resubscribe_id:
        case Op::unsubscribe:
        case Op::fetch:
        case Op::answer_with:
        case Op::close:
        case Op::count_:
            return run_watcher(command);
    }
}

void World::run_publisher(const Command& command) {
    Publisher& publisher = *publishers_[command.peer % publishers_.size()];
    if (command.op == Op::repeat) return publisher.repeat();
    if (publisher.is_busy()) return;
    if (command.op == Op::publish_anew) publisher.forget_tag();
    if (command.op == Op::publish || command.op == Op::publish_anew) publisher.publish(command);
    if (command.op == Op::refresh) publisher.refresh(command);
    if (command.op == Op::remove) publisher.remove();
    if (command.op == Op::wrong_tag) publisher.use_wrong_tag(command);
}

void World::run_watcher(const Command& command) {
    Watcher& watcher = *watchers_[command.peer % watchers_.size()];
    const std::string& aor = aors_[command.how / 5U % aors_.size()];
    const Seconds expires = subscription_expires(command);
    if (command.op == Op::close) {
        const bool is_watcher = command.how % 3U != 0;
        return is_watcher ? watcher.close()
                          : publishers_[command.peer % publishers_.size()]->close();
    }
    if (command.op == Op::answer_with) {
        constexpr auto kManners = static_cast<unsigned>(Watcher::Manner::count_);
        return watcher.answer_with(static_cast<Watcher::Manner>(command.how % kManners));
    }
    if (watcher.is_busy()) return;
    if (command.op == Op::subscribe) watcher.subscribe(aor, expires);
    if (command.op == Op::fetch) watcher.subscribe(aor, Seconds{0});
    if (command.op == Op::resubscribe) watcher.resubscribe("", expires);
    if (command.op == Op::resubscribe_id) watcher.resubscribe("7", expires);
    if (command.op == Op::unsubscribe) watcher.resubscribe("", Seconds{0});
}

/// Whether no message is on its way, and nothing has changed for a while.
bool World::is_quiet() const {
    const auto is_at_work = [](const Stats& stats) {
        return stats.notifies_in_flight + stats.notifies_queued + stats.commits_pending;
    };
    const bool asking = std::any_of(watchers_.begin(), watchers_.end(), [](const auto& watcher) {
        return watcher->is_busy();
    });
    return !asking && count(is_at_work) == 0 && network.now - changed_at_ > seconds{12};
}

void World::heal() {
    network.weather = {};
    store_fails_ = false;
    connects_fail_ = false;
    dns_ = 0;
    edge_.heal();
    for (const Network::Event& answer : std::exchange(questions_, {})) answer();
    for (const auto& watcher : watchers_) watcher->answer_with(Watcher::Manner::ok);
    advance(seconds{45});
    const auto failures = [](const Stats& stats) {
        return stats.notify_outcomes[index_of(NotifyOutcome::timed_out)] +
               stats.notify_outcomes[index_of(NotifyOutcome::transport_failed)];
    };
    // Another process before may have had one.
    if (count(failures) > 0 || plan_.shared)
        advance(seconds{2000});  // NOTIFYs to Kamailio are retried after half an hour at most
    for (int i = 0; i < 200 && !is_quiet(); ++i) advance(seconds{1});
}

/// The difference between a view and the model; empty if there is none.
std::string World::difference(Watcher& watcher, const Watcher::View& view) {
    const Expected& expected = model.expected(watcher.aor());
    const auto differ = [&](const auto& contacts) -> std::string {
        for (const auto& [uri, contact] : contacts) {
            const auto at = expected.active.find(uri);
            if (expected.undecided.contains(uri)) continue;
            if (at == expected.active.end()) return uri + " was never told as ended";
            const auto slack = contact.deadline - at->second.deadline;
            const bool late = slack > seconds{5} || slack < seconds{-5};
            if (at->second.own_clock && late && !clock_was_wrong_) return "deadline of " + uri;
            if (watcher.is_kamailio() && at->second.callid.empty()) continue;
            const bool numbered = !watcher.is_kamailio() || at->second.cseq;
            if (contact.told.callid != at->second.callid) return "callid of " + uri;
            if (numbered && contact.told.cseq != at->second.cseq) return "cseq of " + uri;
        }
        for (const auto& [uri, wanted] : expected.active) {
            if (!contacts.contains(uri) && !expected.undecided.contains(uri)) {
                return uri + " was never told as active";
            }
        }
        return {};
    };
    const std::string folded = watcher.is_kamailio() ? std::string() : differ(view.folded);
    return folded.empty() ? differ(view.mirror) : folded;
}

void World::compare() {
    if (!is_quiet()) return;
    for (const auto& watcher : watchers_) {
        for (const std::string id : {"", "7"}) {
            const auto view = watcher->views().find(id);
            if (view == watcher->views().end() || !view->second.accepted) continue;
            if (view->second.terminated || view->second.deadline < network.now + seconds{10}) {
                continue;
            }
            const std::string wrong = difference(*watcher, view->second);
            const std::string call_id = watcher->call_id();
            const bool may_be_dead = notifies.may_be_dead(network.now, call_id);
            watcher->resubscribe(id, seconds{3600});
            for (int i = 0; i < 40 && watcher->is_busy(); ++i) advance(milliseconds{100});
            const int status = watcher->last_status();
            const bool lives = status == 200 || (status == 204 && plan_.suppress);
            // This made a new subscription if the old one had ended and its dialog has another.
            if (lives && !wrong.empty() && !may_be_dead) throw Violation(call_id + ": " + wrong);
            const bool is_full = plan_.tight && status == 503;
            if (!lives && !(may_be_dead && (status == 481 || is_full))) {
                throw Violation(call_id + " is gone: " + std::to_string(status));
            }
        }
    }
    advance(seconds{1});
}

void World::wind_down() {
    const TimePoint latest = network.now + seconds{100'000};
    while (network.now < latest) {
        advance(seconds{500});
        if (!network.next() && !next_deadline()) return;
    }
    throw Violation("the engine never comes to rest");
}

void World::check_empty() {
    const std::pair<const char*, std::uint64_t Stats::*> gauges[] = {
        {"aors", &Stats::aors},
        {"publications", &Stats::publications},
        {"contacts_active", &Stats::contacts_active},
        {"contacts_ended", &Stats::contacts_ended},
        {"subscriptions", &Stats::subscriptions},
        {"dialogs", &Stats::dialogs},
        {"server_transactions", &Stats::server_transactions},
        {"notifies_in_flight", &Stats::notifies_in_flight},
        {"notifies_queued", &Stats::notifies_queued},
        {"commits_pending", &Stats::commits_pending},
    };
    for (const auto& [name, gauge] : gauges) {
        const std::uint64_t value = count([at = gauge](const Stats& stats) { return stats.*at; });
        if (value != 0) throw Violation(std::string(name) + " left: " + std::to_string(value));
    }
    if (plan_.store == Store::failing) return;  // a failed removal is repeated at the next start
    for (const auto& [key, record] : kept_) {
        if (key.first != Bucket::transaction) throw Violation("left in the store: " + key.second);
    }
}

void simulate(const Plan& plan) {
    World world(plan);
    for (const Command& command : plan.commands) world.run(command);
    world.heal();
    world.compare();
    world.wind_down();
    world.check_empty();
}

}  // namespace reginfo::sim

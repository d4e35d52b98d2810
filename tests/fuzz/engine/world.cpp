/// @file

#include "tests/fuzz/engine/world.hpp"

#include "core/sip/headers.hpp"
#include "core/sip/parser.hpp"
#include "tests/fuzz/support/require.hpp"
#include "tests/fuzz/support/sip_mutation.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>

namespace reginfo::fuzz {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Calls of handle_timeout at one moment beyond which the engine is spinning.
constexpr int kSpinning = 2'000;

/// How much a script may fill before the oldest is forgotten.
constexpr std::size_t kRemembered = 16;

Endpoint endpoint(std::string_view address, std::uint16_t port) {
    return {*IpAddress::parse(address), port};
}

void tighten(Settings::Limits& limits) {
    limits.publications_per_aor = 2;
    limits.subscriptions_per_aor = 3;
    limits.subscriptions_per_watcher = 4;
    limits.publications = 4;
    limits.subscriptions = 6;
    limits.transactions = 12;
    limits.waiting_requests = 2;
    limits.dialog_state_bytes = 400;
    limits.document.contacts = 2;
    limits.document.bytes = 1'024;
    limits.message.headers = 20;
    limits.message.header_bytes = 700;
}

Settings settings_of(const Step& plan) {
    Settings settings;
    settings.listeners = {
        {Transport::udp, endpoint("192.0.2.1", 5060), "192.0.2.1", 5060},
        {Transport::tcp, endpoint("192.0.2.1", 5060), "sip.example.net", 5060},
        {Transport::udp, endpoint("2001:db8::1", 5060), "[2001:db8::1]", 5060},
    };
    for (const char* network : {"192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32"}) {
        settings.trusted_networks.push_back(*Network::parse(network));
    }
    settings.profile_rules = {
        {.profile = Profile::partial, .user_agent = "partial"},
        {.profile = Profile::ims, .user_agent = "ims"},
        {.profile = Profile::pcscf, .user_agent = "pcscf"},
        {.profile = Profile::linphone, .user_agent = "linphone"},
    };
    settings.publish.max_expires = seconds{900};
    settings.subscribe.max_expires = seconds{900};
    settings.durable = plan.flag(0);
    settings.hash_seed = 7;
    settings.limits.open_states = 1;
    if (plan.flag(1)) tighten(settings.limits);
    if (plan.flag(2)) settings.notify.min_interval = Duration::zero();
    if (plan.flag(3)) settings.notify.window_initial = settings.notify.window_min = 1;
    if (plan.flag(4)) settings.limits.expiries_per_turn = 1;
    if (plan.flag(5)) settings.notify.udp_bytes_max = plan.flag(6) ? 0 : 600;
    if (plan.flag(7)) settings.publish.min_expires = settings.subscribe.min_expires = seconds{60};
    settings.refuse_untrusted_with_403 = plan.flag(8);
    if (plan.flag(9)) settings.expires_offset = seconds{20};
    if (plan.flag(10)) settings.server_name.clear();
    return settings;
}

}  // namespace

World::World(const Step& plan)
    : settings_(settings_of(plan)), late_store_(plan.flag(11)), answers_at_once_(plan.flag(12)) {
    engine_.emplace(settings_, ++processes_);
    engine_->observe(&witness_);
}

// Into the engine.

/// Performs effects, and those that follow at once from them.
void World::perform_effects() {
    while (true) {
        engine_->end_turn(now_, outbox_);
        Outbox effects;
        effects.swap(outbox_);
        for (Effect& effect : effects.effects()) perform(effect);
        if (!late_store_ && !commits_.empty()) {
            keep(commits_.front());
            const CommitId id = commits_.front().id;
            commits_.pop_front();
            engine_->handle_committed(now_, id, true, outbox_);
        } else if (answers_at_once_ && !unanswered_.empty()) {
            answer_oldest(200);
        } else if (outbox_.empty()) {
            return;
        }
    }
}

/// REGINFO_FUZZ_TRACE=1 prints every message.
void World::trace(const char* direction, const Flow& flow, const std::string& bytes) const {
    if (!traced_) return;
    std::cerr << (now_.time_since_epoch() - kStart) / milliseconds{1} << " ms " << direction << ' '
              << flow.peer.to_string() << '/' << flow.connection << '\n'
              << bytes << '\n';
}

void World::receive(const Flow& flow, const std::string& bytes) {
    trace("<-", flow, bytes);
    call([&] { engine_->handle_message(now_, flow, bytes, outbox_); });
}

/// Sends it with a Via of its own, as it is or mutated.
void World::send(Flow flow, test::RequestText request, const Step& step) {
    const std::string branch = "z9hG4bK-f" + std::to_string(++last_number_);
    request.via = "SIP/2.0/" + std::string(name_of(flow.transport)) + " " + flow.peer.to_string() +
                  ";branch=" + branch + (step.flag(38) ? ";rport" : "");
    std::string bytes = request.text();
    if (step.who() >= 0xc0U) {
        Chance chance(step.how() * 256U + step.option(4));
        bytes = mutate_sip(bytes, chance);
        checks_.patience = settings_.notify.supersede_after_kamailio;
    } else if (!under_pressure_ && !is_reliable(flow.transport)) {
        responses_[branch] = {"", now_};
    }
    asked_.push_back({flow, bytes});
    if (asked_.size() > kRemembered) asked_.pop_front();
    receive(flow, bytes);
}

void World::answer_oldest(int status) {
    const Unanswered notify = std::move(unanswered_.front());
    unanswered_.pop_front();
    sip::Message message;
    parse_message(notify.bytes, kNoLimits, message);
    checks_.answered(now_, sip::parse_via(field_of(message, "Via"))->branch, status);
    const std::string bytes = test::response_text(message, status);
    trace("<-", notify.flow, bytes);
    engine_->handle_message(now_, notify.flow, bytes, outbox_);
}

void World::pass(Duration time) {
    const TimePoint until = now_ + time;
    int spins = 0;
    while (const auto deadline = engine_->next_deadline()) {
        if (*deadline > until) break;
        spins = *deadline > now_ ? 0 : spins + 1;
        require(spins < kSpinning, "handle_timeout gets somewhere");
        now_ = std::max(now_, *deadline);
        engine_->handle_timeout(now_, outbox_);
        perform_effects();
    }
    now_ = until;
    check_gauges();
}

void World::finish_commit(bool ok) {
    if (commits_.empty()) return;
    const Commit commit = std::move(commits_.front());
    commits_.pop_front();
    ok = ok || !commit.is_awaited;  // those are tried until they are durable
    if (ok) keep(commit);
    lost_writes_ = lost_writes_ || !ok;
    call([&] { engine_->handle_committed(now_, commit.id, ok, outbox_); });
}

void World::close(const Flow& flow) {
    for (const ConnectionId connection : {flow.connection, ConnectionId{0}}) {
        Flow gone = flow;
        gone.connection = connection;
        checks_.closed(gone);
        call([&] { engine_->handle_flow_closed(now_, gone, outbox_); });
    }
}

void World::restart(bool clean, Duration down) {
    if (clean) {
        while (!commits_.empty()) finish_commit(true);
        while (engine_->handle_stop(now_, outbox_)) engine_->end_turn(now_, outbox_);
        engine_->end_turn(now_, outbox_);
        for (Effect& effect : outbox_.effects()) {
            if (const auto* commit = std::get_if<Commit>(&effect)) keep(*commit);
        }
    }
    lost_writes_ = lost_writes_ || !commits_.empty();
    outbox_.clear();
    commits_.clear();
    questions_.clear();
    unanswered_.clear();
    responses_.clear();
    checks_.crashed();
    engine_.emplace(settings_, ++processes_);
    engine_->observe(&witness_);
    engine_->set_pressure(Pressure::none);
    under_pressure_ = false;
    now_ += down;
    for (const bool is_unsettled : {true, false}) {
        for (const auto& [key, kept] : kept_) {
            if ((key.first == Bucket::unsettled) != is_unsettled) continue;
            const Duration age = now_ - kept.written;
            const bool taken = engine_->restore(now_, {key.first, key.second, kept.value, age});
            require(taken, "a record that was written can be read");
        }
    }
    witness_.living = static_cast<std::int64_t>(engine_->stats().subscriptions);
    call([&] { engine_->handle_restored(now_, outbox_); });
}

// Out of the engine.

void World::perform(Effect& effect) {
    if (const auto* send = std::get_if<Send>(&effect)) perform(*send);
    if (auto* commit = std::get_if<Commit>(&effect)) {
        require(
            settings_.durable || commit->writes.empty(), "nothing is written if nothing is kept"
        );
        commits_.push_back(std::move(*commit));
    }
    if (auto* question = std::get_if<Resolve>(&effect)) {
        require(!question->host.empty(), "a name is looked up");
        questions_.push_back(std::move(*question));
    }
}

void World::perform(const Send& send) {
    const std::string bytes = send.head + (send.tail ? *send.tail : std::string());
    trace("->", send.flow, bytes);
    sip::Message message;
    require(
        parse_message(bytes, kNoLimits, message) == sip::ParseError::none && message.defect.empty(),
        "what is sent can be read",
        bytes
    );
    const bool has_listener = send.flow.listener < settings_.listeners.size();
    require(has_listener, "a listener sends it", bytes);
    require(
        settings_.listeners[send.flow.listener].transport == send.flow.transport,
        "a listener of that transport sends it",
        bytes
    );
    if (!message.is_request) return learn(send.flow, message, bytes);
    require(message.method == sip::Method::notify, "only NOTIFYs are requested", bytes);
    checks_.sent(now_, send.flow, bytes, message);
    unanswered_.push_back({send.flow, bytes});
    if (unanswered_.size() > 64) unanswered_.pop_front();
}

/// What a response gives to its requester: an entity-tag, a dialog.
void World::learn(const Flow& flow, const sip::Message& response, const std::string& bytes) {
    const auto cseq = sip::parse_cseq(field_of(response, "CSeq"));
    const auto via = sip::parse_via(field_of(response, "Via"));
    const bool is_refused = response.status == 400 && response.reason == "Malformed Via header";
    require(via.has_value() != is_refused, "a response has a Via that says where to", bytes);
    if (is_refused) return;
    const auto known = responses_.find(std::string(via->branch));
    if (known != responses_.end()) {
        Response& first = known->second;
        // A refusal for want of room has no transaction, and finished ones give way to new ones.
        const std::uint64_t forgotten = engine_->stats().transactions_forgotten;
        const bool is_remembered = now_ - first.at < settings_.transaction_memory() &&
                                   first.forgotten == forgotten &&
                                   !first.bytes.starts_with("SIP/2.0 503 ");
        const bool repeats = !first.bytes.empty() && is_remembered;
        require(!repeats || first.bytes == bytes, "a response stays the same", bytes);
        if (!repeats) first = {bytes, now_, forgotten};
    }
    if (!cseq || response.status < 200 || response.status > 299) return;
    const auto from = sip::parse_name_addr(field_of(response, "From"));
    const auto to = sip::parse_name_addr(field_of(response, "To"));
    // A response copies the fields of its request, even of one that only has the branch of an
    // earlier request. Such a response is ignored.
    if (!from || !to) return;
    if (cseq->method == sip::Method::subscribe) {
        checks_.subscribed(response);
        dialogs_.push_back({
            std::string(to->uri),
            std::string(field_of(response, "Call-ID")),
            std::string(from->tag),
            std::string(to->tag),
            cseq->number,
            flow,
        });
        if (dialogs_.size() > kRemembered) dialogs_.erase(dialogs_.begin());
    }
    if (cseq->method != sip::Method::publish) return;
    const std::string_view etag = field_of(response, "SIP-ETag");
    const bool as_composed = known != responses_.end();
    require(!etag.empty() || !as_composed, "a 2xx to PUBLISH has an entity-tag", bytes);
    if (!etag.empty()) publications_.push_back({std::string(to->uri), std::string(etag)});
    if (publications_.size() > kRemembered) publications_.erase(publications_.begin());
}

void World::keep(const Commit& commit) {
    for (const Write& write : commit.writes) {
        if (write.value) {
            kept_[{write.bucket, write.key}] = {*write.value, now_};
        } else {
            kept_.erase({write.bucket, write.key});
        }
    }
}

void World::wind_down() {
    under_pressure_ = false;
    engine_->set_pressure(Pressure::none);
    while (!commits_.empty()) finish_commit(true);
    late_store_ = false;
    answers_at_once_ = true;
    call([] {});
    for (int i = 0; i < 40; ++i) {
        while (!questions_.empty()) resolve({});
        pass(seconds{100});
    }
    require(!engine_->next_deadline(), "the engine comes to rest");
    check_empty();
}

}  // namespace reginfo::fuzz

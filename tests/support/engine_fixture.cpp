/// @file

#include "tests/support/engine_fixture.hpp"

#include "core/base/ascii.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/parser.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace reginfo::test {
namespace {

constexpr std::size_t kDatagramMax = 65'507;  ///< bytes of UDP over IPv4 (RFC 768, RFC 791)

std::string contact_line(const Watcher& watcher) { return "<" + watcher.contact + ">"; }

std::string via_of(const Flow& flow) {
    const std::string transport(name_of(flow.transport));
    return "SIP/2.0/" + transport + " " + flow.peer.to_string() + ";branch=" + next_branch() +
           ";rport";
}

}  // namespace

std::string Sent::header(std::string_view name) const {
    for (const sip::HeaderField& field : message.headers) {
        if (equal_ignoring_case(field.text, name)) return std::string(field.value);
    }
    return "";
}

bool Sent::has(std::string_view name) const {
    return std::any_of(message.headers.begin(), message.headers.end(), [&](const auto& field) {
        return equal_ignoring_case(field.text, name);
    });
}

std::uint32_t Sent::cseq() const {
    const auto cseq = sip::parse_cseq(header("CSeq"));
    return cseq ? cseq->number : 0;
}

Endpoint endpoint(std::string_view address, std::uint16_t port) {
    return {IpAddress::parse(address).value(), port};
}

Flow udp_flow(std::string_view address, std::uint16_t port, ListenerId listener) {
    return {Transport::udp, listener, endpoint(address, port), 0};
}

Flow tcp_flow(std::string_view address, std::uint16_t port, ConnectionId connection) {
    return {Transport::tcp, 1, endpoint(address, port), 0, connection};
}

Settings test_settings() {
    Settings settings;
    settings.listeners = {
        {Transport::udp, endpoint("192.0.2.1"), "192.0.2.1", 5060},
        {Transport::tcp, endpoint("192.0.2.1"), "192.0.2.1", 5060},
        {Transport::udp, endpoint("2001:db8::1"), "[2001:db8::1]", 5060},
    };
    for (const char* block :
         {"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"}) {
        settings.trusted_networks.push_back(Network::parse(block).value());
    }
    settings.notify.min_interval = Duration::zero();
    settings.limits.open_states = 1;
    return settings;
}

World::World(Settings settings, std::uint64_t seed) : settings_(std::move(settings)) {
    engine_.emplace(settings_, seed);
}

void World::receive(const Flow& flow, std::string_view bytes) {
    engine_->handle_message(now_, flow, bytes, outbox_);
    perform();
}

void World::answer(const Sent& notify, int status, const std::vector<std::string>& more) {
    receive(notify.flow, response_text(notify.message, status, more));
}

ActionOutcome World::act(const OperatorAction& action) {
    const ActionOutcome outcome = engine_->handle_action(now_, action, outbox_);
    perform();
    return outcome;
}

void World::drain() {
    engine_->handle_drain(now_);
    perform();
}

void World::close(const Flow& flow) {
    engine_->handle_flow_closed(now_, flow, outbox_);
    perform();
}

void World::resolved(ResolveId id, const std::vector<Target>& targets) {
    engine_->handle_resolved(now_, id, targets, outbox_);
    perform();
}

void World::resolved(ResolveId id, const std::vector<Endpoint>& endpoints) {
    const auto asked = std::find_if(resolves.begin(), resolves.end(), [id](const Resolve& resolve) {
        return resolve.id == id;
    });
    ASSERT_NE(asked, resolves.end()) << "nobody asked";
    const Transport transport = asked->transport.value_or(Transport::udp);
    std::vector<Target> targets;
    for (const Endpoint& endpoint : endpoints) targets.push_back({transport, endpoint});
    resolved(id, targets);
}

void World::commit(bool ok) {
    ASSERT_FALSE(commits_.empty()) << "no commit waits";
    const Commit commit = std::move(commits_.front());
    commits_.pop_front();
    if (ok) keep(commit);
    engine_->handle_committed(now_, commit.id, ok, outbox_);
    perform();
}

/// What has settled is stored without being asked for, if that does not change the order.
void World::hand_in(Commit commit) {
    const bool only_settles = std::ranges::all_of(commit.writes, [](const Write& write) {
        return write.bucket == Bucket::unsettled && !write.value;
    });
    if (store_answers_late && only_settles && commits_.empty()) {
        keep(commit);
    } else {
        commits_.push_back(std::move(commit));
    }
}

void World::keep(const Commit& commit) {
    for (const Write& write : commit.writes) {
        if (write.value) {
            kept_[{write.bucket, write.key}] = {*write.value, now_, commit.shard};
        } else {
            kept_.erase({write.bucket, write.key});
        }
    }
}

void World::restart(Duration down) {
    while (!commits_.empty()) commit();
    stop();
    crash(down);
}

void World::restart_while_storing() {
    for (const Commit& commit : commits_) keep(commit);
    stop();
    crash();
}

void World::stop() {
    stop_steps.clear();
    for (bool goes_on = true; goes_on;) {
        outbox_.clear();
        goes_on = engine_->handle_stop(now_, outbox_);
        engine_->end_turn(now_, outbox_);
        stop_steps.push_back(outbox_.effects().size());
        for (Effect& effect : outbox_.effects()) {
            if (auto* commit = std::get_if<Commit>(&effect)) keep(*commit);
            EXPECT_EQ(std::get_if<Send>(&effect), nullptr) << "sent after the clean stop";
        }
    }
}

void World::crash(Duration down, Duration clock_back) {
    commits_.clear();
    outbox_.clear();
    to_answer_.clear();
    sent_.clear();
    const auto seed = static_cast<std::uint64_t>(now_.time_since_epoch().count()) + 77;
    engine_.emplace(settings_, seed);
    now_ += down;
    for (auto& [key, kept] : kept_) kept.written += clock_back;
    restore();
}

/// All that the store has.
void World::restore() {
    for (const bool is_unsettled : {true, false}) {
        for (const auto& [key, kept] : kept_) {
            if ((key.first == Bucket::unsettled) != is_unsettled) continue;
            const Duration age = std::max(now_ - kept.written, Duration::zero());
            EXPECT_TRUE(engine_->restore(now_, {key.first, key.second, kept.value, age}));
        }
    }
    engine_->handle_restored(now_, outbox_);
    perform();
}

std::size_t World::unsettled_kept() const {
    return static_cast<std::size_t>(std::ranges::count_if(kept_, [](const auto& record) {
        return record.first.first == Bucket::unsettled;
    }));
}

void World::keep_all_unsettled() {
    std::erase_if(kept_, [](const auto& record) {
        return record.first.first == Bucket::unsettled;
    });
    kept_[{Bucket::unsettled, ""}] = {"", now_};
}

void World::pass(Duration time) {
    const TimePoint until = now_ + time;
    int turns_at_once = 0;
    while (const auto deadline = engine_->next_deadline()) {
        if (*deadline > until) break;
        turns_at_once = *deadline > now_ ? 0 : turns_at_once + 1;
        if (turns_at_once > 10'000) {
            ADD_FAILURE() << "the engine is never done with one moment";
            break;
        }
        now_ = std::max(now_, *deadline);
        engine_->handle_timeout(now_, outbox_);
        perform();
    }
    now_ = until;
}

/// Turns, until nothing follows at once: effects in order, then what they lead to.
void World::perform() {
    for (bool has_news = true; has_news;) {
        engine_->end_turn(now_, outbox_);
        Outbox effects;
        effects.swap(outbox_);
        for (Effect& effect : effects.effects()) {
            if (auto* send = std::get_if<Send>(&effect)) sent(*send);
            if (auto* commit = std::get_if<Commit>(&effect)) hand_in(std::move(*commit));
            if (auto* resolve = std::get_if<Resolve>(&effect)) resolves.push_back(*resolve);
            if (auto* note = std::get_if<Note>(&effect)) notes.push_back(*note);
            if (auto* close = std::get_if<Close>(&effect)) closes.push_back(close->flow);
        }
        has_news = !outbox_.empty();
        while (!store_answers_late && !commits_.empty()) {
            const Commit commit = std::move(commits_.front());
            commits_.pop_front();
            keep(commit);
            engine_->handle_committed(now_, commit.id, true, outbox_);
            has_news = true;
        }
        for (std::deque<Sent> notifies = std::exchange(to_answer_, {}); const Sent& n : notifies) {
            const auto status = answers ? answers(n) : std::nullopt;
            if (!status) continue;
            engine_->handle_message(now_, n.flow, response_text(n.message, *status), outbox_);
            has_news = true;
        }
    }
}

void World::sent(const Send& send) {
    std::string bytes = send.head;
    if (send.tail) bytes.append(*send.tail);
    const bool no_way = is_cut_off(send.flow);
    const bool too_large = bytes.size() > kDatagramMax;
    if (send.flow.transport == Transport::udp && (no_way || too_large)) {
        const Unsent why = no_way ? Unsent::no_way : Unsent::too_large;
        return engine_->handle_unsent(now_, send.flow, send.head, why, outbox_);
    }
    Sent sent{
        now_,
        send.flow,
        std::make_shared<const std::string>(std::move(bytes)),
        {},
        send.reconnect_port
    };
    EXPECT_EQ(sip::parse_message(*sent.bytes, {}, sent.message), sip::ParseError::none)
        << *sent.bytes;
    EXPECT_EQ(sent.message.defect, "") << *sent.bytes;
    if (sent.is_notify()) to_answer_.push_back(sent);
    sent_.push_back(std::move(sent));
}

std::vector<Sent> World::take() { return std::exchange(sent_, {}); }

std::vector<Sent> World::take_notifies() {
    std::vector<Sent> all = take();
    std::erase_if(all, [](const Sent& sent) { return !sent.is_notify(); });
    return all;
}

Sent World::take_one() {
    std::vector<Sent> all = take();
    if (all.size() == 1) return std::move(all.front());
    ADD_FAILURE() << all.size() << " messages instead of one";
    return {};
}

Sent World::ask(const Flow& flow, std::string_view request) {
    std::vector<Sent> before = take();
    receive(flow, request);
    const auto response = std::find_if(sent_.begin(), sent_.end(), [](const Sent& sent) {
        return !sent.message.is_request;
    });
    Sent found;
    if (response == sent_.end()) {
        ADD_FAILURE() << "no response to " << request;
    } else {
        found = std::move(*response);
        sent_.erase(response);
    }
    sent_.insert(
        sent_.begin(),
        std::make_move_iterator(before.begin()),
        std::make_move_iterator(before.end())
    );
    return found;
}

Watcher::Watcher(std::string name_, std::string_view address)
    : name(std::move(name_)), flow(udp_flow(address)) {
    contact = "sip:" + name + "@" + flow.peer.to_string();
}

RequestText Watcher::subscribe(int expires) {
    RequestText request;
    request.method = "SUBSCRIBE";
    request.uri = to_tag.empty() ? aor : "sip:192.0.2.1:5060";
    request.via = via_of(flow);
    request.from = "<sip:" + name + "@example.org>;tag=" + name;
    request.to = "<" + aor + ">" + (to_tag.empty() ? "" : ";tag=" + to_tag);
    request.call_id = "call-" + name;
    request.cseq = std::to_string(++cseq);
    request.event = event;
    request.expires = std::to_string(expires);
    request.contact = contact_line(*this);
    request.more = more;
    if (!user_agent.empty()) request.more.push_back("User-Agent: " + user_agent);
    return request;
}

Sent Watcher::subscribe(World& world, int expires) {
    Sent response = world.ask(flow, subscribe(expires).text());
    if (to_tag.empty() && response.status() == 200) {
        to_tag = sip::parse_name_addr(response.header("To")).value_or(sip::NameAddr{}).tag;
    }
    return response;
}

bool Watcher::owns(const Sent& notify) const { return notify.header("Call-ID") == "call-" + name; }

RequestText Publisher::request(int expires, std::string body) const {
    RequestText request;
    request.method = "PUBLISH";
    request.uri = aor;
    request.via = via_of(flow);
    const std::string own = next_branch();
    request.from = "<" + aor + ">;tag=" + own;
    request.to = "<" + aor + ">";
    request.call_id = own;
    request.event = "reg";
    request.expires = std::to_string(expires);
    if (!etag.empty()) request.more.push_back("SIP-If-Match: " + etag);
    if (!body.empty()) request.content_type = "application/reginfo+xml";
    request.body = std::move(body);
    return request;
}

Sent Publisher::publish_text(World& world, std::string body, int expires) {
    Sent response = world.ask(flow, request(expires, std::move(body)).text());
    learn(response);
    return response;
}

Sent Publisher::publish(World& world, std::vector<ContactText> contacts, int expires) {
    return publish_text(
        world, BodyText{.aor = aor, .contacts = std::move(contacts)}.text(), expires
    );
}

void Publisher::learn(const Sent& response) {
    if (response.status() == 200) etag = response.header("SIP-ETag");
    if (response.status() == 200 && response.header("Expires") == "0") etag.clear();
}

}  // namespace reginfo::test

/// @file
/// What a step of a script does.

#include "core/sip/headers.hpp"
#include "core/sip/parser.hpp"
#include "tests/fuzz/engine/world.hpp"
#include "tests/fuzz/support/sip_mutation.hpp"

#include <algorithm>
#include <chrono>

namespace reginfo::fuzz {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Some element; nullptr if there is none.
template <class Container>
auto* choose(Container& container, unsigned choice) {
    return container.empty() ? nullptr : &container[choice % container.size()];
}

bool is_kamailio(const test::RequestText& request) {
    return std::any_of(request.more.begin(), request.more.end(), [](const std::string& line) {
        return line.starts_with("User-Agent: kamailio");
    });
}

}  // namespace

enum class World::Op : std::uint8_t {
    wait,
    wait_long,
    late,  ///< time passes, and deadlines are handled late
    publish,
    modify,
    refresh,
    remove,
    subscribe,
    fetch,
    resubscribe,
    unsubscribe,
    answer,
    answer_all,  ///< at once with 200, from now on or no longer
    repeat,
    other,
    store_late,  ///< from now on or no longer
    commit,
    fail_commit,
    resolve,
    close,
    pressure,
    broken_stream,
    act,
    crash,
    restart,
    raw,
    unsent,
    count_,
};

void World::run(const Step& step) {
    switch (static_cast<Op>(step.op() % static_cast<unsigned>(Op::count_))) {
        case Op::wait:
            pass(milliseconds{100} * step.how());
            break;
        case Op::wait_long:
            pass(seconds{3} * step.how());
            break;
        case Op::late:
            now_ += seconds{1} * step.how();
            break;
        case Op::publish:
        case Op::modify:
        case Op::refresh:
        case Op::remove:
            publish(step);
            break;
        case Op::subscribe:
        case Op::fetch:
            subscribe(step);
            break;
        case Op::resubscribe:
        case Op::unsubscribe:
            resubscribe(step);
            break;
        case Op::answer:
            answer(step);
            break;
        case Op::answer_all:
            answers_at_once_ = step.how() % 2 == 0;
            call([] {});
            break;
        case Op::repeat:
            repeat(step);
            break;
        case Op::other:
            send(some_flow(step.who() % 0xc0U), other_of(step), step);
            break;
        case Op::store_late:
            late_store_ = step.how() % 2 == 0;
            call([] {});
            break;
        case Op::commit:
            finish_commit(true);
            break;
        case Op::fail_commit:
            finish_commit(false);
            break;
        case Op::resolve:
            resolve(step);
            break;
        case Op::close:
            if (const auto* notify = choose(unanswered_, step.who()); notify && step.flag(0)) {
                close(Flow(notify->flow));
            } else {
                close(some_flow(3 + 8U * step.who()));
            }
            break;
        case Op::pressure:
            under_pressure_ = step.how() % 3 != 0;
            responses_.clear();
            engine_->set_pressure(static_cast<Pressure>(step.how() % 3));
            break;
        case Op::broken_stream:
        case Op::raw:
            repeat(step);
            break;
        case Op::act:
            act(step);
            break;
        case Op::crash:
            restart(false, seconds{1} * step.how());
            break;
        case Op::restart:
            restart(true, seconds{1} * step.how());
            break;
        case Op::unsent:
            leave_unsent(step);
            break;
        case Op::count_:
            break;
    }
    check_no_stall();
}

/// The network did not take a datagram.
void World::leave_unsent(const Step& step) {
    const Unanswered* chosen = choose(unanswered_, step.who());
    if (chosen == nullptr || chosen->flow.transport != Transport::udp) return;
    const Unanswered notify = *chosen;
    sip::Message message;
    parse_message(notify.bytes, kNoLimits, message);
    checks_.unsent(sip::parse_via(field_of(message, "Via"))->branch);
    const Unsent why = step.flag(0) ? Unsent::too_large : Unsent::no_way;
    call([&] { engine_->handle_unsent(now_, notify.flow, notify.bytes, why, outbox_); });
}

void World::publish(const Step& step) {
    const auto op = static_cast<Op>(step.op() % static_cast<unsigned>(Op::count_));
    Published publication{std::string(some_aor(step.who())), ""};
    if (op != Op::publish) {
        const Published* known = choose(publications_, step.who());
        publication = known ? *known : Published{publication.aor, "0123456789abcdef"};
    }
    test::RequestText request = publish_of(publication, step);
    const std::string number = std::to_string(last_number_);
    request.from += number;
    request.call_id += number;
    if (op == Op::remove) request.expires = "0";
    if (op == Op::publish || op == Op::modify) {
        request.content_type = "application/reginfo+xml";
        request.body = document_of(publication.aor, step);
    }
    send(some_flow(step.who() / 4U), std::move(request), step);
}

void World::subscribe(const Step& step) {
    const auto op = static_cast<Op>(step.op() % static_cast<unsigned>(Op::count_));
    Subscribed dialog;
    dialog.aor = some_aor(step.who());
    dialog.call_id = "w" + std::to_string(last_number_);
    dialog.from_tag = "f" + std::to_string(last_number_);
    dialog.cseq = 1;
    test::RequestText request = subscribe_of(dialog, step);
    if (is_kamailio(request)) checks_.patience = settings_.notify.supersede_after_kamailio;
    if (op == Op::fetch) request.expires = "0";
    send(some_flow(step.how()), std::move(request), step);
}

void World::resubscribe(const Step& step) {
    const auto op = static_cast<Op>(step.op() % static_cast<unsigned>(Op::count_));
    Subscribed* dialog = choose(dialogs_, step.how());
    if (dialog == nullptr) return subscribe(step);
    dialog->cseq += step.flag(37) ? 0U : 1U;
    test::RequestText request = subscribe_of(*dialog, step);
    if (is_kamailio(request)) checks_.patience = settings_.notify.supersede_after_kamailio;
    if (op == Op::unsubscribe) request.expires = "0";
    const Flow flow = step.flag(36) ? dialog->flow : some_flow(step.who() / 4U);
    send(flow, std::move(request), step);
}

void World::answer(const Step& step) {
    if (unanswered_.empty()) return;
    const std::size_t at = step.who() % unanswered_.size();
    const Unanswered notify = unanswered_[at];
    sip::Message message;
    parse_message(notify.bytes, kNoLimits, message);
    const std::string branch(sip::parse_via(field_of(message, "Via"))->branch);
    std::string bytes = answer_of(message, step);
    if (step.option(1) >= 0xe0U) {
        Chance chance(step.option(2) * 256U + step.option(3));
        bytes = mutate_sip(bytes, chance);
        checks_.maybe_answered(branch);
        return receive(notify.flow, bytes);
    }
    sip::Message response;
    parse_message(bytes, kNoLimits, response);
    checks_.answered(now_, branch, response.status);
    if (response.status >= 200) {
        unanswered_.erase(unanswered_.begin() + static_cast<std::ptrdiff_t>(at));
    }
    receive(notify.flow, bytes);
}

/// The same bytes once more, or a mutation of them, or a broken stream.
void World::repeat(const Step& step) {
    const auto op = static_cast<Op>(step.op() % static_cast<unsigned>(Op::count_));
    const Asked* asked = choose(asked_, step.who());
    if (asked == nullptr) return;
    const Flow flow = asked->flow;
    std::string bytes = asked->bytes;
    if (op == Op::repeat) return receive(flow, bytes);
    Chance chance(step.how() * 256U + step.option(0));
    bytes = mutate_sip(bytes, chance);
    checks_.patience = settings_.notify.supersede_after_kamailio;
    responses_.clear();  // the same branch may now be that of another request
    if (op == Op::raw) return receive(flow, bytes);
    const auto error = static_cast<sip::ParseError>(1 + step.option(1) % (kParseErrors - 1));
    call([&] { engine_->handle_broken_stream(flow, bytes, error, outbox_); });
    close(flow);
}

void World::resolve(const Step& step) {
    if (questions_.empty()) return;
    const Resolve question = std::move(questions_.front());
    questions_.pop_front();
    std::vector<Target> targets;
    for (unsigned i = 0; i < step.how() % 4U; ++i) {
        const bool tcp = step.flag(i);
        const Endpoint v4{IpAddress::v4(0xc6336450U + i), 5060};
        const Endpoint v6{*IpAddress::parse("2001:db8::50"), 5060};
        targets.push_back({tcp ? Transport::tcp : Transport::udp, step.flag(8 + i) ? v6 : v4});
    }
    call([&] { engine_->handle_resolved(now_, question.id, targets, outbox_); });
}

void World::act(const Step& step) {
    std::vector<RegistrationDetails> all;
    std::vector<SubscriptionView> subscriptions;
    engine_->inspection().list(now_, 0, {}, {}, all);
    engine_->inspection().list(now_, 0, {}, {}, subscriptions);
    const RegistrationDetails* aor = choose(all, step.who());
    const SubscriptionView* subscription = choose(subscriptions, step.who());
    OperatorAction action = NotifyAgain{aor ? aor->summary.aor : "sip:nobody@example.org"};
    const auto* contact = aor ? choose(aor->contacts, step.option(0)) : nullptr;
    const auto* publication = aor ? choose(aor->publications, step.option(0)) : nullptr;
    switch (step.how() % 4U) {
        case 1:
            if (subscription == nullptr) break;
            action = EndSubscription{
                subscription->id,
                static_cast<TerminationReason>(step.option(0) % 7U),
                Seconds{step.option(1)}
            };
            break;
        case 2:
            if (publication == nullptr) break;
            action = DropPublication{aor->summary.aor, publication->entity_tag};
            break;
        case 3:
            if (contact == nullptr) break;
            action = EndContact{aor->summary.aor, contact->id};
            break;
        default:
            break;
    }
    call([&] { engine_->handle_action(now_, action, outbox_); });
}

}  // namespace reginfo::fuzz

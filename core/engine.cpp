/// @file

#include "core/engine.hpp"

#include "core/event/compositor.hpp"
#include "core/event/durability.hpp"
#include "core/event/notifier.hpp"
#include "core/event/notify_sender.hpp"
#include "core/event/records.hpp"
#include "core/request_reader.hpp"
#include "core/sip/parser.hpp"
#include "core/transaction/responder.hpp"
#include "core/transaction/server_transactions.hpp"
#include "core/transaction/transaction_record.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {

class Engine::Impl {
public:
    Impl(Settings settings, std::uint64_t seed)
        : settings_(std::move(settings)),
          records_(settings_, stats_, seed),
          transactions_(records_.hash_seeds.next(), settings_.transaction_memory()),
          responder_(settings_, transactions_, stats_),
          sender_(records_),
          notifier_(records_, responder_, sender_),
          compositor_(records_, responder_, notifier_) {}

    void message(TimePoint now, const Flow& flow, std::string_view bytes, Outbox& outbox);
    void broken_stream(
        TimePoint now,
        const Flow& flow,
        std::string_view head,
        sip::ParseError error,
        Outbox& outbox
    );
    void timeout(TimePoint now, Outbox& outbox);
    bool restore(TimePoint now, const StoredRecord& record);
    std::optional<TimePoint> next_deadline() const;
    /// What follows from whatever happened this turn.
    void settle(TimePoint now, Outbox& outbox);

    Settings settings_;
    Stats stats_;
    Records records_;
    ServerTransactions transactions_;
    Responder responder_;
    NotifySender sender_;
    Notifier notifier_;
    Compositor compositor_;

private:
    bool is_trusted(const Flow& flow) const;
    void refuse_unread(TimePoint now, const Flow& flow, sip::ParseError error, Outbox& outbox);
    void refuse_stateless(const Flow& flow, const Reply& reply, Outbox& outbox);
    void response(TimePoint now, Outbox& outbox);
    void request(TimePoint now, const Flow& flow, std::string_view bytes, Outbox& outbox);
    void released(TimePoint now, const WaitingRequest& waiting, Outbox& outbox);
    void execute(TimePoint now, const Request& request, std::string_view bytes, Outbox& outbox);
    Reply cancel(const sip::Via& top_via) const;

    sip::Message message_;  ///< reused, so that parsing does not allocate
    bool telling_ = false;  ///< a fan-out goes on next turn
    TimePoint now_;
};

bool Engine::Impl::restore(TimePoint now, const StoredRecord& record) {
    const RecordTime time{now, record.age};
    Restorer restorer(records_);
    switch (record.bucket) {
        case Bucket::aor:
            return restorer.restore_aor(record.key, record.value, time);
        case Bucket::dialog:
            return restorer.restore_dialog(record.value, time);
        case Bucket::transaction: {
            const auto key = parse_transaction_key(record.key);
            const auto transaction = decode_transaction(record.value);
            if (!key || !transaction) return false;
            const Duration left = settings_.transaction_memory() - record.age;
            if (left > Duration::zero()) transactions_.restore(*key, *transaction, now + left);
            return true;
        }
    }
    return false;
}

bool Engine::Impl::is_trusted(const Flow& flow) const {
    const auto& networks = settings_.trusted_networks;
    return std::any_of(networks.begin(), networks.end(), [&](const Network& network) {
        return network.contains(flow.peer.address);
    });
}

void Engine::Impl::message(
    TimePoint now,
    const Flow& flow,
    std::string_view bytes,
    Outbox& outbox
) {
    const bool trusted = is_trusted(flow);
    if (!trusted) {
        ++stats_.refused_by_bound[index_of(Bound::untrusted_peer)];
        outbox.note(
            Note::Severity::warning,
            "untrusted peer",
            "message ignored or forbidden; see access.trusted_networks",
            flow
        );
        if (!settings_.refuse_untrusted_with_403) return;
    }
    const sip::ParseError error = parse_message(bytes, settings_.limits.message, message_);
    if (error != sip::ParseError::none) {
        ++stats_.parse_errors[index_of(error)];
        if (trusted) refuse_unread(now, flow, error, outbox);
        return;
    }
    if (!trusted) {
        if (message_.is_request) refuse_stateless(flow, refusal(403), outbox);
    } else if (message_.is_request) {
        request(now, flow, bytes, outbox);
    } else {
        response(now, outbox);
    }
}

/// Bytes that are no message that could be served.
void Engine::Impl::refuse_unread(
    TimePoint,
    const Flow& flow,
    sip::ParseError error,
    Outbox& outbox
) {
    if (error == sip::ParseError::empty) return;
    outbox.note(
        Note::Severity::warning, "unreadable message", std::string(sip::text_of(error)), flow
    );
    if (error == sip::ParseError::bad_start_line || !message_.is_request) return;
    const bool too_large = error == sip::ParseError::head_too_large ||
                           error == sip::ParseError::too_many_headers ||
                           error == sip::ParseError::body_too_large;
    refuse_stateless(
        flow, too_large ? refusal(513) : refusal(400, std::string(sip::text_of(error))), outbox
    );
}

/// Answers the request in message_ without a transaction, if it can be answered.
void Engine::Impl::refuse_stateless(const Flow& flow, const Reply& reply, Outbox& outbox) {
    const auto via = top_via_of(message_);
    if (!via || message_.method == sip::Method::ack) return;
    const TransactionKey key = transactions_.key_of(message_, *via);
    responder_.repeat(responder_.draft(message_, *via, flow, key, key.low), reply, outbox);
    ++stats_.responses_sent[index_of(message_.method)][static_cast<std::size_t>(reply.status)];
}

void Engine::Impl::response(TimePoint now, Outbox& outbox) {
    ++stats_.notify_responses_received[static_cast<std::size_t>(message_.status) % kStatusCodes];
    const auto via = top_via_of(message_);
    if (!via || !sender_.handle_response(now, message_, *via, outbox)) ++stats_.stray_responses;
}

void Engine::Impl::request(
    TimePoint now,
    const Flow& flow,
    std::string_view bytes,
    Outbox& outbox
) {
    ++stats_.requests_received[index_of(message_.method)][index_of(flow.transport)];
    const auto via = top_via_of(message_);
    if (!via) {
        ++stats_.unanswerable;
        outbox.note(Note::Severity::warning, "unanswerable request", "no usable Via", flow);
        return;
    }
    if (message_.method == sip::Method::ack) return;  // of a refused INVITE (RFC 3261 §17.2.1)

    const TransactionKey key = transactions_.key_of(message_, *via);
    if (const ServerTransactions::Record* known = transactions_.find(key)) {
        ++stats_.retransmissions_received;
        if (!known->is_completed()) return;
        responder_.repeat(
            responder_.draft(message_, *via, flow, key, known->to_tag), known->reply(), outbox
        );
        return;
    }
    if (transactions_.size() >= settings_.limits.transactions) {
        ++stats_.refused_by_bound[index_of(Bound::transactions)];
        return;
    }

    const Result<Request> read = read_request(message_, flow, *via, key);
    const std::uint64_t to_tag = records_.tokens.next();
    if (!read) {
        transactions_.begin(key, to_tag, to_tag);
        outbox.note(
            Note::Severity::warning,
            "bad request",
            read.error().reason.empty() ? std::string("SIP version") : read.error().reason,
            flow
        );
        responder_.respond(
            now, responder_.draft(message_, *via, flow, key, to_tag), read.error(), outbox
        );
        return;
    }
    const std::uint64_t identity =
        transactions_.identity_of(read->from.tag, read->call_id, read->cseq);
    const bool merged = read->to.tag.empty() && !read->from.tag.empty() &&
                        message_.method != sip::Method::cancel && transactions_.is_merged(identity);
    transactions_.begin(key, merged ? to_tag : identity, to_tag);
    if (merged) {
        responder_.respond(now, responder_.draft(*read), refusal(482), outbox);
        return;
    }
    execute(now, *read, bytes, outbox);
}

void Engine::Impl::execute(
    TimePoint now,
    const Request& request,
    std::string_view bytes,
    Outbox& outbox
) {
    const auto answer = [&](const Reply& reply) {
        responder_.respond(now, responder_.draft(request), reply, outbox);
    };
    switch (request.message.method) {
        case sip::Method::options:
        case sip::Method::publish:
        case sip::Method::subscribe:
            break;
        case sip::Method::cancel:
            return answer(cancel(request.top_via));
        case sip::Method::notify:
            return answer(refusal(481));
        case sip::Method::invite:
        case sip::Method::ack:
        case sip::Method::bye:
        case sip::Method::register_:
        case sip::Method::prack:
        case sip::Method::update:
        case sip::Method::info:
        case sip::Method::refer:
        case sip::Method::message:
        case sip::Method::other:
            return answer(refusal(405));
    }
    if (const auto objection = inspect(request)) return answer(*objection);
    if (request.message.method == sip::Method::publish) {
        compositor_.handle_publish(now, request, bytes, outbox);
    } else if (request.message.method == sip::Method::subscribe) {
        notifier_.handle_subscribe(now, request, bytes, outbox);
    } else {
        answer(Reply{});
    }
}

/// Nothing of ours can be cancelled any more when a CANCEL comes (RFC 3261 §9.2).
Reply Engine::Impl::cancel(const sip::Via& top_via) const {
    for (const auto& [method, text] : {
             std::pair{sip::Method::publish, "PUBLISH"},
             std::pair{sip::Method::subscribe, "SUBSCRIBE"},
             std::pair{sip::Method::options, "OPTIONS"},
             std::pair{sip::Method::invite, "INVITE"},
         }) {
        sip::Message cancelled = message_;
        cancelled.method = method;
        cancelled.method_text = text;
        if (transactions_.find(transactions_.key_of(cancelled, top_via))) return Reply{};
    }
    return refusal(481);
}

void Engine::Impl::released(TimePoint now, const WaitingRequest& waiting, Outbox& outbox) {
    if (parse_message(waiting.bytes, settings_.limits.message, message_) != sip::ParseError::none) {
        return;
    }
    const auto via = top_via_of(message_);
    if (!via) return;
    const Result<Request> read = read_request(message_, waiting.flow, *via, waiting.key);
    if (read) execute(now, *read, waiting.bytes, outbox);
}

void Engine::Impl::settle(TimePoint now, Outbox& outbox) {
    now_ = now;
    while (!records_.released.empty()) {
        const WaitingRequest waiting = std::move(records_.released.front());
        records_.released.pop_front();
        --records_.waiting;
        released(now, waiting, outbox);
    }
    telling_ = notifier_.run(now, settings_.limits.expiries_per_turn, outbox);
    sender_.forget_idle_windows();
}

void Engine::Impl::broken_stream(
    TimePoint now,
    const Flow& flow,
    std::string_view head,
    sip::ParseError error,
    Outbox& outbox
) {
    ++stats_.parse_errors[index_of(error)];
    if (is_trusted(flow)) {
        parse_message(head, settings_.limits.message, message_);
        refuse_unread(now, flow, error, outbox);
    }
    outbox.close(flow);
}

void Engine::Impl::timeout(TimePoint now, Outbox& outbox) {
    const std::size_t budget = settings_.limits.expiries_per_turn;
    transactions_.expire(now, budget);
    stats_.server_transactions = transactions_.size();
    for (std::size_t i = 0; i < budget; ++i) {
        const auto dialog = records_.subscriptions.dialog_timers.pop_expired(now);
        if (!dialog) break;
        sender_.handle_timeout(now, **dialog, outbox);
    }
    for (std::size_t i = 0; i < budget; ++i) {
        const auto aor = records_.aor_timers.pop_expired(now);
        if (!aor) break;
        compositor_.handle_timeout(now, **aor, outbox);
    }
    for (std::size_t i = 0; i < budget; ++i) {
        const auto subscription = records_.subscriptions.expiries.pop_expired(now);
        if (!subscription) break;
        notifier_.handle_expiry(now, **subscription, outbox);
    }
}

std::optional<TimePoint> Engine::Impl::next_deadline() const {
    std::optional<TimePoint> next;
    if (telling_) next = now_;
    for (const auto& deadline : {
             transactions_.next_deadline(),
             records_.aor_timers.next_deadline(),
             records_.subscriptions.expiries.next_deadline(),
             records_.subscriptions.dialog_timers.next_deadline(),
         }) {
        if (deadline && (!next || *deadline < *next)) next = deadline;
    }
    return next;
}

Engine::Engine(Settings settings, std::uint64_t seed)
    : impl_(std::make_unique<Impl>(std::move(settings), seed)) {}

Engine::~Engine() = default;

void Engine::handle_message(
    TimePoint now,
    const Flow& flow,
    std::string_view bytes,
    Outbox& outbox
) {
    impl_->message(now, flow, bytes, outbox);
    impl_->settle(now, outbox);
}

void Engine::handle_broken_stream(
    TimePoint now,
    const Flow& flow,
    std::string_view head,
    sip::ParseError error,
    Outbox& outbox
) {
    impl_->broken_stream(now, flow, head, error, outbox);
    impl_->settle(now, outbox);
}

void Engine::handle_flow_closed(TimePoint now, const Flow& flow, Outbox& outbox) {
    impl_->sender_.handle_flow_closed(now, flow, outbox);
    impl_->settle(now, outbox);
}

void Engine::handle_resolved(
    TimePoint now,
    ResolveId id,
    std::span<const Endpoint> endpoints,
    Outbox& outbox
) {
    impl_->sender_.handle_resolved(now, id, endpoints, outbox);
    impl_->settle(now, outbox);
}

void Engine::handle_committed(TimePoint now, CommitId id, bool ok, Outbox& outbox) {
    impl_->records_.commits.finish(now, id, ok, outbox);
    impl_->settle(now, outbox);
}

void Engine::handle_timeout(TimePoint now, Outbox& outbox) {
    impl_->timeout(now, outbox);
    impl_->settle(now, outbox);
}

std::optional<TimePoint> Engine::next_deadline() const { return impl_->next_deadline(); }

bool Engine::restore(TimePoint now, const StoredRecord& record) {
    return impl_->restore(now, record);
}

void Engine::handle_restored(TimePoint now, Outbox& outbox) {
    impl_->records_.aors.for_each([&](Aor& aor) {
        if (aor.lagging > 0) impl_->notifier_.aor_changed(aor);
    });
    impl_->settle(now, outbox);
}

void Engine::handle_stop(TimePoint now, Outbox& outbox) {
    Records& records = impl_->records_;
    if (!records.settings.durable) return;
    records.subscriptions.for_each_dialog([&](Dialog& dialog) {
        if (!dialog.is_stored) return;
        const DialogRecord record = exact_record_of(dialog);
        std::vector<Write> writes{{Bucket::dialog, dialog_key(dialog.state), std::nullopt}};
        if (!record.subscriptions.empty()) writes.back().value = encode(record, now);
        records.commits.begin(std::move(writes), outbox);
    });
}

const Stats& Engine::stats() const { return impl_->stats_; }

}  // namespace reginfo

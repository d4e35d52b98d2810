/// @file

#include "core/engine.hpp"

#include "core/engine_impl.hpp"
#include "core/event/records/present_record.hpp"

#include <utility>
#include <vector>

namespace reginfo {

Engine::Engine(Settings settings, const Seed& seed)
    : impl_(std::make_unique<Impl>(std::move(settings), seed, spare_texts_)) {}

Engine::~Engine() = default;

void Engine::end_turn(TimePoint now, Outbox& outbox) { impl_->end_turn(now, outbox); }

bool Engine::handle_message(
    TimePoint now,
    const Flow& flow,
    std::string_view bytes,
    Outbox& outbox
) {
    const std::uint64_t before = impl_->answers_begun();
    impl_->server_.handle_message(now, flow, bytes, outbox);
    return impl_->answers_begun() != before;
}

void Engine::set_pressure(Pressure pressure) {
    pressure_ = pressure;
    impl_->server_.set_pressure(pressure);
}

void Engine::set_relaying(bool whether) {
    is_relaying_ = whether;
    impl_->server_.set_relaying(whether);
}

bool Engine::is_standing_by() const { return impl_->server_.is_standing_by(); }

void Engine::set_uncounted_memory(std::uint64_t bytes) {
    uncounted_memory_ = bytes;
    impl_->memory_.uncounted = bytes;
}

void Engine::handle_broken_stream(
    const Flow& flow,
    std::string_view head,
    sip::ParseError error,
    Outbox& outbox
) {
    impl_->server_.refuse_broken(flow, head, error, outbox);
    outbox.close(flow);
}

void Engine::handle_unsent(
    TimePoint now,
    const Flow& flow,
    std::string_view head,
    Unsent why,
    Outbox& outbox
) {
    impl_->scheduler_.handle_unsent(now, flow, head, why, outbox);
}

void Engine::handle_flow_closed(TimePoint now, const Flow& flow, Outbox& outbox) {
    impl_->scheduler_.handle_flow_closed(now, flow, outbox);
}

void Engine::handle_resolved(
    TimePoint now,
    ResolveId id,
    std::span<const Target> targets,
    Outbox& outbox
) {
    impl_->scheduler_.handle_resolved(now, id, targets, outbox);
}

void Engine::handle_committed(TimePoint now, CommitId id, bool ok, Outbox& outbox) {
    impl_->committed(now, id, ok, outbox);
}

void Engine::handle_suspended() { impl_->suspend(); }

void Engine::handle_resumed(TimePoint now, Outbox& outbox) { impl_->resume(now, outbox); }

void Engine::handle_timeout(TimePoint now, Outbox& outbox) { impl_->timeout(now, outbox); }

std::optional<TimePoint> Engine::next_deadline() const { return impl_->next_deadline(); }

bool Engine::restore(TimePoint now, const StoredRecord& record) {
    return impl_->restore(now, record);
}

/// What is asked of the resolver and the store by now is never mistaken for what comes.
void Engine::stand_by(TimePoint now, std::uint64_t hash_seed) {
    Settings settings = impl_->settings_;
    settings.hash_seed = hash_seed;
    const Seed seed{impl_->tokens_.derive(), impl_->tokens_.derive()};
    auto next = std::make_unique<Impl>(std::move(settings), seed, spare_texts_);
    next->changes_.number_after(impl_->changes_);
    next->next_hops_.number_after(impl_->next_hops_);
    next->server_.set_standing_by(true);
    if (impl_->is_suspended()) next->suspend();
    impl_ = std::move(next);
    set_pressure(pressure_);
    set_relaying(is_relaying_);
    set_uncounted_memory(uncounted_memory_);
    observe(observer_);
    if (is_draining_) handle_drain(now);
}

std::optional<std::string> Engine::present_record(
    TimePoint now,
    Bucket bucket,
    std::string_view key
) {
    impl_->take_durable(now);
    return reginfo::present_record(
        impl_->records_.aors, impl_->records_.subscriptions, now, bucket, key
    );
}

void Engine::handle_restored(TimePoint now, Outbox& outbox) {
    impl_->server_.set_standing_by(false);
    impl_->set_suspended(impl_->is_suspended());
    impl_->restored(now, outbox);
}

void Engine::share_shards() { impl_->records_.shards.share(); }

void Engine::open_shard(TimePoint now, Shard shard, Outbox& outbox) {
    impl_->open(now, shard, outbox);
}

bool Engine::drop_shard(TimePoint now, Shard shard) { return impl_->shard_drop_.run(now, shard); }

void Engine::handle_drain(TimePoint now) {
    is_draining_ = true;
    impl_->drain_.start(now);
    impl_->waiting_.end_early(now);
}

bool Engine::is_drained() const { return impl_->is_drained(); }

void Engine::handle_reload(const Settings& settings) {
    Settings next = settings;
    const Settings& fixed = impl_->settings_;
    next.listeners = fixed.listeners;
    next.t1 = fixed.t1;
    next.t2 = fixed.t2;
    next.t4 = fixed.t4;
    next.durable = fixed.durable;
    next.hash_seed = fixed.hash_seed;
    impl_->settings_ = std::move(next);
}

bool Engine::handle_stop(TimePoint now, Outbox& outbox) {
    return impl_->settings_.durable && impl_->store_exactly(now, outbox);
}

ActionOutcome Engine::handle_action(TimePoint now, const OperatorAction& action, Outbox& outbox) {
    const ActionOutcome outcome = impl_->actions_.carry_out(now, action, outbox);
    return outcome;
}

SpareTexts& Engine::spare_texts() { return spare_texts_; }
const Stats& Engine::stats() const { return impl_->stats_; }
const Inspection& Engine::inspection() const { return impl_->inspection_; }

void Engine::observe(Observer* observer) {
    observer_ = observer;
    impl_->records_.observer.set(observer);
}

}  // namespace reginfo

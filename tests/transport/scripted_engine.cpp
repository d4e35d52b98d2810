/// @file
/// Engine by its header, played from a Script. Linked in place of core/engine.cpp.

#include "tests/transport/scripted_engine.hpp"

#include <memory>

namespace reginfo {

class Engine::Impl {
public:
    explicit Impl(std::uint64_t seed) : script(*reinterpret_cast<Script*>(seed)) {}

    Script& script;
    Stats stats;
    SpareTexts spare_texts;
};

Engine::Engine(Settings, const Seed& seed) : impl_(std::make_unique<Impl>(seed.first)) {}
Engine::~Engine() = default;

bool Engine::handle_message(TimePoint, const Flow& flow, std::string_view bytes, Outbox& outbox) {
    impl_->script.messages.push_back({flow, std::string(bytes)});
    if (impl_->script.on_message) impl_->script.on_message(flow, bytes, outbox);
    return impl_->script.answers;
}

void Engine::handle_broken_stream(
    const Flow& flow,
    std::string_view head,
    sip::ParseError,
    Outbox& outbox
) {
    if (impl_->script.on_broken_stream) impl_->script.on_broken_stream(flow, head, outbox);
}

void Engine::
    handle_unsent(TimePoint, const Flow& flow, std::string_view head, Unsent why, Outbox&) {
    impl_->script.unsent.push_back({flow, std::string(head), why});
}

void Engine::handle_flow_closed(TimePoint, const Flow& flow, Outbox& outbox) {
    impl_->script.closed.push_back(flow);
    if (impl_->script.on_flow_closed) impl_->script.on_flow_closed(flow, outbox);
}

void Engine::handle_resolved(
    TimePoint,
    ResolveId id,
    std::span<const Target> targets,
    Outbox& outbox
) {
    impl_->script.resolved.push_back({id, {targets.begin(), targets.end()}});
    if (impl_->script.on_resolved) impl_->script.on_resolved(id, outbox);
}

void Engine::handle_committed(TimePoint, CommitId id, bool ok, Outbox& outbox) {
    if (impl_->script.on_committed) impl_->script.on_committed(id, ok, outbox);
}

void Engine::handle_timeout(TimePoint now, Outbox& outbox) {
    if (impl_->script.on_timeout) impl_->script.on_timeout(now, outbox);
}

void Engine::end_turn(TimePoint, Outbox& outbox) {
    ++impl_->script.turns;
    if (impl_->script.on_end_turn) impl_->script.on_end_turn(outbox);
}

void Engine::set_relaying(bool) {}
bool Engine::is_standing_by() const { return false; }
void Engine::handle_suspended() { impl_->script.lease.emplace_back("suspended"); }
void Engine::handle_resumed(TimePoint, Outbox&) { impl_->script.lease.emplace_back("resumed"); }

SpareTexts& Engine::spare_texts() { return impl_->spare_texts; }

void Engine::set_pressure(Pressure pressure) { impl_->script.pressures.push_back(pressure); }

std::optional<TimePoint> Engine::next_deadline() const { return impl_->script.deadline; }
const Stats& Engine::stats() const { return impl_->stats; }

}  // namespace reginfo

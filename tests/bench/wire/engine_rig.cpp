/// @file

#include "tests/bench/wire/engine_rig.hpp"

#include <cstdlib>
#include <iostream>
#include <utility>
#include <variant>

namespace reginfo::bench {
namespace {

Endpoint loopback(std::uint16_t port) { return {IpAddress::v4(0x7f00'0001), port}; }

Settings settings() {
    Settings settings;
    settings.listeners = {{Transport::udp, loopback(5060), "127.0.0.1", 5060}};
    settings.trusted_networks = {*Network::parse("127.0.0.0/8")};
    settings.notify.min_interval = Duration::zero();
    settings.notify.window_initial = 4096;
    return settings;
}

[[noreturn]] void fail(std::string_view what, std::string_view bytes) {
    std::cerr << what << ":\n" << bytes << "\n";
    std::exit(1);
}

}  // namespace

EngineRig::EngineRig(std::uint32_t aors, Around around)
    : publisher_{Transport::udp, 0, loopback(5070)},
      watcher_{Transport::udp, 0, loopback(5071)},
      around_(std::move(around)),
      engine_(settings(), 1),
      now_(Duration{1'000'000'000}),
      publications_(aors) {
    if (!around_) around_ = [](const std::function<void()>& inside) { inside(); };
}

void EngineRig::publish_all() {
    for (std::uint32_t aor = 0; aor < publications_.size(); ++aor) publish(aor);
}

void EngineRig::refresh_all() {
    for (std::uint32_t aor = 0; aor < publications_.size(); ++aor) publish(aor, false);
}

void EngineRig::publish(std::uint32_t aor, bool with_body) {
    Publication& publication = publications_[aor];
    if (with_body) ++publication.state;
    text_.clear();
    write_publish(
        text_,
        scene_,
        {
            .aor = aor,
            .cseq = ++publication.cseq,
            .state = publication.state,
            .etag = publication.etag,
            .with_body = with_body,
        }
    );
    receive(publisher_, text_);
}

void EngineRig::subscribe_all(std::uint32_t watchers_per_aor) {
    for (std::uint32_t i = 0; i < watchers_per_aor; ++i) {
        for (std::uint32_t aor = 0; aor < publications_.size(); ++aor) {
            text_.clear();
            write_subscribe(text_, scene_, {.watcher = watchers_++, .aor = aor});
            receive(watcher_, text_);
        }
    }
}

void EngineRig::pass(Duration time) {
    const TimePoint end = now_ + time;
    for (auto next = engine_.next_deadline(); next && *next <= end;
         next = engine_.next_deadline()) {
        now_ = std::max(now_, *next);
        around_([&] {
            engine_.handle_timeout(now_, outbox_);
            engine_.end_turn(now_, outbox_);
        });
        perform();
    }
    now_ = end;
}

void EngineRig::receive(const Flow& flow, std::string_view bytes) {
    now_ += Duration{50};
    around_([&] {
        engine_.handle_message(now_, flow, bytes, outbox_);
        engine_.end_turn(now_, outbox_);
    });
    perform();
    // A fan-out of many takes several turns.
    for (auto next = engine_.next_deadline(); next && *next <= now_;
         next = engine_.next_deadline()) {
        around_([&] {
            engine_.handle_timeout(now_, outbox_);
            engine_.end_turn(now_, outbox_);
        });
        perform();
    }
}

void EngineRig::perform() {
    while (!outbox_.empty()) {
        performing_.swap(outbox_);
        for (Effect& effect : performing_.effects()) {
            if (auto* send = std::get_if<Send>(&effect)) {
                sent(*send);
                engine_.spare_texts().give(std::move(send->head));
            }
            if (const auto* commit = std::get_if<Commit>(&effect)) {
                around_([&] {
                    engine_.handle_committed(now_, commit->id, true, outbox_);
                    engine_.end_turn(now_, outbox_);
                });
            }
            if (const auto* note = std::get_if<Note>(&effect)) fail(note->what, note->detail);
        }
        performing_.clear();
        for (const std::string& answer : std::exchange(answers_, {})) {
            around_([&] {
                engine_.handle_message(now_, watcher_, answer, outbox_);
                engine_.end_turn(now_, outbox_);
            });
        }
    }
}

void EngineRig::sent(const Send& send) {
    incoming_ = send.head;
    if (send.tail) incoming_ += *send.tail;
    const auto message = read_incoming(incoming_);
    if (!message) fail("malformed", incoming_);
    if (message->is_notify) {
        ++counts_.notifies;
        write_answer(answers_.emplace_back(), *message);
        return;
    }
    if (message->status != 200) fail("refused", incoming_);
    ++counts_.accepted;
    const auto publisher = number_of(message->call_id, 'p');
    if (publisher) publications_.at(*publisher).etag = message->etag;
}

}  // namespace reginfo::bench

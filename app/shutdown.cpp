#include "app/shutdown.hpp"

#include "transport/steady_time.hpp"

#include <string>

namespace reginfo {
namespace {

using Severity = Note::Severity;

/// How often it is looked whether somebody is left.
constexpr std::chrono::milliseconds kLook{20};

}  // namespace

void Shutdown::drain() {
    if (begun_) return;
    log_.write(Severity::info, "draining");
    begin();
}

void Shutdown::stop(std::string_view signal) {
    if (stopping_) {
        log_.write(Severity::warning, "stopping at once", {{"signal", std::string(signal)}});
        return finish();
    }
    log_.write(Severity::info, "stopping", {{"signal", std::string(signal)}});
    stopping_ = true;
    if (!begun_) {
        begin();
    } else if (draining_) {
        answers_until_.reset();
        look();
    }
}

void Shutdown::begin() {
    begun_ = true;
    if (options_.grace == Duration::zero()) return end_grace();
    look_in(options_.grace, &Shutdown::end_grace);
}

void Shutdown::end_grace() {
    draining_ = true;
    parts_.driver.run_turn([this](TimePoint now, Outbox&) { parts_.engine.handle_drain(now); });
    look();
}

void Shutdown::look() {
    if (!parts_.engine.is_drained() && !is_patience_over()) {
        return look_in(kLook, &Shutdown::look);
    }
    if (stopping_) return finish();
    log_.write(
        Severity::info,
        "drained",
        {{"ended", std::to_string(parts_.engine.stats().subscriptions_drained)},
         {"unanswered", std::to_string(parts_.engine.stats().notifies_in_flight)}}
    );
}

/// Only answers are left to wait for, and have been for too long.
bool Shutdown::is_patience_over() {
    const Stats& stats = parts_.engine.stats();
    if (stats.drain_phase < kOnlyAnswersLeft) return false;
    if (!answers_until_) answers_until_ = steady_now() + options_.answer_timeout;
    if (steady_now() < *answers_until_) return false;
    if (stopping_) {
        log_.write(
            Severity::warning,
            "stopping with work left",
            {{"notifies_in_flight", std::to_string(stats.notifies_in_flight)},
             {"notifies_queued", std::to_string(stats.notifies_queued)},
             {"commits_pending", std::to_string(stats.commits_pending)}}
        );
    }
    return true;
}

void Shutdown::look_in(Duration time, void (Shutdown::*then)()) {
    timer_.expires_after(time);
    timer_.async_wait([this, then](const boost::system::error_code& error) {
        if (!error) (this->*then)();
    });
}

void Shutdown::finish() {
    timer_.cancel();
    parts_.stop();
}

}  // namespace reginfo

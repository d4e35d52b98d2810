/// @file
/// The alarm of the reactor.
#pragma once

#include "transport/alarm.hpp"
#include "transport/steady_time.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <utility>

namespace reginfo {

class TimerAlarm final : public Alarm {
public:
    explicit TimerAlarm(boost::asio::io_context& io) : timer_(io) {}

    TimePoint now() const override { return steady_now(); }
    void on_ring(std::function<void()> ring) override { ring_ = std::move(ring); }

    void set(TimePoint at) override {
        if (stopped_) return;
        timer_.expires_at(to_steady(at));
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (!error && !stopped_) ring_();
        });
    }

    void stop() override {
        stopped_ = true;
        timer_.cancel();
    }

private:
    boost::asio::steady_timer timer_;
    std::function<void()> ring_;
    bool stopped_ = false;
};

}  // namespace reginfo

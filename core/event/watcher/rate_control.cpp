/// @file

#include "core/event/watcher/rate_control.hpp"

#include "core/base/ascii.hpp"
#include "core/base/numbers.hpp"
#include "core/sip/grammar.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/param_reader.hpp"
#include "core/sip/writer.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <numeric>

namespace reginfo {
namespace {

constexpr Rate kPerSecond = 10'000'000'000;
constexpr int kDecimals = 10;

/// `1*2DIGIT [ "." 1*10DIGIT ]`, not zero (§9.2, §4.1).
std::optional<Rate> parse_rate(std::string_view text) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, dot);
    const auto seconds = parse_number(whole, 99);
    if (!seconds || whole.size() > 2) return std::nullopt;
    Rate rate = *seconds * kPerSecond;
    if (dot < text.size()) {
        const std::string_view decimals = text.substr(dot + 1);
        const auto fraction = parse_number(decimals, kPerSecond - 1);
        if (!fraction || decimals.size() > kDecimals) return std::nullopt;
        Rate part = *fraction;
        for (std::size_t i = decimals.size(); i < kDecimals; ++i) part *= 10;
        rate += part;
    }
    return rate == 0 ? std::nullopt : std::optional(rate);
}

void append_rate(std::string& out, std::string_view name, Rate rate) {
    if (rate == 0) return;
    out.append(";").append(name).append("=");
    sip::append_number(out, rate / kPerSecond);
    Rate fraction = rate % kPerSecond;
    if (fraction == 0) return;
    out.push_back('.');
    for (Rate digit = kPerSecond / 10; fraction != 0; digit /= 10) {
        out.push_back(static_cast<char>('0' + fraction / digit));
        fraction %= digit;
    }
}

/// Longer than any subscription.
constexpr Duration kForever = std::chrono::hours{24 * 366 * 100};

}  // namespace

Duration interval_of(Rate rate) {
    assert(rate != 0);
    constexpr Rate kUnit = kPerSecond * static_cast<Rate>(Duration::period::den);
    return Duration{static_cast<Duration::rep>((kUnit + rate - 1) / rate)};
}

Rate rate_of(Duration interval) {
    assert(interval > Duration::zero());
    constexpr Rate kUnit = kPerSecond * static_cast<Rate>(Duration::period::den);
    const Rate ticks = static_cast<Rate>(interval.count());
    return (kUnit + ticks - 1) / ticks;
}

Rates rates_of(std::string_view event_params) {
    struct Kind {
        std::string_view name;
        Rate Rates::* rate;
        int seen = 0;
    };
    std::array<Kind, 3> kinds{{
        {"max-rate", &Rates::max},
        {"min-rate", &Rates::min},
        {"adaptive-min-rate", &Rates::adaptive_min},
    }};
    Rates rates;
    if (event_params.empty()) return rates;
    sip::ParamReader params(event_params);
    while (const auto param = params.next()) {
        for (Kind& kind : kinds) {
            if (!equal_ignoring_case(param->name, kind.name)) continue;
            rates.*kind.rate = ++kind.seen == 1 ? parse_rate(param->value).value_or(0) : 0;
        }
    }
    return rates;
}

Rates granted(Rates wanted, const RateLimits& limits) {
    if (wanted.max != 0) {
        // §4.3: high enough for a notification before the subscription expires.
        Duration longest = limits.max_rate_interval;
        if (limits.expires.count() > 0) longest = std::min<Duration>(longest, limits.expires);
        wanted.max = std::max(wanted.max, rate_of(longest));
    }
    for (Rate Rates::* rate : {&Rates::min, &Rates::adaptive_min}) {
        if (wanted.*rate == 0) continue;
        wanted.*rate = std::min(wanted.*rate, rate_of(limits.min_rate_interval));
        if (wanted.max != 0) wanted.*rate = std::min(wanted.*rate, wanted.max);  // §7
    }
    // §7: besides adaptive-min-rate, a min-rate has an effect only if it is lower.
    if (wanted.adaptive_min != 0 && wanted.min >= wanted.adaptive_min) wanted.min = 0;
    return wanted;
}

void append_rates(std::string& out, const Rates& rates) {
    append_rate(out, "max-rate", rates.max);
    append_rate(out, "min-rate", rates.min);
    append_rate(out, "adaptive-min-rate", rates.adaptive_min);
}

RateControl::RateControl(const Rates& rates, TimePoint last_sent)
    : rates_(rates), last_sent_(last_sent), slot_began_(last_sent) {
    // §6.2: starts as if the requested number had been sent in the period before.
    counts_.fill(1);
}

TimePoint RateControl::earliest() const {
    return rates_.max == 0 ? last_sent_ : last_sent_ + interval_of(rates_.max);
}

/// timeout = count / (adaptive-min-rate^2 * period) (§6.4), with period = 8 / adaptive-min-rate.
Duration RateControl::adaptive_timeout() const {
    const auto sum = std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
    const std::int64_t count = std::max<std::int64_t>(sum, 1);
    const Duration interval = interval_of(rates_.adaptive_min);
    if (interval > kForever / count) return kForever;
    return interval * count / static_cast<std::int64_t>(kSlots);
}

std::optional<TimePoint> RateControl::wake_at() const {
    std::optional<Duration> wait;
    if (rates_.min != 0) wait = interval_of(rates_.min);
    if (rates_.adaptive_min != 0) {
        const Duration adaptive = adaptive_timeout();
        wait = wait ? std::min(*wait, adaptive) : adaptive;
    }
    if (!wait) return std::nullopt;
    return std::max(last_sent_ + *wait, earliest());
}

void RateControl::forget_old(TimePoint now) {
    const Duration eighth = interval_of(rates_.adaptive_min);
    const std::int64_t passed = (now - slot_began_) / eighth;
    if (passed <= 0) return;
    slot_began_ += eighth * passed;
    for (std::int64_t i = 0; i < std::min<std::int64_t>(passed, kSlots); ++i) {
        slot_ = (slot_ + 1) % kSlots;
        counts_[slot_] = 0;
    }
}

void RateControl::sent(TimePoint now) {
    last_sent_ = now;
    if (rates_.adaptive_min == 0) return;
    forget_old(now);
    ++counts_[slot_];
}

}  // namespace reginfo

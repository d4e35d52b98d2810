/// @file
/// Stamps go by the time since the machine was started; the wall clock counts from one start to the
/// next only, as far as it is plausible.

#include "core/storage/stamp_clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace reginfo {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kYear = 365 * kDay;
constexpr std::int64_t kToday = 56 * kYear;

/// A machine with its clocks, and a server on it that is restarted now and then.
class StampClockTest : public ::testing::Test {
protected:
    void SetUp() override { start(); }

    void start() { odd = clock.start(kept, now, boot_id); }

    /// The time goes on, with a stamp each second or so.
    void pass(std::int64_t time) {
        const std::int64_t step = time > kHour ? time : kSecond;
        for (; time > 0; time -= step) {
            now.wall += step;
            now.boot += step;
            clock.read(now);
        }
    }
    /// The same, without a server.
    void pass_stopped(std::int64_t time) {
        now.wall += time;
        now.boot += time;
    }
    void set_wall(std::int64_t by) {
        now.wall += by;
        clock.read(now);
    }
    void stop() {
        clock.read(now);
        kept = *StampClock::Kept::parse(clock.kept().text());
        clock = {};
    }
    void restart() {
        stop();
        start();
    }
    /// @param set  the amount by which the wall clock was set
    void reboot(std::int64_t down, std::int64_t set = 0) {
        stop();
        now.wall += down + set;
        now.boot = 20 * kSecond;
        boot_id += "x";
        start();
    }
    Stamp read() { return clock.read(now); }

    Clocks now{kToday, 3 * kDay};
    std::string boot_id = "boot";
    StampClock::Kept kept;
    StampClock clock;
    std::string odd;
};

TEST_F(StampClockTest, BeginsWithTheWallClock) { EXPECT_EQ(read(), kToday); }

TEST_F(StampClockTest, AWallClockThatIsWrongForAMomentMovesNoStamp) {
    for (const std::int64_t by : {kDay, -kDay, kYear, -kYear}) {
        SCOPED_TRACE(by);
        const Stamp before = read();
        set_wall(by);
        pass(2 * kSecond);
        EXPECT_EQ(read(), before + 2 * kSecond);
        set_wall(-by);
        pass(10 * kSecond);
        EXPECT_EQ(read(), before + 12 * kSecond);
        restart();
        EXPECT_EQ(read(), before + 12 * kSecond);
        EXPECT_EQ(odd, "");
    }
}

TEST_F(StampClockTest, AWallClockThatIsPutRightExpiresNothingAndKeepsNothingLonger) {
    for (const std::int64_t by : {kYear, -kYear, kHour, -kHour}) {
        SCOPED_TRACE(by);
        const Stamp before = read();
        set_wall(by);
        pass(kMinute);
        restart();
        pass(kMinute);
        EXPECT_EQ(read(), before + 2 * kMinute);
    }
}

TEST_F(StampClockTest, WhileTheServerIsDownItIsTheTimeSinceTheBootThatCounts) {
    for (const std::int64_t by : {kDay, -kDay}) {
        SCOPED_TRACE(by);
        const Stamp before = read();
        stop();
        pass_stopped(5 * kMinute);
        now.wall += by;
        start();
        EXPECT_EQ(read(), before + 5 * kMinute);
        EXPECT_THAT(odd, HasSubstr(by > 0 ? "set 24 hours forward" : "set 24 hours back"));
    }
}

TEST_F(StampClockTest, AcrossARebootTheWallClockCounts) {
    const Stamp before = read();
    reboot(kHour);

    EXPECT_EQ(read(), before + kHour);
    EXPECT_EQ(odd, "");
}

TEST_F(StampClockTest, AcrossARebootAClockThatWasWrongFromTheStartAndPutRightCountsAsItIsNow) {
    for (const std::int64_t by : {kYear, -kYear}) {
        for (const std::int64_t since : {kMinute, kDay}) {
            SCOPED_TRACE(std::to_string(by) + " for " + std::to_string(since));
            set_wall(by);
            pass(since);
            const Stamp before = read();
            reboot(kHour);
            EXPECT_EQ(read(), before + kHour);
        }
    }
}

TEST_F(StampClockTest, AcrossARebootAClockThatWasWrongAtTheLastMomentDoesNotCount) {
    pass(kDay);
    for (const std::int64_t by : {kDay, -kDay, kYear}) {
        SCOPED_TRACE(by);
        const Stamp before = read();
        set_wall(by);
        pass(2 * kSecond);
        reboot(kHour, -by);  // right again when the machine comes back
        EXPECT_EQ(read(), before + 2 * kSecond + kHour);
        EXPECT_NE(odd, "");
        pass(kDay);
    }
}

TEST_F(StampClockTest, AcrossARebootIntoThePastNothingCounts) {
    pass(kDay);
    const Stamp before = read();
    reboot(-kYear);  // a machine without a battery

    EXPECT_EQ(read(), before);
    EXPECT_THAT(odd, HasSubstr("behind the last change"));
    pass(kMinute);
    set_wall(kYear + kHour);
    EXPECT_EQ(read(), before + kMinute);
    pass(kMinute);
    const Stamp then = read();
    reboot(kHour);
    EXPECT_EQ(read(), then + kHour);
}

TEST_F(StampClockTest, OnAnotherMachineTheWallClockCounts) {
    const Stamp before = read();
    stop();
    now = {now.wall + kMinute, 40 * kDay};  // up for longer than the first one
    boot_id = "another";
    start();

    EXPECT_EQ(read(), before + kMinute);
}

TEST_F(StampClockTest, AFileOfAnEarlierVersionGoesOnFromItsLatestStamp) {
    kept = StampClock::Kept::of_stamp(kToday - kHour);
    start();
    EXPECT_EQ(read(), kToday);

    kept = StampClock::Kept::of_stamp(kToday + kHour);
    start();
    EXPECT_EQ(read(), kToday + kHour);
}

TEST_F(StampClockTest, ReportsOnceByHowMuchTheWallClockWasSet) {
    pass(kMinute);
    EXPECT_EQ(clock.take_step(), std::nullopt);
    set_wall(kDay);
    pass(kMinute);

    EXPECT_THAT(clock.take_step(), Optional(kDay));
    EXPECT_EQ(clock.take_step(), std::nullopt);
    set_wall(-kDay);
    EXPECT_THAT(clock.take_step(), Optional(-kDay));
}

TEST_F(StampClockTest, DriftIsNoStep) {
    for (int i = 0; i < 1000; ++i) {
        pass(kMinute);
        now.wall += 100;
    }
    read();

    EXPECT_EQ(clock.take_step(), std::nullopt);
}

TEST_F(StampClockTest, ABootClockThatGoesBackIsAnotherBoot) {
    const Stamp before = read();
    stop();
    now.boot = kSecond;  // a container with a clock of its own
    now.wall += kMinute;
    start();

    EXPECT_EQ(read(), before + kMinute);
}

TEST_F(StampClockTest, WhatIsKeptIsReadAgainAndNothingThatIsDamaged) {
    const StampClock::Kept one{kToday, 3, -4, 5, "boot"};
    const std::string text = one.text();
    EXPECT_EQ(StampClock::Kept::parse(text)->text(), text);
    EXPECT_EQ(
        StampClock::Kept::of_stamp(7).text(),
        StampClock::Kept::parse(StampClock::Kept::of_stamp(7).text())->text()
    );

    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string damaged = text;
        damaged[i] = damaged[i] == '1' ? '2' : '1';
        EXPECT_FALSE(StampClock::Kept::parse(damaged)) << i;
        EXPECT_FALSE(StampClock::Kept::parse(text.substr(0, i))) << i;
    }
}

TEST(SpanText, IsForPeople) {
    EXPECT_EQ(span_text(1400), "1 seconds");
    EXPECT_EQ(span_text(-90 * kSecond), "90 seconds");
    EXPECT_EQ(span_text(kHour), "60 minutes");
    EXPECT_EQ(span_text(-3 * kDay), "3 days");
}

}  // namespace
}  // namespace reginfo

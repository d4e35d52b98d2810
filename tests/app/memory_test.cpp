/// @file
/// How much memory there is for the process, and how much of it is taken.

#include "app/memory_limit.hpp"
#include "app/memory_meter.hpp"
#include "app/memory_watch.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace reginfo {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = 1U << 20U;

/// A file system with the files of the kernel.
class AvailableMemory : public ::testing::Test {
protected:
    AvailableMemory() {
        std::filesystem::remove_all(root_);
        write("proc/meminfo", "MemTotal:        8388608 kB\nMemFree:   1 kB\n");
    }

    void write(const std::string& path, const std::string& text) {
        std::filesystem::create_directories((root_ / path).parent_path());
        std::ofstream(root_ / path) << text;
    }

    std::uint64_t mebibytes() const { return available_memory(root_) / kMiB; }

private:
    std::filesystem::path root_ = ::testing::TempDir() +
                                  ::testing::UnitTest::GetInstance()->current_test_info()->name() +
                                  ".root";
};

TEST_F(AvailableMemory, WithoutAnyGroupItIsTheMachines) { EXPECT_EQ(mebibytes(), 8'192U); }

TEST_F(AvailableMemory, AGroupsLimitCounts) {
    write("proc/self/cgroup", "0::/kubepods/pod1/x\n");
    write("sys/fs/cgroup/kubepods/pod1/x/memory.max", "536870912\n");
    EXPECT_EQ(mebibytes(), 512U);
}

TEST_F(AvailableMemory, TheLeastOfTheGroupsAroundItCounts) {
    write("proc/self/cgroup", "0::/kubepods/pod1/x\n");
    write("sys/fs/cgroup/kubepods/pod1/x/memory.max", "max\n");
    write("sys/fs/cgroup/kubepods/pod1/memory.max", "268435456\n");
    write("sys/fs/cgroup/kubepods/memory.max", "536870912\n");
    EXPECT_EQ(mebibytes(), 256U);
}

TEST_F(AvailableMemory, AContainerThatSeesItsOwnGroupAloneIsBoundedByIt) {
    write("proc/self/cgroup", "0::/docker/0123456789abcdef\n");
    write("sys/fs/cgroup/memory.max", "134217728\n");
    EXPECT_EQ(mebibytes(), 128U);
}

TEST_F(AvailableMemory, TheFirstVersionOfGroupsIsReadAsWell) {
    write("proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/a/b\n0::/a\n");
    write("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
    write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "67108864\n");
    EXPECT_EQ(mebibytes(), 64U);
}

TEST_F(AvailableMemory, ALimitAboveTheMachineIsNone) {
    write("proc/self/cgroup", "0::/\n");
    write("sys/fs/cgroup/memory.max", "1099511627776\n");
    EXPECT_EQ(mebibytes(), 8'192U);
}

TEST(FitMemory, AutoIsThreeQuartersAndAnythingElseStays) {
    Config config;
    fit_memory(config);
    EXPECT_GT(config.settings.limits.memory_bytes, kMiB);
    EXPECT_LE(config.settings.limits.memory_bytes, available_memory() / 4 * 3);

    for (const std::uint64_t bytes : {std::uint64_t{0}, 100 * kMiB}) {
        config.settings.limits.memory_bytes = bytes;
        fit_memory(config);
        EXPECT_EQ(config.settings.limits.memory_bytes, bytes);
    }
}

class MemoryWatchTest : public ::testing::Test {
protected:
    static Settings settings() {
        Settings settings;
        settings.limits.memory_bytes = 64 * kMiB;
        return settings;
    }

    /// Whether the process was looked at.
    bool looks_after(Duration time, std::uint64_t growth) {
        now_ += time;
        queued_ += growth;
        engine_.set_uncounted_memory(0);
        watch_.turn_ended(now_);
        return engine_.inspection().memory().uncounted != 0;
    }

    Engine engine_{settings(), 1};
    std::uint64_t queued_ = kMiB;
    MemoryWatch watch_{{[this]() -> Engine& { return engine_; }, [this] { return queued_; }}};
    TimePoint now_{std::chrono::hours{1}};
};

TEST_F(MemoryWatchTest, LooksOnceASecond) {
    EXPECT_TRUE(looks_after(0ms, 0));
    EXPECT_FALSE(looks_after(999ms, 0));
    EXPECT_TRUE(looks_after(1ms, 0));
}

TEST_F(MemoryWatchTest, LooksSoonerWhenASixtyFourthOfTheLimitHasCome) {
    EXPECT_TRUE(looks_after(0ms, 0));
    EXPECT_FALSE(looks_after(1ms, kMiB));
    EXPECT_TRUE(looks_after(1ms, 1));
    EXPECT_FALSE(looks_after(1ms, kMiB));
}

TEST(MemoryMeter, WhatIsResidentAndNotCountedIsTheRest) {
    MemoryMeter meter;
    EXPECT_EQ(meter.uncounted(100, 130), 30U);
    EXPECT_EQ(meter.uncounted(200, 250), 50U);
}

TEST(MemoryMeter, WhatWasCountedAndFreedIsFreeForTheNext) {
    MemoryMeter meter;
    meter.uncounted(200, 250);

    EXPECT_EQ(meter.uncounted(20, 250), 50U) << "the pages stay, and are not taken";
    EXPECT_EQ(meter.uncounted(150, 250), 50U);
    EXPECT_EQ(meter.uncounted(300, 350), 50U);
}

TEST(MemoryMeter, WhatComesOnTopWhileRecordsAreFewIsSeen) {
    MemoryMeter meter;
    meter.uncounted(200, 250);

    EXPECT_EQ(meter.uncounted(20, 400), 200U);
}

TEST(MemoryMeter, PagesThatGoBackMakeNoDifferenceToWhatIsTaken) {
    MemoryMeter meter;
    meter.uncounted(1'000, 1'200);
    meter.uncounted(100, 1'200);

    EXPECT_EQ(meter.uncounted(100, 300), 200U);
    EXPECT_EQ(meter.uncounted(200, 400), 200U);
}

TEST(MemoryMeter, PagesThatOthersGiveBackAreNotTakenAnyMore) {
    MemoryMeter meter;
    meter.uncounted(100, 1'000);

    EXPECT_EQ(meter.uncounted(100, 130), 30U);
}

}  // namespace
}  // namespace reginfo

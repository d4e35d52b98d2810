/// @file
/// A log without a reader, with a slow one, or with one that comes back.

#include "app/log_writer.hpp"

#include "app/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>

namespace reginfo {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Severity = Note::Severity;

constexpr int kPipeBytes = 4'096;

/// A pipe that is full after a page.
class Pipe {
public:
    Pipe() {
        int ends[2] = {-1, -1};
        EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
        reading_ = ends[0];
        writing_ = ends[1];
        ::fcntl(writing_, F_SETPIPE_SZ, kPipeBytes);
    }
    ~Pipe() {
        close_reader();
        ::close(writing_);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    int writing() const { return writing_; }

    /// Reads until the output contains that text.
    std::string read_until(std::string_view text) {
        while (read_.find(text) == std::string::npos) {
            std::array<char, 4'096> bytes{};
            const ::ssize_t size = ::read(reading_, bytes.data(), bytes.size());
            if (size <= 0) return read_ + " (the end)";
            read_.append(bytes.data(), static_cast<std::size_t>(size));
        }
        return read_;
    }

    void close_reader() {
        if (reading_ >= 0) ::close(reading_);
        reading_ = -1;
    }

private:
    int reading_ = -1;
    int writing_ = -1;
    std::string read_;
};

std::string lost_line(std::uint64_t lines) { return "lost " + std::to_string(lines) + "\n"; }

/// The sum of the numbers behind "lost ".
std::uint64_t lost_in(std::string_view text) {
    std::uint64_t sum = 0;
    for (std::size_t at = 0; (at = text.find("lost ", at)) != std::string_view::npos; ++at) {
        sum += std::stoull(std::string(text.substr(at + 5, 12)));
    }
    return sum;
}

TEST(LogWriter, LinesComeOutInOrder) {
    Pipe pipe;
    LogWriter writer(pipe.writing());

    for (int i = 0; i < 100; ++i) writer.write(std::to_string(i) + "\n");

    EXPECT_THAT(pipe.read_until("\n99\n"), StartsWith("0\n1\n2\n"));
    EXPECT_EQ(writer.lost(), 0U);
}

TEST(LogWriter, AFullPipeHoldsNobodyUpAndTheOldestLinesAreLost) {
    Pipe pipe;
    LogWriter writer(pipe.writing(), lost_line, 10'000);
    const std::string filler(100, 'x');
    const auto begin = std::chrono::steady_clock::now();

    for (int i = 0; i < 10'000; ++i) writer.write(std::to_string(i) + " " + filler + "\n");

    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    EXPECT_FALSE(writer.flush(10ms)) << "nobody reads";
    const std::uint64_t lost = writer.lost();
    EXPECT_GT(lost, 9'000U);

    const std::string text = pipe.read_until("9999 " + filler + "\n");
    EXPECT_THAT(text, HasSubstr("9998 " + filler + "\n9999 "));
    EXPECT_EQ(lost_in(text), lost) << "each gap is told where it is";
    EXPECT_TRUE(writer.flush(10s));
}

TEST(LogWriter, ALossIsReportedOnce) {
    Pipe pipe;
    LogWriter writer(pipe.writing(), lost_line, 1'000);
    for (int i = 0; i < 1'000; ++i) writer.write(std::string(50, 'x') + "\n");
    writer.write("before\n");
    pipe.read_until("before\n");
    ASSERT_TRUE(writer.flush(10s));
    const std::uint64_t lost = writer.lost();

    writer.write("after\n");

    EXPECT_EQ(lost_in(pipe.read_until("after\n")), lost);
}

TEST(LogWriter, ItsEndWaitsForWhatIsReadInTime) {
    Pipe pipe;
    {
        LogWriter writer(pipe.writing());
        writer.write("the last line\n");
    }

    EXPECT_EQ(pipe.read_until("\n"), "the last line\n");
}

TEST(LogWriter, ItsEndDoesNotWaitForeverForAFullPipe) {
    Pipe pipe;
    const auto begin = std::chrono::steady_clock::now();
    {
        LogWriter writer(pipe.writing());
        for (int i = 0; i < 100; ++i) writer.write(std::string(200, 'x') + "\n");
    }

    EXPECT_LT(std::chrono::steady_clock::now() - begin, LogWriter::kPatience + 5s);
    pipe.close_reader();  // the thread that was left behind ends
}

TEST(LogWriter, WithoutAReaderLinesAreCountedAsLost) {
    Pipe pipe;
    pipe.close_reader();
    LogWriter writer(pipe.writing());
    ::signal(SIGPIPE, SIG_IGN);

    writer.write("a\n");
    writer.write("b\n");

    EXPECT_TRUE(writer.flush(10s));
    EXPECT_EQ(writer.lost(), 2U);
}

TEST(LogWriter, ADescriptorThatSomebodyHasMadeNonBlockingIsWaitedFor) {
    Pipe pipe;
    ::fcntl(pipe.writing(), F_SETFL, O_NONBLOCK);
    LogWriter writer(pipe.writing());
    const std::string large(3 * kPipeBytes, 'x');

    writer.write(large + "\n");

    EXPECT_EQ(pipe.read_until("\n"), large + "\n");
    EXPECT_EQ(writer.lost(), 0U);
}

TEST(LogToDescriptor, ALineIsWrittenAsToAnySink) {
    Pipe pipe;
    Log log(LogLevel::info, LogFormat::text, pipe.writing());

    log.write(Severity::info, "ready", {{"n", "1"}});

    EXPECT_THAT(pipe.read_until("\n"), EndsWith(" info ready n=1\n"));
    EXPECT_EQ(log.lines_lost(), 0U);
}

TEST(LogToDescriptor, WhatIsMissingIsALineOfTheSameForm) {
    Pipe pipe;
    Log log(LogLevel::info, LogFormat::json, pipe.writing());
    const std::string filler(1'000, 'x');
    for (int i = 0; i < 2'000; ++i) log.write(Severity::info, "flood", {{"x", filler}});
    log.write(Severity::info, "last");

    const std::string text = pipe.read_until("\"last\"");

    EXPECT_GT(log.lines_lost(), 0U);
    const std::size_t at = text.find("\"log lines lost\"");
    ASSERT_NE(at, std::string::npos);
    const std::size_t begin = text.rfind('\n', at) + 1;
    const auto line = nlohmann::json::parse(text.substr(begin, text.find('\n', at) - begin));
    EXPECT_EQ(line["level"], "warning");
    EXPECT_GT(std::stoull(line["lines"].get<std::string>()), 0U);
}

}  // namespace
}  // namespace reginfo

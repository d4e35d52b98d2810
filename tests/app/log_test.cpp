/// @file
/// Lines of the log, and how many of them there are.

#include "app/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <sstream>
#include <string>

namespace reginfo {
namespace {

using namespace std::chrono_literals;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using Severity = Note::Severity;

constexpr RateLimiter::Clock::time_point kStart{};

struct Written {
    explicit Written(LogLevel level = LogLevel::info, LogFormat format = LogFormat::text)
        : log(level, format, std::make_shared<spdlog::sinks::ostream_sink_st>(stream)) {}

    std::string text() const { return stream.str(); }
    auto lines() const {
        const std::string all = text();
        return std::count(all.begin(), all.end(), '\n');
    }

    std::ostringstream stream;
    Log log;
};

TEST(Log, ALineHasTimeLevelEventAndFields) {
    Written written;

    written.log.write(Severity::info, "ready", {{"listen", "udp:127.0.0.1:5060"}, {"n", ""}});

    EXPECT_THAT(
        written.text(),
        MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z info ready "
                     "listen=udp:127\\.0\\.0\\.1:5060 n=\"\"\n")
    );
}

TEST(Log, LinesBelowTheLevelAreNotWritten) {
    Written written(LogLevel::warning);

    written.log.write(Severity::info, "a");
    written.log.write(Severity::warning, "b");
    written.log.write(Severity::error, "c");

    EXPECT_THAT(written.text(), AllOf(HasSubstr(" warning b\n"), HasSubstr(" error c\n")));
    EXPECT_EQ(written.lines(), 2);
}

TEST(Log, ANoteHasItsFlowAndItsDetail) {
    Written written;
    const Flow flow{Transport::tcp, 0, {*IpAddress::parse("192.0.2.1"), 5070}, 0, 17};

    written.log.note(kStart, {Severity::warning, "publish refused", "over the limit", flow});

    EXPECT_THAT(
        written.text(),
        EndsWith(" warning publish refused flow=tcp:192.0.2.1:5070#17 detail=\"over the limit\"\n")
    );
}

TEST(Log, APeersTextCannotBreakALine) {
    Written written;

    written.log.note(
        kStart, {Severity::info, "x", "a\r\n2026 info ready\x1b[2J \"q\" \\ \xc3\xbc\x7f", {}}
    );

    EXPECT_THAT(
        written.text(),
        EndsWith(
            " info x detail=\"a\\x0d\\x0a2026 info ready\\x1b[2J \\\"q\\\" \\\\ \\xc3\\xbc\\x7f\"\n"
        )
    );
    EXPECT_EQ(written.lines(), 1);
}

TEST(Log, ALongTextIsCut) {
    Written written;

    written.log.note(kStart, {Severity::info, "x", std::string(100'000, 'a'), {}});

    EXPECT_LT(written.text().size(), 1'200U);
    EXPECT_THAT(written.text(), HasSubstr("aaa... (98976 bytes more)"));
}

TEST(Log, AJsonLineIsOneObject) {
    Written written(LogLevel::info, LogFormat::json);

    written.log.note(kStart, {Severity::error, "x y", "a\n\"\xff\xc3\xbc%v", {}});

    const auto line = nlohmann::json::parse(written.text());
    EXPECT_THAT(line["time"].get<std::string>(), ContainsRegex("T.*Z$"));
    EXPECT_EQ(line["level"], "error");
    EXPECT_EQ(line["event"], "x y");
    EXPECT_EQ(line["detail"], "a\n\"\xef\xbf\xbd\xc3\xbc%v");
    EXPECT_EQ(written.lines(), 1);
}

TEST(Log, ManyNotesOfOneKindAreCountedInsteadOfWritten) {
    Written written;
    for (int i = 0; i < 100; ++i) written.log.note(kStart, {Severity::info, "flood", "", {}});
    written.log.note(kStart, {Severity::info, "other", "", {}});
    ASSERT_EQ(written.lines(), 6);
    ASSERT_TRUE(written.log.has_suppressed());

    written.log.tell_suppressed(kStart + 1s);

    EXPECT_THAT(written.text(), EndsWith(" warning suppressed what=flood lines=95\n"));
    EXPECT_EQ(written.lines(), 7);
    EXPECT_FALSE(written.log.has_suppressed());
}

TEST(Log, ANoteThatWasAskedForIsNeverSuppressed) {
    Written written;
    Note note{Severity::info, "trace", "", {}};
    note.limited = false;

    for (int i = 0; i < 100; ++i) written.log.note(kStart, note);

    EXPECT_EQ(written.lines(), 100);
    EXPECT_FALSE(written.log.has_suppressed());
}

TEST(Log, TheLevelCanChange) {
    Written written;
    written.log.set_level(LogLevel::warning);
    written.log.write(Severity::info, "quiet");
    written.log.set_level(LogLevel::debug);
    written.log.write(Severity::debug, "loud");

    EXPECT_EQ(written.lines(), 1);
}

TEST(Log, ALineOfOurOwnIsNeverSuppressed) {
    Written written;

    for (int i = 0; i < 100; ++i) written.log.write(Severity::info, "listening");

    EXPECT_EQ(written.lines(), 100);
}

TEST(RateLimiter, EachKindMayPassSoOftenInItsSecond) {
    RateLimiter limiter(2);

    EXPECT_TRUE(limiter.admit(kStart, "a"));
    EXPECT_TRUE(limiter.admit(kStart + 500ms, "a"));
    EXPECT_FALSE(limiter.admit(kStart + 999ms, "a"));
    EXPECT_TRUE(limiter.admit(kStart + 999ms, "b"));
    EXPECT_TRUE(limiter.admit(kStart + 1000ms, "a"));
}

TEST(RateLimiter, SuppressedLinesAreReportedOnceTheSecondIsOver) {
    RateLimiter limiter(1);
    limiter.admit(kStart, "a");
    limiter.admit(kStart, "a");
    limiter.admit(kStart, "a");

    EXPECT_THAT(limiter.take_suppressed(kStart + 999ms), IsEmpty());
    EXPECT_THAT(limiter.take_suppressed(kStart + 1s), ElementsAre(RateLimiter::Suppressed{"a", 2}));
    EXPECT_THAT(limiter.take_suppressed(kStart + 2s), IsEmpty());
}

}  // namespace
}  // namespace reginfo

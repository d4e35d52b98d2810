/// @file
/// What the flags ask for.

#include "app/command_line.hpp"

#include "app/config_key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reginfo {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using Action = CommandLine::Action;

TEST(CommandLine, WithoutFlagsItServes) {
    const CommandLine line = parse_command_line({});

    EXPECT_EQ(line.action, Action::serve);
    EXPECT_FALSE(line.config_file);
    EXPECT_TRUE(line.flags.empty());
}

TEST(CommandLine, AFlagGivesItsTextToItsKey) {
    const CommandLine line = parse_command_line(
        {"--log-level",
         "debug",
         "--http=off",
         "--listen",
         "udp:127.0.0.1:1",
         "--config",
         "a.toml",
         "--listen",
         "tcp:0.0.0.0:2,advertise=a:2",
         "--storage",
         "memory",
         "--state-dir",
         "/s"}
    );

    EXPECT_EQ(line.config_file, "a.toml");
    EXPECT_THAT(
        line.flags,
        ElementsAre(
            Pair("http.listen", ElementsAre("off")),
            Pair("log.level", ElementsAre("debug")),
            Pair("sip.listen", ElementsAre("udp:127.0.0.1:1", "tcp:0.0.0.0:2,advertise=a:2")),
            Pair("storage.kind", ElementsAre("memory")),
            Pair("storage.state_dir", ElementsAre("/s"))
        )
    );
}

TEST(CommandLine, ThereAreOtherThingsToDoThanServe) {
    EXPECT_EQ(parse_command_line({"--check-config"}).action, Action::check_config);
    EXPECT_EQ(parse_command_line({"--version"}).action, Action::version);
    EXPECT_EQ(parse_command_line({"--help"}).action, Action::help);
}

TEST(CommandLine, WhatCannotBeDoneAtOnceIsNamed) {
    try {
        parse_command_line({"state", "load", "--check-config"});
        ADD_FAILURE() << "no error";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("--check-config and state cannot be done at once"));
    }
}

TEST(CommandLine, AnImportHasADomain) {
    const CommandLine line = parse_command_line({"state", "import", "--domain", "a.example", "f"});

    EXPECT_EQ(line.action, Action::state);
    EXPECT_EQ(line.state.domain, "a.example");
    EXPECT_EQ(line.state.file, "f");
}

TEST(CommandLine, HelpNamesEveryFlag) {
    const std::string help = parse_command_line({"--help"}).help;

    EXPECT_THAT(help, HasSubstr("--config"));
    for (const Key& key : all_keys()) EXPECT_THAT(help, HasSubstr(std::string(key.flag)));
}

TEST(CommandLine, WhatIsNotUnderstoodIsAnErrorOfOneLine) {
    const std::vector<std::vector<std::string>> cases = {
        {"--no-such-flag"},
        {"stray"},
        {"--listen"},
        {"--log-level", "info", "--log-level", "info"},
        {"--config", "a", "b"},
        {"--check-config", "--check-health"},
        {"--version", "--check-config"},
        {"state", "load", "--check-config"},
        {"--check-health", "state", "check"},
        {"state", "import", "--domain", "a b"},
        {"state", "import", "--domain", ""},
    };
    for (const auto& arguments : cases) {
        SCOPED_TRACE(arguments.front());
        try {
            parse_command_line(arguments);
            ADD_FAILURE() << "no error";
        } catch (const ConfigError& error) {
            EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
            EXPECT_THAT(error.what(), HasSubstr("command line: "));
        }
    }
}

TEST(CommandLine, OnlyVariablesOfOursAreRead) {
    const char* variables[] = {"PATH=/bin", "REGINFOD_LOG_LEVEL=a=b", "REGINFODX=1", nullptr};

    EXPECT_THAT(read_environment(variables), ElementsAre(Pair("REGINFOD_LOG_LEVEL", "a=b")));
}

}  // namespace
}  // namespace reginfo

/// @file
/// What the flags ask for.

#include "app/command_line.hpp"

#include "app/config_keys.hpp"
#include "app/help.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
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

/// Of `arguments` and --help.
std::string help_with(std::vector<std::string> arguments) {
    arguments.emplace_back("--help");
    return parse_command_line(arguments).help;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

TEST(CommandLine, HelpFitsATerminal) {
    const std::vector<std::vector<std::string>> asked = {
        {}, {"state"}, {"state", "check"}, {"state", "dump"}, {"state", "load"}, {"state", "import"}
    };
    for (const auto& arguments : asked) {
        for (const std::string& line : lines_of(help_with(arguments))) {
            EXPECT_LE(line.size(), 80U) << line;
            EXPECT_FALSE(line.ends_with(' ')) << line;
        }
    }
}

TEST(CommandLine, HelpShowsTheValuesOfAnOptionAndItsDefault) {
    const std::string help = help_with({});

    EXPECT_THAT(help, HasSubstr("  --listen udp:HOST:PORT, tcp:HOST:PORT\n"));
    EXPECT_THAT(help, HasSubstr(" udp:127.0.0.1:5060 and tcp:127.0.0.1:5060.\n"));
    EXPECT_THAT(help, HasSubstr("\n  --http HOST:PORT       The "));
    EXPECT_THAT(help, HasSubstr("127.0.0.1:8080. (http.listen)"));
    EXPECT_THAT(help, HasSubstr("~/.local/state/reginfod"));
    EXPECT_THAT(help, HasSubstr("\nExit status:\n  0  "));
    EXPECT_THAT(help, HasSubstr("\nExample:\n  reginfod --listen "));
    EXPECT_THAT(help, HasSubstr("reginfod(8)"));
}

TEST(CommandLine, HelpOfASubcommandShowsItsArguments) {
    EXPECT_THAT(help_with({"state"}), HasSubstr("Subcommands:\n  check "));
    for (const StateVerb& verb : state_verbs()) {
        const std::string help = help_with({"state", std::string(verb.name)});
        EXPECT_THAT(help, HasSubstr("Usage: reginfod state " + std::string(verb.name)));
        EXPECT_THAT(help, HasSubstr("\n  --state-dir DIR "));
        EXPECT_EQ(help.find("--domain") != std::string::npos, verb.name == "import");
        EXPECT_EQ(help.find("FILE]") != std::string::npos, verb.name != "check");
    }
    EXPECT_THAT(help_with({"state", "dump"}), HasSubstr("GET /api/v1/dump"));
}

TEST(CommandLine, AnErrorSuggestsTheNearestOption) {
    struct Case {
        std::vector<std::string> arguments;
        std::string error;
    };
    const std::vector<Case> cases = {
        {{"--lisen", "udp:127.0.0.1:1"},
         "unknown option \"--lisen\"; the nearest known one is --listen"},
        {{"--log-level=info", "--log-fromat=json"},
         "unknown option \"--log-fromat\"; the nearest known one is --log-format"},
        {{"-x"}, "unknown option \"-x\"; the nearest known one is --"},
        {{"state", "import", "--domian", "a.example"},
         "unknown option \"--domian\"; the nearest known one is --domain"},
        {{"state", "frob"},
         "state needs a subcommand, and \"frob\" is none; there are check, dump, load and import"},
        {{"state"}, "state needs a subcommand; there are check, dump, load and import"},
        {{"state", "--state-dir", "/s"},
         "state needs a subcommand; there are check, dump, load and import"},
        {{"stray"}, "\"stray\" was not expected; there are options, "},
        {{"state", "dump", "file", "more"}, "\"more\" was not expected"},
        {{"--listen"}, "--listen"},
    };
    for (const Case& c : cases) {
        try {
            parse_command_line(c.arguments);
            ADD_FAILURE() << c.error;
        } catch (const ConfigError& error) {
            EXPECT_THAT(error.what(), HasSubstr("command line: " + c.error));
        }
    }
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

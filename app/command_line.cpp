#include "app/command_line.hpp"

#include "app/config_key.hpp"
#include "core/sip/grammar.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <utility>

namespace reginfo {
namespace {

/// The key's meaning as one line.
std::string description_of(const Key& key) {
    std::string text(key.meaning);
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text + " (" + key.path() + ")";
}

void add_key(CLI::App& parser, const Key& key, FlagValues& flags) {
    CLI::Option* option = parser.add_option_function<std::vector<std::string>>(
        std::string(key.flag),
        [&flags, path = key.path()](const std::vector<std::string>& texts) { flags[path] = texts; },
        description_of(key)
    );
    option->type_size(1)->expected(1)->allow_extra_args(false);
    if (std::holds_alternative<ListField>(key.field)) {
        option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        option->type_name("TEXT, repeatable");
    } else {
        option->multi_option_policy(CLI::MultiOptionPolicy::Throw);
        option->type_name("TEXT");
    }
}

/// "reginfod state VERB ...".
void add_state(CLI::App& parser, CommandLine& line) {
    using Verb = CommandLine::State::Verb;
    CLI::App* state =
        parser.add_subcommand("state", "Work on the durable state of a server that is stopped");
    state->require_subcommand(1)->fallthrough();
    const auto add = [&](const char* name, const char* meaning, Verb verb) {
        CLI::App* command = state->add_subcommand(name, meaning);
        command->fallthrough();
        command->callback([&line, verb] {
            line.action = CommandLine::Action::state;
            line.state.verb = verb;
        });
        return command;
    };
    add("check", "Read every page and record, and say what is wrong", Verb::check);
    add("dump", "Write every record as a line of JSON", Verb::dump)
        ->add_option("FILE", line.state.file, "Default: standard output");
    add("load", "Read what dump wrote, into a file that holds nothing", Verb::load)
        ->add_option("FILE", line.state.file, "Default: standard input");
    CLI::App* import =
        add("import",
            "Read the JSON of Kamailio's ul.dump; its bindings give way to what is published",
            Verb::import);
    import->add_option("FILE", line.state.file, "Default: standard input");
    import->add_option("--domain", line.state.domain, "Of AORs that are only a user")
        ->check([](const std::string& text) {
            return sip::is_host(text) ? "" : "\"" + text + "\" is no host name or address";
});
}  // namespace

/// One of them would be done, and the others forgotten.
void refuse_conflict(const std::vector<std::pair<std::string, bool>>& asked) {
    std::string found;
    for (const auto& [name, is_asked] : asked) {
        if (!is_asked) continue;
        if (!found.empty()) {
            throw ConfigError(
                "command line: " + found + " and " + name +
                " cannot be done at once; ask for one after the other"
            );
        }
        found = name;
    }
}

}  // namespace reginfo

CommandLine parse_command_line(std::vector<std::string> arguments) {
    CommandLine line;
    CLI::App parser("SIP event server for the registration event package (RFC 3680).", "reginfod");
    bool check_config = false;
    bool check_health = false;
    bool version = false;
    std::string file;
    CLI::Option* config = parser.add_option("--config", file, "Configuration file (TOML)");
    config->type_name("FILE");
    parser.add_flag("--check-config", check_config, "Print the effective configuration and exit");
    parser.add_flag(
        "--check-health",
        check_health,
        "Ask the server that runs with this configuration whether it is alive, and exit"
    );
    parser.add_flag("--version", version, "Print the version and exit");
    for (const Key& key : all_keys()) {
        if (!key.flag.empty()) add_key(parser, key, line.flags);
    }

    add_state(parser, line);

    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    try {
        parser.parse(std::move(arguments));
    } catch (const CLI::CallForHelp&) {
        line.action = CommandLine::Action::help;
        line.help = parser.help();
        return line;
    } catch (const CLI::ParseError& error) {
        std::string what = error.what();
        std::replace(what.begin(), what.end(), '\n', ' ');
        throw ConfigError("command line: " + what);
    }
    refuse_conflict(
        {{"--version", version},
         {"--check-health", check_health},
         {"--check-config", check_config},
         {"state", line.action == CommandLine::Action::state}}
    );
    if (version) line.action = CommandLine::Action::version;
    if (check_health) line.action = CommandLine::Action::check_health;
    if (check_config) line.action = CommandLine::Action::check_config;
    if (config->count() > 0) line.config_file = file;
    return line;
}

Environment read_environment(const char* const* variables) {
    Environment environment;
    for (; *variables != nullptr; ++variables) {
        const std::string_view variable(*variables);
        const std::size_t equals = variable.find('=');
        if (equals == std::string_view::npos || !variable.starts_with("REGINFOD_")) continue;
        environment.emplace(variable.substr(0, equals), variable.substr(equals + 1));
    }
    return environment;
}

}  // namespace reginfo

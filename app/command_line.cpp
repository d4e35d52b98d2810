#include "app/command_line.hpp"

#include "app/config_keys.hpp"
#include "app/help.hpp"
#include "core/sip/grammar.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>
#include <utility>

namespace reginfo {
namespace {

void add_key(CLI::App& parser, const Key& key, FlagValues& flags) {
    CLI::Option* option = parser.add_option_function<std::vector<std::string>>(
        std::string(key.flag),
        [&flags, path = key.path()](const std::vector<std::string>& texts) { flags[path] = texts; }
    );
    option->type_size(1)->expected(1)->allow_extra_args(false);
    const bool is_list = std::holds_alternative<ListField>(key.field);
    option->multi_option_policy(
        is_list ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::Throw
    );
}

CommandLine::State::Verb verb_named(std::string_view name) {
    using Verb = CommandLine::State::Verb;
    if (name == "dump") return Verb::dump;
    if (name == "load") return Verb::load;
    if (name == "import") return Verb::import;
    return Verb::check;
}

/// "reginfod state VERB ...".
void add_state(CLI::App& parser, CommandLine& line) {
    CLI::App* state = parser.add_subcommand("state");
    state->require_subcommand(1)->fallthrough();
    for (const StateVerb& verb : state_verbs()) {
        CLI::App* command = state->add_subcommand(std::string(verb.name));
        command->fallthrough();
        command->callback([&line, name = verb.name] {
            line.action = CommandLine::Action::state;
            line.state.verb = verb_named(name);
        });
        if (!verb.file.empty()) command->add_option("FILE", line.state.file);
        if (verb.name != "import") continue;
        command->add_option("--domain", line.state.domain)->check([](const std::string& text) {
            return sip::is_host(text) ? "" : "\"" + text + "\" is no host name or address";
        });
    }
}

/// Its text in --help.
std::string help_of(const CLI::App& parser) {
    const auto first = parser.get_subcommands();
    if (first.empty()) return help_text();
    const auto second = first.front()->get_subcommands();
    if (second.empty()) return state_help_text();
    const auto verbs = state_verbs();
    const auto verb = std::find_if(verbs.begin(), verbs.end(), [&](const StateVerb& one) {
        return one.name == second.front()->get_name();
    });
    return verb == verbs.end() ? state_help_text() : state_help_text(*verb);
}

/// Every option of the program and its subcommands, by its long name.
std::vector<std::string> names_of_flags(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    for (const CLI::App* below : app.get_subcommands(nullptr)) {
        const std::vector<std::string> more = names_of_flags(*below);
        names.insert(names.end(), more.begin(), more.end());
    }
    return names;
}

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

/// What is wrong with the arguments, of which the parser found something.
std::string explain(
    const CLI::App& parser,
    const std::vector<std::string>& arguments,
    const CLI::ParseError& error
) {
    const std::vector<std::string> flags = names_of_flags(parser);
    for (const std::string& argument : arguments) {
        const std::string name = argument.substr(0, argument.find('='));
        const bool is_known = std::find(flags.begin(), flags.end(), name) != flags.end();
        if (name == "--") break;
        if (name.size() < 2 || name[0] != '-' || name == "-h" || is_known) continue;
        return "unknown option " + in_quotes(name) + "; the nearest known one is " +
               std::string(nearest(name, flags));
    }
    const std::vector<std::string> strays = parser.remaining(true);
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError)) {
        const std::string found =
            strays.empty() ? "" : ", and " + in_quotes(strays.front()) + " is none";
        return "state needs a subcommand" + found + "; there are check, dump, load and import";
    }
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) && !strays.empty()) {
        return in_quotes(strays.front()) +
               " was not expected; there are options, which begin with --, and the subcommand "
               "state";
    }
    std::string what = error.what();
    std::replace(what.begin(), what.end(), '\n', ' ');
    return what;
}

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

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
    CommandLine line;
    CLI::App parser("", "reginfod");
    bool check_config = false;
    bool check_health = false;
    bool version = false;
    std::string file;
    const CLI::Option* config = parser.add_option("--config", file);
    parser.add_flag("--check-config", check_config);
    parser.add_flag("--check-health", check_health);
    parser.add_flag("--version", version);
    for (const Key& key : all_keys()) {
        if (!key.flag.empty()) add_key(parser, key, line.flags);
    }

    add_state(parser, line);

    try {
        // CLI11 takes them from the back.
        parser.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::CallForHelp&) {
        line.action = CommandLine::Action::help;
        line.help = help_of(parser);
        return line;
    } catch (const CLI::ParseError& error) {
        throw ConfigError("command line: " + explain(parser, arguments, error));
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

#include "app/help.hpp"

#include "app/config.hpp"
#include "app/config_keys.hpp"

#include <algorithm>
#include <cstddef>

namespace reginfo {
namespace {

constexpr std::size_t kColumns = 79;
constexpr std::size_t kIndent = 25;  ///< of what an option means

constexpr StateVerb kVerbs[] = {
    {"check", "Reads every page and record, and reports any damage."},
    {"dump",
     "Writes every record as a line of JSON whose value is hexadecimal: a backup, not for reading. "
     "What a server knows can be read at GET /api/v1/dump.",
     "The file to write. Default: standard output."},
    {"load",
     "Reads what dump wrote, into a state that holds nothing: all of it, or nothing.",
     "What to read. Default: standard input."},
    {"import",
     "Reads the JSON of Kamailio's ul.dump. What is published overrides it; a second import "
     "replaces the first.",
     "What to read. Default: standard input."},
};

/// An option that is also a key of the configuration.
struct FlagHelp {
    std::string_view flag;
    std::string_view value;
    std::string_view meaning;
};

constexpr FlagHelp kFlags[] = {
    {"--listen",
     "udp:HOST:PORT, tcp:HOST:PORT",
     "A SIP listener; repeatable. HOST is an IP address (IPv6 in brackets) or localhost. A "
     "wildcard address needs \",advertise=NAME:PORT\" behind it."},
    {"--http", "HOST:PORT", "The side port with metrics, health, state and a page; off: none."},
    {"--storage",
     "KIND",
     "Whether publications and subscriptions survive a restart: sqlite and redis (they do) or "
     "memory."},
    {"--state-dir", "DIR", "Directory of the state file."},
    {"--log-level",
     "LEVEL",
     "Minimum severity: debug (every SIP message), info, warning, error or off."},
    {"--log-format", "FORMAT", "text, or json: one object a line."},
};

/// Words, broken before the last column; further lines begin with `indent` blanks.
void append_wrapped(
    std::string& out,
    std::size_t column,
    std::size_t indent,
    std::string_view text
) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (column > indent && column + 1 + word.size() > kColumns) {
            out.append("\n").append(indent, ' ');
            column = indent;
        } else if (column > indent) {
            out += ' ';
            ++column;
        }
        out.append(word);
        column += word.size();
    }
    out += '\n';
}

void append_paragraph(std::string& out, std::string_view text) { append_wrapped(out, 0, 0, text); }

/// "  --flag VALUE     what it means".
void append_entry(std::string& out, std::string_view left, std::string_view meaning) {
    std::string line = "  " + std::string(left);
    if (line.size() + 2 > kIndent) {
        out.append(line).append("\n");
        line.clear();
    }
    line.resize(kIndent, ' ');
    out.append(line);
    append_wrapped(out, kIndent, kIndent, meaning);
}

/// As one writes it on a command line.
std::string default_of(const Key& key) {
    std::string text;
    for (const char c : toml_value(key, Config())) {
        if (c == ',') {
            text += " and";
        } else if (c != '"' && c != '[' && c != ']') {
            text += c;
        }
    }
    if (text.empty()) text = "$XDG_STATE_HOME/reginfod, else ~/.local/state/reginfod";
    return text;
}

void append_flag(std::string& out, const FlagHelp& flag) {
    const auto keys = all_keys();
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const Key& one) {
        return one.flag == flag.flag;
    });
    std::string meaning(flag.meaning);
    if (key != keys.end()) meaning += " Default: " + default_of(*key) + ". (" + key->path() + ")";
    append_entry(out, std::string(flag.flag) + " " + std::string(flag.value), meaning);
}

/// Which state a subcommand works on.
void append_state_options(std::string& out) {
    out += "\nWhich state is meant:\n";
    for (const FlagHelp& flag : kFlags) {
        if (flag.flag == "--state-dir") append_flag(out, flag);
    }
    append_entry(
        out,
        "--config FILE",
        "The configuration that names it: storage.kind, storage.state_dir, storage.redis, "
        "cluster.name."
    );
    append_entry(out, "-h, --help", "Print this, and exit.");
    out +=
        "\nRun it as the user whose the state is, while no server or node uses it:\n"
        "    runuser -u reginfod -- reginfod state check --state-dir /var/lib/reginfod\n"
        "See also: reginfod(8).\n";
}

}  // namespace

std::span<const StateVerb> state_verbs() { return kVerbs; }

std::string help_text() {
    std::string out =
        "Usage: reginfod [OPTION]...\n"
        "       reginfod state COMMAND [OPTION]... [FILE]\n\n"
        "SIP event server for the registration event package (RFC 3680).\n\n"
        "Options:\n";
    append_entry(out, "--config FILE", "The configuration file (TOML). Default: none.");
    append_entry(
        out,
        "--check-config",
        "Print the configuration in force and the source of each value, and exit."
    );
    append_entry(
        out,
        "--check-health",
        "Ask the server with this configuration whether it is alive, and exit."
    );
    for (const FlagHelp& flag : kFlags) append_flag(out, flag);
    append_entry(out, "--version", "Print the version, and exit.");
    append_entry(out, "-h, --help", "Print this, and exit.");
    out += '\n';
    append_paragraph(
        out,
        "Options override environment variables (sip.listen is REGINFOD_SIP_LISTEN), which "
        "override the file. All keys are in reginfod.toml(5)."
    );
    out += "\nSubcommands of state, for the state of a server that is stopped:\n";
    for (const StateVerb& verb : kVerbs) append_entry(out, verb.name, verb.meaning);
    out +=
        "\nExit status:\n"
        "  0  after a clean stop, or if the check or subcommand succeeded\n"
        "  1  it cannot start, or a check or subcommand failed\n"
        "  2  an option or the configuration is wrong\n"
        "\nExample:\n"
        "  reginfod --listen udp:192.0.2.1:5060 --listen tcp:192.0.2.1:5060\n"
        "\nSee also: reginfod(8), reginfod.toml(5).\n";
    return out;
}

std::string state_help_text() {
    std::string out =
        "Usage: reginfod state COMMAND [OPTION]... [FILE]\n\n"
        "Works on the durable state of a server that is stopped.\n\n"
        "Subcommands:\n";
    for (const StateVerb& verb : kVerbs) append_entry(out, verb.name, verb.meaning);
    append_state_options(out);
    return out;
}

std::string state_help_text(const StateVerb& verb) {
    std::string out = "Usage: reginfod state " + std::string(verb.name) + " [OPTION]...";
    out += verb.file.empty() ? "\n\n" : " [FILE]\n\n";
    append_paragraph(out, verb.meaning);
    out += '\n';
    if (!verb.file.empty()) append_entry(out, "FILE", verb.file);
    if (verb.name == "import") {
        append_entry(out, "--domain DOMAIN", "Of addresses-of-record that are only a user.");
    }
    append_state_options(out);
    return out;
}

}  // namespace reginfo

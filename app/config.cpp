#include "app/config.hpp"

#include "app/config_check.hpp"
#include "app/config_file.hpp"
#include "app/config_keys.hpp"

#include <algorithm>
#include <span>

namespace reginfo {
namespace {

constexpr std::string_view kPrefix = "REGINFOD_";

constexpr std::string_view kTrustedByDefault[] = {
    "127.0.0.0/8",
    "::1",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
};

/// Peers' and users' text in a message of one line.
std::string one_line(std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
    }
    return text;
}

[[noreturn]] void fail(const std::string& place, const std::string& what) {
    throw ConfigError::at(place, what);
}

std::vector<std::string> names_of_sections() {
    std::vector<std::string> names;
    for (const Section& section : all_sections()) names.emplace_back(section.name);
    return names;
}

std::vector<std::string> paths_of_keys() {
    std::vector<std::string> paths;
    for (const Key& key : all_keys()) paths.push_back(key.path());
    return paths;
}

void set(
    EffectiveConfig& effective,
    const Key& key,
    const RawValue& value,
    const std::string& place
) {
    const std::string problem = set_key(key, value, effective.config);
    const bool place_names_key = place == key.environment() || place == key.flag;
    if (!problem.empty()) fail(place, (place_names_key ? "" : key.path() + ": ") + problem);
    effective.origins[key.path()] = place;
}

/// One of the same name in another section, else of the same section.
std::string nearest_key(const FileSetting& unknown) {
    std::vector<std::string> names;
    for (const Key& key : all_keys()) {
        if (key.name == unknown.name) return key.path();
        if (key.section == unknown.section) names.emplace_back(key.name);
    }
    return unknown.section + "." + std::string(nearest(unknown.name, names));
}

void apply(EffectiveConfig& effective, const FileSetting& setting, const std::string& place) {
    const std::vector<std::string> sections = names_of_sections();
    const std::string& section = setting.section.empty() ? setting.name : setting.section;
    const bool is_section = std::find(sections.begin(), sections.end(), section) != sections.end();

    if (setting.section.empty()) {
        if (is_section) fail(place, section + ": allowed is a table: [" + section + "]");
        const std::vector<std::string> paths = paths_of_keys();
        fail(
            place,
            "unknown key " + section + " in front of the first section; the nearest known key is " +
                std::string(nearest(section, paths))
        );
    }
    if (!is_section) {
        // A table within one that has no others stands where a key does.
        const std::size_t dot = section.find('.');
        const std::string outer = section.substr(0, dot) + ".";
        const bool has_inner = std::ranges::any_of(sections, [&](const std::string& known) {
            return known.starts_with(outer);
        });
        if (dot != std::string::npos && !has_inner) {
            return apply(
                effective,
                {section.substr(0, dot), section.substr(dot + 1), setting.value, 0},
                place
            );
        }
        const std::string known(nearest(section, sections));
        fail(place, "unknown section [" + section + "]; the nearest known one is [" + known + "]");
    }
    if (setting.name.empty()) return;

    const std::string path = section + "." + setting.name;
    if (const Key* key = find_key(path)) return set(effective, *key, setting.value, place);
    if (std::ranges::find(sections, path) != sections.end()) {
        fail(place, path + ": allowed is a table: [" + path + "]");
    }
    fail(place, "unknown key " + path + "; the nearest known one is " + nearest_key(setting));
}

/// Kubernetes and Docker give a container variables for the services it may talk to: for one called
/// reginfod or reginfod-x they begin like ours, and are not. No key ends in "port".
bool is_service_link(std::string_view name) {
    if (name.ends_with("_SERVICE_HOST") || name.ends_with("_PORT")) return true;
    if (name.find("_SERVICE_PORT_") != std::string_view::npos) return true;
    const std::size_t port = name.find("_PORT_");
    if (port == std::string_view::npos) return false;
    const std::string_view number = name.substr(port + 6, 1);
    return !number.empty() && number.front() >= '0' && number.front() <= '9';
}

void apply(EffectiveConfig& effective, const Environment& environment) {
    std::vector<std::string> known;
    for (const Key& key : all_keys()) known.push_back(key.environment());

    for (const auto& [name, text] : environment) {
        if (!name.starts_with(kPrefix)) continue;
        const auto found = std::find(known.begin(), known.end(), name);
        if (found != known.end()) {
            const Key& key = all_keys()[static_cast<std::size_t>(found - known.begin())];
            set(effective, key, raw_value_of(key, text), name);
        } else if (!is_service_link(name)) {
            fail(
                name,
                "unknown variable; the nearest known one is " + std::string(nearest(name, known))
            );
        }
    }
}

void apply(EffectiveConfig& effective, const FlagValues& flags) {
    for (const auto& [path, texts] : flags) {
        const Key* key = find_key(path);
        const std::string place(key->flag);
        if (std::holds_alternative<ListField>(key->field)) {
            set(effective, *key, texts, place);
        } else {
            set(effective, *key, raw_value_of(*key, texts.back()), place);
        }
    }
}

/// Calls `line` for each key, under its section's heading.
template <class Line>
std::string write_sections(Line line) {
    std::string text;
    for (const Section& section : all_sections()) {
        text += "\n# " + std::string(section.meaning) + "\n[" + std::string(section.name) + "]\n";
        for (const Key& key : all_keys()) {
            if (key.section == section.name) text += line(key);
        }
    }
    return text;
}

}  // namespace

ConfigError ConfigError::at(const std::string& place, const std::string& what) {
    return ConfigError(one_line(place + ": " + what));
}

Config::Config()
    : listen{*parse_listen("udp:127.0.0.1:5060"), *parse_listen("tcp:127.0.0.1:5060")} {
    for (const std::string_view text : kTrustedByDefault) {
        settings.trusted_networks.push_back(Network::parse(text).value());
    }
    http.listen = *parse_bound("127.0.0.1:8080");
    settings.limits.memory_bytes = kAutomaticMemory;
    redis.store.replicas = kAutomaticReplicas;
}

EffectiveConfig load_config(
    const std::optional<std::string>& file,
    const Environment& environment,
    const FlagValues& flags
) {
    EffectiveConfig effective;
    effective.file = file;
    if (file) {
        for (const FileSetting& setting : read_config_file(*file)) {
            apply(effective, setting, *file + ":" + std::to_string(setting.line));
        }
    }
    apply(effective, environment);
    apply(effective, flags);
    check_config(effective);
    return effective;
}

std::string write_config(const EffectiveConfig& effective) {
    const std::string read = effective.file
                                 ? one_line(*effective.file) + " was read."
                                 : "No file was read: --config names one. The service reads " +
                                       std::string(kServiceConfig) + ".";
    return "# The effective configuration. " + read + "\n" + write_sections([&](const Key& key) {
               std::string line(key.name);
               line += " = " + toml_value(key, effective.config);
               if (const auto set = effective.origins.find(key.path());
                   set != effective.origins.end()) {
                   line += "  # " + one_line(set->second);
               }
               return line + "\n";
           });
}

std::string write_example_config() {
    const Config defaults;
    std::string text =
        "# Every setting of reginfod, each with its default. Times are in seconds unless the name "
        "has another unit.\n"
        "# Flags override environment variables (publish.min_expires is "
        "REGINFOD_PUBLISH_MIN_EXPIRES; "
        "the items\n"
        "# of a list are separated by commas), which override this file.\n";
    return text + write_sections([&](const Key& key) {
               std::string lines = "\n# ";
               for (const char c : key.meaning)
                   lines += c == '\n' ? std::string("\n# ") : std::string{c};
               lines.append("\n#").append(key.name).append(" = ").append(toml_value(key, defaults));
               return lines + "\n";
           });
}

}  // namespace reginfo

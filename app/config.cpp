#include "app/config.hpp"

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
    throw ConfigError(one_line(place + ": " + what));
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
        const std::string known(nearest(section, sections));
        fail(place, "unknown section [" + section + "]; the nearest known one is [" + known + "]");
    }
    if (setting.name.empty()) return;

    const std::string path = section + "." + setting.name;
    if (const Key* key = find_key(path)) return set(effective, *key, setting.value, place);
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

/// Where one of these keys was set; there is one, as the defaults fit together.
std::string place_of(const Origins& origins, std::span<const std::string_view> paths) {
    for (const std::string_view path : paths) {
        if (const auto found = origins.find(path); found != origins.end()) return found->second;
    }
    return "default";
}

/// Fails unless the values of these keys do not grow less in this order.
void check_order(const EffectiveConfig& effective, std::span<const std::string_view> paths) {
    for (std::size_t i = 0; i + 1 < paths.size(); ++i) {
        const Key& lower = *find_key(paths[i]);
        const Key& upper = *find_key(paths[i + 1]);
        const auto low = std::get<NumberField>(lower.field).read(effective.config);
        const auto high = std::get<NumberField>(upper.field).read(effective.config);
        if (low <= high) continue;
        fail(
            place_of(effective.origins, paths.subspan(i, 2)),
            lower.path() + " is " + std::to_string(low) + ", which is above " + upper.path() +
                ", " + std::to_string(high)
        );
    }
}

void check_listeners(const EffectiveConfig& effective) {
    const Config& config = effective.config;
    constexpr std::string_view paths[] = {"sip.listen"};
    const std::string place = place_of(effective.origins, paths);
    if (config.listen.empty()) fail(place, "sip.listen: allowed is at least one address");
    if (config.listen.size() > kMaxListeners) {
        fail(place, "sip.listen: allowed are at most " + std::to_string(kMaxListeners));
    }
    for (auto listen = config.listen.begin(); listen != config.listen.end(); ++listen) {
        const bool is_again = std::any_of(config.listen.begin(), listen, [&](const auto& other) {
            return other.transport == listen->transport && other.bound == listen->bound;
        });
        if (is_again && listen->bound.port != 0) {
            fail(place, "sip.listen: \"" + listen->to_string() + "\" is there twice");
        }
    }
    for (const ListenAddress& listen : config.listen) {
        if (!listen.bound.address.is_unspecified()) continue;
        if (listen.advertise || config.server_address) continue;
        fail(
            place,
            "sip.listen: \"" + listen.to_string() +
                "\" is a wildcard address and needs an advertised one: append "
                "\",advertise=NAME:PORT\" or set sip.server_address"
        );
    }
}

/// A default_expires that nobody set gives way to the bounds.
void check_expiry(EffectiveConfig& effective, const std::string& section, ExpiryPolicy& policy) {
    const std::string min = section + ".min_expires";
    const std::string fallback = section + ".default_expires";
    const std::string max = section + ".max_expires";
    const std::string_view bounds[] = {min, max};
    const std::string_view all[] = {min, fallback, max};
    check_order(effective, bounds);
    if (!effective.origins.contains(fallback)) {
        policy.default_expires =
            std::clamp(policy.default_expires, policy.min_expires, policy.max_expires);
    }
    check_order(effective, all);
}

/// A part that nobody set gives way to the whole.
void check_part(
    EffectiveConfig& effective,
    std::string_view part,
    std::size_t& value,
    std::string_view whole,
    std::size_t limit
) {
    if (!effective.origins.contains(part)) value = std::min(value, limit);
    const std::string_view both[] = {part, whole};
    check_order(effective, both);
}

/// A 2xx promises at least a second, so publications shorter than the offset, refreshed as
/// promised, would come each second.
void check_offset(const EffectiveConfig& effective) {
    const Settings& settings = effective.config.settings;
    const Seconds offset = settings.expires_offset;
    if (offset == Seconds{0}) return;
    const auto below = [&](std::string_view bound, Seconds value) {
        if (offset < value) return;
        const std::string_view both[] = {"publish.expires_offset", bound};
        fail(
            place_of(effective.origins, both),
            "publish.expires_offset is " + std::to_string(offset.count()) +
                ", which leaves nothing of " + std::string(bound) + ", " +
                std::to_string(value.count()) + ": publishers would refresh each second"
        );
    };
    below("publish.default_expires", settings.publish.default_expires);
    if (settings.publish.min_expires > Seconds{0}) {
        below("publish.min_expires", settings.publish.min_expires);
    }
}

/// Nobody would be served.
void check_access(const EffectiveConfig& effective) {
    if (!effective.config.settings.trusted_networks.empty()) return;
    constexpr std::string_view paths[] = {"access.trusted_networks"};
    fail(
        place_of(effective.origins, paths),
        "access.trusted_networks: it is empty, so nobody would be served; allowed is at least one "
        "address or network (everybody: \"0.0.0.0/0\" and \"::/0\")"
    );
}

void check_state_dir(const EffectiveConfig& effective) {
    const std::string& directory = effective.config.storage.state_dir;
    if (!directory.starts_with('~')) return;
    constexpr std::string_view paths[] = {"storage.state_dir"};
    fail(
        place_of(effective.origins, paths),
        "storage.state_dir: \"" + directory +
            "\" begins with ~, which is not taken for a home directory here; write the whole path"
    );
}

void check(EffectiveConfig& effective) {
    check_expiry(effective, "publish", effective.config.settings.publish);
    check_expiry(effective, "subscribe", effective.config.settings.subscribe);
    constexpr std::string_view window[] = {
        "notify.window_min", "notify.window_initial", "notify.window_max"
    };
    constexpr std::string_view timers[] = {"sip.t1_ms", "sip.t2_ms"};
    check_order(effective, window);
    check_order(effective, timers);
    Settings::Limits& limits = effective.config.settings.limits;
    check_part(
        effective,
        "limits.document_bytes",
        limits.document.bytes,
        "limits.body_bytes",
        limits.message.body_bytes
    );
    TransportOptions& transport = effective.config.transport;
    check_part(
        effective,
        "tcp.queue_bytes",
        transport.tcp_queue_bytes,
        "tcp.queue_bytes_total",
        transport.tcp_queue_bytes_total
    );
    check_offset(effective);
    check_listeners(effective);
    check_access(effective);
    check_state_dir(effective);
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

Config::Config()
    : listen{*parse_listen("udp:127.0.0.1:5060"), *parse_listen("tcp:127.0.0.1:5060")} {
    for (const std::string_view text : kTrustedByDefault) {
        settings.trusted_networks.push_back(Network::parse(text).value());
    }
    http.listen = *parse_bound("127.0.0.1:8080");
    settings.limits.memory_bytes = kAutomaticMemory;
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
    check(effective);
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

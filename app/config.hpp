/// @file
/// The configuration: what can be set, and how file, environment and flags are read into it.
#pragma once

#include "app/listen_address.hpp"
#include "core/base/address.hpp"
#include "core/settings.hpp"
#include "core/storage/record_file.hpp"
#include "core/storage/redis/redis_options.hpp"
#include "transport/redis_link_options.hpp"
#include "transport/transport_options.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

/// More sockets than this serve nobody; ListenerId could count further.
inline constexpr std::size_t kMaxListeners = 64;

/// limits.memory_bytes: as fit_memory() finds (app/memory_limit.hpp).
inline constexpr std::uint64_t kAutomaticMemory = std::numeric_limits<std::uint64_t>::max();

/// storage.redis.replicas: 1 with Sentinels, else 0.
inline constexpr std::size_t kAutomaticReplicas = std::numeric_limits<std::size_t>::max();

enum class LogLevel : std::uint8_t { debug, info, warning, error, off };
enum class LogFormat : std::uint8_t { text, json };
enum class StorageKind : std::uint8_t { memory, sqlite, redis };

/// Everything that can be configured, with its defaults.
struct Config {
    Config();

    /// The core's; its listeners are filled in once they are bound (app/service).
    Settings settings;
    TransportOptions transport;  ///< its limits of a message are those of `settings`

    std::vector<ListenAddress> listen;
    std::optional<Advertised> server_address;  ///< advertised for listeners on a wildcard address

    struct Log {
        LogLevel level = LogLevel::info;
        LogFormat format = LogFormat::text;
    } log;

    struct Http {
        std::optional<Endpoint> listen;  ///< nothing: no side port
        std::vector<std::string> hosts;  ///< accepted in Host besides addresses and localhost
        std::string token;               ///< of actions (RFC 6750); empty: there are none
        std::size_t connections = 256;
        std::size_t connections_per_peer = 64;
        Duration request_timeout = std::chrono::seconds{10};
        Duration idle_timeout = std::chrono::seconds{75};
    } http;

    /// What happens between the request to stop and the stop (app/shutdown.hpp).
    struct Drain {
        Duration grace{0};                                  ///< not ready, and all is still served
        Duration answer_timeout = std::chrono::seconds{2};  ///< for NOTIFYs in flight, at the end
    } drain;

    struct Storage {
        StorageKind kind = StorageKind::sqlite;
        std::string state_dir;  ///< empty: see state_directory()
        StorageSync sync = StorageSync::full;
    } storage;

    /// If storage.kind is "redis"; redis_options_of() adds what is not configured.
    struct Redis {
        RedisOptions store;
        RedisLinkOptions link{.servers = {"127.0.0.1:6379"}};
        bool relay = true;  ///< what another node has to serve goes on to it
    } redis;
};

/// A configuration that cannot be used: one line that names the place, what was found there, and
/// what is allowed.
class ConfigError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;

    /// @param place  "FILE:12", "REGINFOD_LOG_LEVEL" or "--log-level"
    static ConfigError at(const std::string& place, const std::string& what);
};

using Environment = std::map<std::string, std::string, std::less<>>;

/// Texts given to keys on the command line: "log.level" to its value; sip.listen may have several.
using FlagValues = std::map<std::string, std::vector<std::string>, std::less<>>;

/// Where each key that is not at its default was set: "/etc/reginfod.toml:12", "REGINFOD_LOG_LEVEL"
/// or "--log-level".
using Origins = std::map<std::string, std::string, std::less<>>;

struct EffectiveConfig {
    Config config;
    Origins origins;
    std::optional<std::string> file = {};  ///< that was read
};

/// What the unit of the package names with --config.
inline constexpr std::string_view kServiceConfig = "/etc/reginfod/reginfod.toml";

/// Reads all sources, flags over environment over file over defaults, and checks the result.
/// @throw ConfigError
EffectiveConfig load_config(
    const std::optional<std::string>& file,
    const Environment& environment,
    const FlagValues& flags
);

/// As TOML that reads back as the same configuration, each line that is not at its default with
/// the place where it was set. The first line names the file that was read.
std::string write_config(const EffectiveConfig& effective);

/// deploy/reginfod.example.toml: every key, explained, commented out with its default.
std::string write_example_config();

}  // namespace reginfo

#include "app/config_check.hpp"

#include "app/config_keys.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace reginfo {
namespace {

[[noreturn]] void fail_at(const std::string& place, const std::string& what) {
    throw ConfigError::at(place, what);
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
        fail_at(
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
    if (config.listen.empty()) fail_at(place, "sip.listen: allowed is at least one address");
    if (config.listen.size() > kMaxListeners) {
        fail_at(place, "sip.listen: allowed are at most " + std::to_string(kMaxListeners));
    }
    for (auto listen = config.listen.begin(); listen != config.listen.end(); ++listen) {
        const bool is_again = std::any_of(config.listen.begin(), listen, [&](const auto& other) {
            return other.transport == listen->transport && other.bound == listen->bound;
        });
        if (is_again && listen->bound.port != 0) {
            fail_at(place, "sip.listen: \"" + listen->to_string() + "\" is there twice");
        }
    }
    for (const ListenAddress& listen : config.listen) {
        if (!listen.bound.address.is_unspecified()) continue;
        if (listen.advertise || config.server_address) continue;
        fail_at(
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
        fail_at(
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
    fail_at(
        place_of(effective.origins, paths),
        "access.trusted_networks: it is empty, so nobody would be served; allowed is at least one "
        "address or network (everybody: \"0.0.0.0/0\" and \"::/0\")"
    );
}

void check_state_dir(const EffectiveConfig& effective) {
    const std::string& directory = effective.config.storage.state_dir;
    if (!directory.starts_with('~')) return;
    constexpr std::string_view paths[] = {"storage.state_dir"};
    fail_at(
        place_of(effective.origins, paths),
        "storage.state_dir: \"" + directory +
            "\" begins with ~, which is not taken for a home directory here; write the whole path"
    );
}

/// Who sets a file for TLS wants it to be used.
void check_redis_tls(const EffectiveConfig& effective) {
    const RedisLinkOptions& link = effective.config.redis.link;
    const auto fail_for = [&](std::string_view path, const std::string& what) {
        const std::string_view paths[] = {path, "storage.redis.tls"};
        fail_at(place_of(effective.origins, paths), std::string(path) + what);
    };
    const std::pair<std::string_view, std::string> files[] = {
        {"storage.redis.ca", link.tls.ca},
        {"storage.redis.certificate", link.tls.certificate},
        {"storage.redis.key", link.tls.key}
    };
    for (const auto& [path, file] : files) {
        if (file.starts_with('~')) {
            fail_for(path, ": \"" + file + "\" begins with ~; write the whole path");
        }
        if (!file.empty() && !link.tls.is_on) {
            fail_for(path, " is of no use while storage.redis.tls is false");
        }
    }
    if (link.tls.certificate.empty() != link.tls.key.empty()) {
        const bool has_key = link.tls.certificate.empty();
        fail_for(
            has_key ? "storage.redis.key" : "storage.redis.certificate",
            std::string(" needs ") + (has_key ? "storage.redis.certificate" : "storage.redis.key") +
                " with it"
        );
    }
    if (!link.tls.is_on || !link.sentinels.empty()) return;
    for (const std::string& server : link.servers) {
        if (!server.starts_with("unix:")) continue;
        fail_for(
            "storage.redis.servers",
            ": \"" + server +
                "\" is a Unix socket, which has no TLS; set \"HOST:PORT\", or storage.redis.tls = "
                "false"
        );
    }
}

/// A node that misses a few beats must not lose its shards, and there has to be a server.
void check_cluster(const EffectiveConfig& effective) {
    const Config::Redis& redis = effective.config.redis;
    constexpr int kBeats = 4;
    if (redis.store.lease < redis.store.beat * kBeats) {
        constexpr std::string_view paths[] = {"cluster.lease", "cluster.beat"};
        fail_at(
            place_of(effective.origins, paths),
            "cluster.lease: allowed is at least four times cluster.beat"
        );
    }
    if (redis.link.servers.empty() && redis.link.sentinels.empty()) {
        constexpr std::string_view paths[] = {"storage.redis.servers"};
        fail_at(
            place_of(effective.origins, paths),
            "storage.redis.servers: allowed is at least one address, or one of "
            "storage.redis.sentinels"
        );
    }
}

}  // namespace

void check_config(EffectiveConfig& effective) {
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
    check_cluster(effective);
    check_redis_tls(effective);
}

}  // namespace reginfo

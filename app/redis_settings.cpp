#include "app/redis_settings.hpp"

#include "app/chance.hpp"
#include "app/version.hpp"
#include "core/event/persistence/record_layout.hpp"
#include "transport/redis_tls.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace reginfo {
namespace {

/// As a name of a node may be written.
std::string host_name() {
    std::array<char, 65> name{};
    gethostname(name.data(), name.size() - 1);
    std::string text(name.data());
    std::ranges::replace_if(
        text,
        [](char c) {
            const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            return !is_letter && !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_';
        },
        '-'
    );
    return text.empty() ? "reginfod" : text;
}

std::string addresses_of(const std::vector<std::string>& addresses) {
    std::string text;
    for (const std::string& address : addresses) {
        if (!text.empty()) text += ", ";
        text += address;
    }
    return text;
}

std::string where(const RedisLinkOptions& link) {
    if (link.sentinels.empty()) return "Redis at " + addresses_of(link.servers);
    return "Redis " + link.master + " of the Sentinels at " + addresses_of(link.sentinels);
}

void require_tls_files(const RedisTlsOptions& options) {
    try {
        RedisTls::make(options);
    } catch (const RedisTlsError& error) {
        throw ConfigError(error.what());
    }
}

}  // namespace

RedisOptions redis_options_of(const Config& config) {
    require_tls_files(config.redis.link.tls);
    RedisOptions options = config.redis.store;
    options.where = where(config.redis.link);
    if (options.replicas == kAutomaticReplicas) {
        options.replicas = config.redis.link.sentinels.empty() ? 0 : 1;
    }
    if (options.node.empty()) options.node = host_name();
    options.via = config.listen.front().to_string();
    options.version = std::string(version());
    options.new_cluster_id = random_name(16);
    options.new_hash_seed = random_number();
    options.transaction_memory = config.settings.transaction_memory();
    options.record_layout_max = static_cast<int>(kLayout);
    return options;
}

}  // namespace reginfo

/// @file

#include "core/storage/redis/redis_promise.hpp"

#include "core/storage/redis/redis_info.hpp"
#include "core/storage/redis/redis_store_owner.hpp"

#include <chrono>
#include <string_view>
#include <utility>

namespace reginfo {
namespace {

constexpr std::chrono::minutes kAskAgain{1};

/// A setting as CONFIG GET tells it; nothing if it does not.
std::optional<std::string_view> setting(const RedisReply& config, std::string_view name) {
    if (config.is_error()) return {};
    const RedisReply* const found = config.find(name);
    if (found == nullptr) return {};
    return found->text;
}

/// Whether the primary refuses changes without its replicas. INFO counts those that are good only
/// where it does.
bool refuses_alone(std::string_view info, const RedisReply& config) {
    const auto needed = setting(config, "min-replicas-to-write");
    const auto lag = setting(config, "min-replicas-max-lag");
    if (needed && lag) return *needed != "0" && *lag != "0";
    return !info_value(info, "min_slaves_good_slaves").empty();
}

}  // namespace

const std::array<RedisPromise::Level, 3> RedisPromise::kLevels{{
    {"file", &RedisPromise::file, "its appendonly is no"},
    {"disk", &RedisPromise::disk, "its appendfsync is no"},
    {"replicas", &RedisPromise::replicas, "its min-replicas-to-write is 0"},
}};

std::string RedisPromise::broken() const {
    std::string all;
    for (const Level& level : kLevels) {
        if ((this->*level.value).value_or(true)) continue;
        if (!all.empty()) all += ", ";
        all += level.broken;
    }
    return all;
}

void RedisPromises::handle_connected(TimePoint now) {
    may_ask_config_ = true;
    ask(now);
}

void RedisPromises::ask(TimePoint now) {
    next_ = now + kAskAgain;
    session_.ask({"INFO"}, [this](const RedisReply& reply) {
        if (reply.is_error()) return;  // it is asked again
        if (!may_ask_config_) return tell(reply.text, {});
        ask_config(reply.text);
    });
}

/// The right to it is not among those of deploy/redis, as it shows passwords too. Each refusal is
/// in the log of Redis, so there is one a connection.
void RedisPromises::ask_config(std::string info) {
    session_.ask(
        {"CONFIG",
         "GET",
         "appendonly",
         "appendfsync",
         "min-replicas-to-write",
         "min-replicas-max-lag"},
        [this, info = std::move(info)](const RedisReply& reply) {
            may_ask_config_ = !reply.is_error();
            tell(info, reply);
        }
    );
}

void RedisPromises::tell(std::string_view info, const RedisReply& config) {
    RedisPromise promise;
    const std::string_view aof = info_value(info, "aof_enabled");
    if (!aof.empty()) promise.file = aof == "1";
    if (const auto sync = setting(config, "appendfsync")) promise.disk = *sync != "no";
    if (options_.fsync && !promise.disk) promise.disk = true;  // each group awaits it
    if (options_.replicas > 0) promise.replicas = refuses_alone(info, config);
    if (told_ == promise) return;
    told_ = promise;
    owner_.handle_promise(promise);
}

}  // namespace reginfo

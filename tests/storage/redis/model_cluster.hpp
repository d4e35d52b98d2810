/// @file
/// What the functions of ModelRedis have in common: a call, and the keys of a cluster.
#pragma once

#include "core/storage/redis/redis_reply.hpp"
#include "tests/storage/redis/model_arguments.hpp"
#include "tests/storage/redis/model_keys.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace reginfo::test {

using ModelPublish = std::function<void(const std::string& channel, const std::string& message)>;
using RedisItems = std::vector<RedisReply>;

RedisReply reply_text(std::string text);
RedisReply reply_number(std::int64_t number);
RedisReply reply_status(std::string text);
RedisReply reply_error(std::string text);
RedisReply reply_list(std::vector<RedisReply> items);
/// Field, value, field, value...
RedisReply reply_fields(const ModelKeys::Hash& fields);

/// One call of a function, as reginfod1.lua has it at its head.
class ModelCluster {
public:
    /// What a member says of itself, in the order of the replies.
    static constexpr const char* kFields[] =
        {"state", "ear", "bus", "via", "version", "layouts", "protocols"};

    /// @param time  in microseconds since 1970
    ModelCluster(
        ModelKeys& all_keys,
        const ModelPublish& publish,
        const std::string& name,
        std::int64_t time
    )
        : keys(all_keys), now(time), prefix_(name + ":"), publish_(publish) {}

    struct Node {
        std::string name;
        std::string incarnation;
        std::map<std::string, std::string> fields;
    };
    struct Member {
        std::string name;
        std::string incarnation;
        std::optional<std::int64_t> gone_since;
        bool lives = false;
    };

    std::string key(const std::string& rest) const { return prefix_ + rest; }
    std::string field(const std::string& key, const std::string& field) const;
    std::int64_t number(const std::string& key, const std::string& field) const;
    void put(const std::string& key, const std::string& field, const std::string& value);
    void put(const std::string& key, const std::string& field, std::int64_t value);

    void check_id(const std::string& id) const;
    void take_id(ModelArguments& arguments) const { check_id(arguments.text()); }
    /// @throw ModelRefusal  it is no member, or was replaced
    void check_member(const std::string& name, const std::string& incarnation) const;

    /// The newest of that name; empty if there is none.
    std::string incarnation_of(const std::string& name) const;
    bool lives(const std::string& name, const std::string& incarnation) const;
    std::vector<Member> members() const;

    /// The token of a shard, if it was ever owned.
    std::optional<ModelToken> owner(const std::string& shard) const;
    void give(const std::string& shard, const ModelToken& token);
    /// What was given, or otherwise changed, becomes a new view.
    void raise_view(const std::vector<std::string>& changes);
    static std::string shard_change(const std::string& shard, const ModelToken& token);

    std::int64_t stamp() const;
    /// Until when nobody claims from an owner whose lease is over; 0 if it is over.
    std::int64_t calm_until(std::int64_t lease) const;

    /// The beginning of a join or a load. Returns what is to be written if there is no cluster.
    ModelKeys::Hash take_meta(ModelArguments& arguments, ModelLayouts& layouts) const;
    void write_meta(const ModelKeys::Hash& made);

    std::vector<RedisReply> state() const;
    void add_map(std::vector<RedisReply>& reply, const std::vector<Member>& members) const;

    ModelKeys& keys;
    const std::int64_t now;

private:
    std::string prefix_;
    const ModelPublish& publish_;
};

}  // namespace reginfo::test

/// @file

#include "tests/storage/redis/model_members.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace reginfo::test {
namespace {

using Node = ModelCluster::Node;
using Member = ModelCluster::Member;
using Changes = std::vector<std::string>;

constexpr std::int64_t kForgetAfter = 3'600'000'000;
constexpr std::int64_t kTurnsBack = 120;

struct Caller {
    Node node;
    std::int64_t lease = 0;
};

/// From the name on; the layouts come before.
Caller take_caller(ModelArguments& arguments, const ModelLayouts& layouts) {
    Caller caller;
    caller.node.name = arguments.name();
    caller.node.incarnation = arguments.incarnation();
    caller.lease = arguments.lease();
    auto& fields = caller.node.fields;
    fields["layouts"] = layouts.text;
    const std::string& state = fields["state"] = arguments.text();
    ModelArguments::require(state == "joining" || state == "active" || state == "draining");
    fields["ear"] = std::to_string(arguments.number());
    for (const char* name : {"bus", "via", "version", "protocols"}) fields[name] = arguments.text();
    return caller;
}

void write_node(ModelCluster& cluster, const Caller& caller) {
    const std::string key = "node:" + caller.node.name;
    cluster.put(key, "incarnation", caller.node.incarnation);
    for (const auto& [name, value] : caller.node.fields) cluster.put(key, name, value);
    cluster.keys.end_after(cluster.key(key), caller.lease);
}

std::string node_change(const Node& node) {
    return "node " + node.name + " " + node.incarnation + " " + node.fields.at("state") + " " +
           node.fields.at("ear");
}

bool owns_something(const ModelCluster& cluster, const std::string& incarnation) {
    return std::ranges::any_of(cluster.keys.hash(cluster.key("own")), [&](const auto& item) {
        const ModelToken token = ModelToken::parse(item.second);
        return token.incarnation == incarnation && !token.name.empty();
    });
}

/// Whether somebody who is gone is forgotten: then nothing is kept of it.
bool forget(ModelCluster& cluster, const Member& member, Changes& changes) {
    if (!member.gone_since || cluster.now - *member.gone_since <= kForgetAfter) return false;
    if (owns_something(cluster, member.incarnation)) return false;
    cluster.keys.remove(cluster.key("nodes"), member.name);
    cluster.keys.remove(cluster.key("seq"), member.incarnation);
    changes.push_back("left " + member.name);
    return true;
}

/// Returns those that are left.
std::vector<Member> note_gone(ModelCluster& cluster, Changes& changes) {
    std::vector<Member> kept;
    for (const Member& member : cluster.members()) {
        if (member.lives) {
            if (member.gone_since) cluster.put("nodes", member.name, member.incarnation);
        } else if (!member.gone_since || *member.gone_since > cluster.now) {
            const std::string since = std::to_string(cluster.now);
            cluster.put("nodes", member.name, member.incarnation + " " + since);
        } else if (forget(cluster, member, changes)) {
            continue;
        }
        kept.push_back(member);
    }
    return kept;
}

void raise_record_layout(
    ModelCluster& cluster,
    const std::vector<Member>& members,
    Changes& changes
) {
    std::int64_t most = 1000;
    for (const Member& member : members) {
        if (!member.lives) return;
        const std::string layouts = cluster.field("node:" + member.name, "layouts");
        most = std::min<std::int64_t>(most, std::stoll(layouts.substr(layouts.find('-') + 1)));
    }
    if (members.empty() || most <= cluster.number("meta", "record_layout")) return;
    cluster.put("meta", "record_layout", most);
    changes.push_back("layout " + std::to_string(most));
}

/// Which owners let somebody else take their shards.
class FreeOwners {
public:
    FreeOwners(const ModelCluster& cluster, std::string incarnation, bool is_calm)
        : cluster_(cluster), incarnation_(std::move(incarnation)), is_calm_(is_calm) {}

    bool contains(const ModelToken& token) {
        if (token.name.empty() || token.incarnation == incarnation_) return true;
        const auto [known, is_new] = known_.try_emplace({token.name, token.incarnation});
        if (is_new) known->second = is_free(token);
        return known->second;
    }

private:
    bool is_free(const ModelToken& token) const {
        if (cluster_.incarnation_of(token.name) != token.incarnation) return true;
        return !is_calm_ && !cluster_.lives(token.name, token.incarnation);
    }

    const ModelCluster& cluster_;
    std::string incarnation_;
    bool is_calm_;
    std::map<std::pair<std::string, std::string>, bool> known_;
};

}  // namespace

RedisReply model_join(ModelCluster& cluster, ModelArguments& arguments) {
    ModelLayouts layouts;
    const ModelKeys::Hash made = cluster.take_meta(arguments, layouts);
    const Caller caller = take_caller(arguments, layouts);
    std::set<std::string> own = {caller.node.incarnation};
    const bool joins_again = !arguments.is_over();
    while (!arguments.is_over()) own.insert(arguments.incarnation());
    const Node& node = caller.node;
    const std::string before = cluster.incarnation_of(node.name);
    const bool is_other = !before.empty() && !own.contains(before);
    if (joins_again && is_other && cluster.lives(node.name, before)) {
        throw ModelRefusal{"REPLACED", "a newer process has the name"};
    }

    cluster.write_meta(made);
    if (!before.empty() && before != node.incarnation) {
        cluster.keys.remove(cluster.key("seq"), before);
        cluster.keys.remove_key(cluster.key("node:" + node.name));
    }
    cluster.put("nodes", node.name, node.incarnation);
    write_node(cluster, caller);
    cluster.raise_view({node_change(node)});
    std::vector<RedisReply> reply = cluster.state();
    reply.push_back(reply_text("meta"));
    reply.push_back(reply_fields(cluster.keys.hash(cluster.key("meta"))));
    cluster.add_map(reply, cluster.members());
    return reply_list(std::move(reply));
}

RedisReply model_beat(ModelCluster& cluster, ModelArguments& arguments) {
    cluster.take_id(arguments);
    const ModelLayouts layouts = arguments.layouts();
    const Caller caller = take_caller(arguments, layouts);
    const std::int64_t view_seen = arguments.number();
    const std::int64_t turn_seen = arguments.number();
    arguments.finish();
    const Node& node = caller.node;
    cluster.check_member(node.name, node.incarnation);
    const std::int64_t turn = cluster.number("clock", "turn");
    if (turn + kTurnsBack < turn_seen) throw ModelRefusal{"WRONG_TURN", "this Redis is older"};

    const std::int64_t calm = cluster.calm_until(caller.lease);
    const std::int64_t stamp = cluster.stamp();
    cluster.put("clock", "turn", turn + 1);
    cluster.put("clock", "last_beat", cluster.now);
    cluster.put("clock", "calm_until", calm);
    cluster.put("clock", "stamp", stamp);
    Changes changes;
    const std::string key = "node:" + node.name;
    bool is_new = !cluster.lives(node.name, node.incarnation);
    for (const char* name : {"state", "ear", "bus"}) {
        is_new = is_new || cluster.field(key, name) != node.fields.at(name);
    }
    if (is_new) changes.push_back(node_change(node));
    write_node(cluster, caller);
    const std::vector<Member> members = note_gone(cluster, changes);
    raise_record_layout(cluster, members, changes);
    if (!changes.empty()) cluster.raise_view(changes);

    std::vector<RedisReply> gone;
    for (const Member& member : members) {
        if (!member.lives) gone.push_back(reply_text(member.name));
    }
    std::vector<RedisReply> reply = cluster.state();
    reply.push_back(reply_text("gone"));
    reply.push_back(reply_list(std::move(gone)));
    if (*cluster.keys.text(cluster.key("view")) != std::to_string(view_seen)) {
        cluster.add_map(reply, members);
    }
    return reply_list(std::move(reply));
}

RedisReply model_claim(ModelCluster& cluster, ModelArguments& arguments) {
    cluster.take_id(arguments);
    const std::string& name = arguments.name();
    const std::string& incarnation = arguments.incarnation();
    const std::int64_t lease = arguments.lease();
    std::vector<std::pair<std::string, std::int64_t>> wanted;
    while (!arguments.is_over()) {
        std::string shard = arguments.shard();
        wanted.emplace_back(std::move(shard), arguments.number());
    }
    cluster.check_member(name, incarnation);
    if (!cluster.lives(name, incarnation)) throw ModelRefusal{"NOT_READY", "beat first"};

    const std::int64_t calm = cluster.calm_until(lease);
    cluster.put("clock", "calm_until", calm);
    FreeOwners free(cluster, incarnation, calm > 0);
    const std::string own = cluster.key("own");
    std::vector<RedisReply> reply;
    Changes changes;
    for (const auto& [shard, known] : wanted) {
        const std::string* before = cluster.keys.field(own, shard);
        const ModelToken token = before == nullptr ? ModelToken() : ModelToken::parse(*before);
        std::vector<RedisReply> item = {
            reply_number(std::stoll(shard)), reply_text(""), reply_text(before ? *before : "")
        };
        if (free.contains(token)) {
            const ModelToken given{std::max(token.epoch, known) + 1, incarnation, name};
            cluster.give(shard, given);
            changes.push_back(ModelCluster::shard_change(shard, given));
            item[1].text = given.text();
        }
        reply.push_back(reply_list(std::move(item)));
    }
    if (!changes.empty()) cluster.raise_view(changes);
    return reply_list(std::move(reply));
}

RedisReply model_leave(ModelCluster& cluster, ModelArguments& arguments) {
    cluster.take_id(arguments);
    const std::string& name = arguments.name();
    const std::string& incarnation = arguments.incarnation();
    arguments.finish();
    cluster.check_member(name, incarnation);

    Changes changes = {"left " + name};
    const ModelKeys::Hash own = cluster.keys.hash(cluster.key("own"));
    for (const auto& [shard, text] : own) {
        ModelToken token = ModelToken::parse(text);
        if (token.incarnation != incarnation || token.name.empty()) continue;
        token.name.clear();
        cluster.give(shard, token);
        changes.push_back(ModelCluster::shard_change(shard, token));
    }
    cluster.keys.remove_key(cluster.key("node:" + name));
    cluster.keys.remove(cluster.key("nodes"), name);
    cluster.keys.remove(cluster.key("seq"), incarnation);
    cluster.raise_view(changes);
    return reply_status("OK");
}

RedisReply model_look(ModelCluster& cluster, ModelArguments& arguments) {
    arguments.finish();
    std::vector<RedisReply> reply = cluster.state();
    reply.push_back(reply_text("meta"));
    reply.push_back(reply_fields(cluster.keys.hash(cluster.key("meta"))));
    cluster.add_map(reply, cluster.members());
    return reply_list(std::move(reply));
}

}  // namespace reginfo::test

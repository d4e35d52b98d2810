/// @file

#include "tests/storage/redis/model_cluster.hpp"

#include <algorithm>
#include <utility>

namespace reginfo::test {

RedisReply reply_text(std::string text) {
    return {.kind = RedisReply::Kind::text, .text = std::move(text)};
}

RedisReply reply_number(std::int64_t number) {
    return {.kind = RedisReply::Kind::number, .number = number};
}

RedisReply reply_status(std::string text) {
    return {.kind = RedisReply::Kind::status, .text = std::move(text)};
}

RedisReply reply_error(std::string text) {
    return {.kind = RedisReply::Kind::error, .text = std::move(text)};
}

RedisReply reply_list(std::vector<RedisReply> items) {
    return {.kind = RedisReply::Kind::list, .items = std::move(items)};
}

RedisReply reply_fields(const ModelKeys::Hash& fields) {
    std::vector<RedisReply> items;
    for (const auto& [field, value] : fields) {
        items.push_back(reply_text(field));
        items.push_back(reply_text(value));
    }
    return reply_list(std::move(items));
}

std::string ModelCluster::field(const std::string& key, const std::string& field) const {
    const std::string* value = keys.field(prefix_ + key, field);
    return value == nullptr ? std::string() : *value;
}

std::int64_t ModelCluster::number(const std::string& key, const std::string& field) const {
    const std::string* value = keys.field(prefix_ + key, field);
    return value == nullptr ? 0 : std::stoll(*value);
}

void ModelCluster::put(const std::string& key, const std::string& field, const std::string& value) {
    keys.put(prefix_ + key, field, value);
}

void ModelCluster::put(const std::string& key, const std::string& field, std::int64_t value) {
    put(key, field, std::to_string(value));
}

void ModelCluster::check_id(const std::string& id) const {
    const std::string* stored = keys.field(key("meta"), "cluster");
    if (stored == nullptr || *stored != id) throw ModelRefusal{"WRONG_CLUSTER", "not " + id};
}

void ModelCluster::check_member(const std::string& name, const std::string& incarnation) const {
    const std::string newest = incarnation_of(name);
    if (newest.empty()) throw ModelRefusal{"FORGOTTEN", name + " is no member"};
    if (newest != incarnation) throw ModelRefusal{"REPLACED", "by " + newest};
}

std::string ModelCluster::incarnation_of(const std::string& name) const {
    const std::string entry = field("nodes", name);
    return entry.substr(0, entry.find(' '));
}

bool ModelCluster::lives(const std::string& name, const std::string& incarnation) const {
    return field("node:" + name, "incarnation") == incarnation;
}

std::vector<ModelCluster::Member> ModelCluster::members() const {
    std::vector<Member> members;
    for (const auto& [name, entry] : keys.hash(key("nodes"))) {
        Member member{.name = name, .incarnation = incarnation_of(name), .gone_since = {}};
        const std::size_t space = entry.find(' ');
        if (space != std::string::npos) member.gone_since = std::stoll(entry.substr(space + 1));
        member.lives = lives(name, member.incarnation);
        members.push_back(std::move(member));
    }
    return members;
}

std::optional<ModelToken> ModelCluster::owner(const std::string& shard) const {
    const std::string* token = keys.field(key("own"), shard);
    if (token == nullptr) return {};
    return ModelToken::parse(*token);
}

void ModelCluster::give(const std::string& shard, const ModelToken& token) {
    put("own", shard, token.text());
}

std::string ModelCluster::shard_change(const std::string& shard, const ModelToken& token) {
    return "shard " + shard + " " + token.text();
}

void ModelCluster::raise_view(const std::vector<std::string>& changes) {
    const std::string* before = keys.text(key("view"));
    const std::int64_t view = before == nullptr ? 1 : std::stoll(*before) + 1;
    std::string message = std::to_string(view);
    keys.put_text(key("view"), message);
    for (const std::string& change : changes) message += " " + change;
    publish_(key("v"), message);
}

std::int64_t ModelCluster::stamp() const { return std::max(now, number("clock", "stamp")); }

std::int64_t ModelCluster::calm_until(std::int64_t lease) const {
    const std::string* last = keys.field(key("clock"), "last_beat");
    const bool is_gap = last != nullptr && now - std::stoll(*last) > lease * 500;
    const std::int64_t latest = now + lease * 1000;
    const std::int64_t until = is_gap ? latest : std::min(number("clock", "calm_until"), latest);
    return until > now ? until : 0;
}

ModelKeys::Hash ModelCluster::take_meta(ModelArguments& arguments, ModelLayouts& layouts) const {
    const std::string& expected = arguments.text();
    const std::string& proposed = arguments.text();
    ModelArguments::require(proposed.size() >= 16 && is_model_name(proposed));
    const std::string& seed = arguments.incarnation();
    layouts = arguments.layouts();
    if (!expected.empty()) check_id(expected);
    if (keys.field(key("meta"), "cluster") == nullptr) {
        return {
            {"layout", "1"},
            {"shards", "256"},
            {"cluster", proposed},
            {"hash_seed", seed},
            {"record_layout", std::to_string(layouts.most)}
        };
    }
    const std::int64_t layout = number("meta", "record_layout");
    if (field("meta", "layout") != "1" || field("meta", "shards") != "256" ||
        layout < layouts.least || layout > layouts.most) {
        throw ModelRefusal{"WRONG_LAYOUT", "it needs another version of reginfod"};
    }
    return {};
}

void ModelCluster::write_meta(const ModelKeys::Hash& made) {
    for (const auto& [field, value] : made) put("meta", field, value);
}

std::vector<RedisReply> ModelCluster::state() const {
    const std::string* view = keys.text(key("view"));
    std::vector<RedisReply> reply;
    for (const auto& [name, value] : std::vector<std::pair<const char*, std::int64_t>>{
             {"now", now},
             {"stamp", stamp()},
             {"turn", number("clock", "turn")},
             {"calm_until", number("clock", "calm_until")},
             {"view", view == nullptr ? 0 : std::stoll(*view)},
             {"record_layout", number("meta", "record_layout")}
         }) {
        reply.push_back(reply_text(name));
        reply.push_back(reply_number(value));
    }
    return reply;
}

void ModelCluster::add_map(std::vector<RedisReply>& reply, const std::vector<Member>& members)
    const {
    std::vector<RedisReply> nodes;
    for (const Member& member : members) {
        std::vector<RedisReply> node = {reply_text(member.name), reply_text(member.incarnation)};
        for (const char* name : kFields) {
            node.push_back(reply_text(member.lives ? field("node:" + member.name, name) : ""));
        }
        nodes.push_back(reply_list(std::move(node)));
    }
    reply.push_back(reply_text("nodes"));
    reply.push_back(reply_list(std::move(nodes)));
    reply.push_back(reply_text("own"));
    reply.push_back(reply_fields(keys.hash(key("own"))));
}

}  // namespace reginfo::test

/// @file

#include "tests/storage/redis/model_keys.hpp"

#include <algorithm>
#include <utility>

namespace reginfo::test {
namespace {

template <class Content>
const Content* find(const std::map<std::string, ModelKeys::Value>& all, const std::string& key) {
    const auto found = all.find(key);
    return found == all.end() ? nullptr : &std::get<Content>(found->second.content);
}

}  // namespace

void ModelKeys::set_time(std::int64_t now) {
    now_ = now / 1000;
    if (now_ <= first_end_) return;
    std::erase_if(all_, [this](const auto& item) {
        return item.second.ends && now_ > *item.second.ends;
    });
    first_end_ = std::numeric_limits<std::int64_t>::max();
    for (const auto& [key, value] : all_) {
        if (value.ends) first_end_ = std::min(first_end_, *value.ends);
    }
}

const ModelKeys::Hash& ModelKeys::hash(const std::string& key) const {
    static const Hash kNone;
    const Hash* found = find<Hash>(all_, key);
    return found == nullptr ? kNone : *found;
}

const ModelKeys::Set& ModelKeys::set(const std::string& key) const {
    static const Set kNone;
    const Set* found = find<Set>(all_, key);
    return found == nullptr ? kNone : *found;
}

const std::string* ModelKeys::text(const std::string& key) const {
    return find<std::string>(all_, key);
}

const std::string* ModelKeys::field(const std::string& key, const std::string& field) const {
    const Hash& fields = hash(key);
    const auto found = fields.find(field);
    return found == fields.end() ? nullptr : &found->second;
}

void ModelKeys::put_text(const std::string& key, const std::string& value) {
    keep(key);
    all_.insert_or_assign(key, Value{value, {}});
}

void ModelKeys::put(const std::string& key, const std::string& field, const std::string& value) {
    change<Hash>(key)[field] = value;
}

void ModelKeys::remove(const std::string& key, const std::string& field) {
    if (!hash(key).contains(field)) return;
    Hash& fields = change<Hash>(key);
    fields.erase(field);
    if (fields.empty()) all_.erase(key);
}

void ModelKeys::add_member(const std::string& key, const std::string& member) {
    if (!set(key).contains(member)) change<Set>(key).insert(member);
}

void ModelKeys::remove_member(const std::string& key, const std::string& member) {
    if (!set(key).contains(member)) return;
    Set& members = change<Set>(key);
    members.erase(member);
    if (members.empty()) all_.erase(key);
}

void ModelKeys::remove_key(const std::string& key) {
    if (!exists(key)) return;
    keep(key);
    all_.erase(key);
}

void ModelKeys::end_after(const std::string& key, std::int64_t milliseconds) {
    keep(key);
    all_.at(key).ends = now_ + milliseconds;
    first_end_ = std::min(first_end_, now_ + milliseconds);
}

void ModelKeys::end_call() {
    if (changes_.empty()) return;
    log_.push_back(std::exchange(changes_, {}));
    if (log_.size() > kLogMax) log_.pop_front();
    ++offset_;
}

void ModelKeys::undo_until(std::uint64_t offset) {
    for (; offset_ > offset && !log_.empty(); --offset_) {
        for (auto& [key, before] : log_.back()) {
            all_.erase(key);
            if (!before) continue;
            if (before->ends) first_end_ = std::min(first_end_, *before->ends);
            all_.emplace(key, std::move(*before));
        }
        log_.pop_back();
    }
}

template <class Content>
Content& ModelKeys::change(const std::string& key) {
    keep(key);
    auto [place, is_new] = all_.try_emplace(key);
    if (is_new) place->second.content = Content();
    return std::get<Content>(place->second.content);
}

void ModelKeys::keep(const std::string& key) {
    if (changes_.contains(key)) return;
    const auto found = all_.find(key);
    changes_.emplace(key, found == all_.end() ? std::optional<Value>() : found->second);
}

}  // namespace reginfo::test

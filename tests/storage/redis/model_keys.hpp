/// @file
/// The keys of a Redis in memory: hashes, sets and texts, which may end with time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>

namespace reginfo::test {

/// Each change is counted and can be taken back: a fail-over forgets the last ones.
class ModelKeys {
public:
    using Hash = std::map<std::string, std::string>;
    using Set = std::set<std::string>;
    struct Value {
        std::variant<std::string, Hash, Set> content;
        std::optional<std::int64_t> ends;  ///< in milliseconds since 1970
    };
    /// Keys with what they had before a call; nothing if there was no such key.
    using Changes = std::map<std::string, std::optional<Value>>;

    /// What has ended by then is gone. @param now  in microseconds since 1970
    void set_time(std::int64_t now);

    const std::map<std::string, Value>& all() const { return all_; }
    bool exists(const std::string& key) const { return all_.contains(key); }
    /// Empty if there is none.
    const Hash& hash(const std::string& key) const;
    const Set& set(const std::string& key) const;
    /// Null if there is none.
    const std::string* text(const std::string& key) const;
    const std::string* field(const std::string& key, const std::string& field) const;

    void put_text(const std::string& key, const std::string& value);
    void put(const std::string& key, const std::string& field, const std::string& value);
    void remove(const std::string& key, const std::string& field);
    void add_member(const std::string& key, const std::string& member);
    void remove_member(const std::string& key, const std::string& member);
    void remove_key(const std::string& key);
    void end_after(const std::string& key, std::int64_t milliseconds);

    /// Ends a call: what it changed is one write of the log.
    void end_call();
    /// How many calls have changed something.
    std::uint64_t offset() const { return offset_; }
    /// By the last call that changed something.
    const Changes& last_changes() const { return log_.back(); }
    /// As many of the last writes as can be taken back.
    std::size_t log_size() const { return log_.size(); }
    /// Takes writes back until there were so many.
    void undo_until(std::uint64_t offset);

private:
    static constexpr std::size_t kLogMax = 512;

    /// The value that is going to be changed; made if there is none.
    template <class Content>
    Content& change(const std::string& key);
    void keep(const std::string& key);

    std::int64_t now_ = 0;  ///< in milliseconds
    std::map<std::string, Value> all_;
    std::int64_t first_end_ = std::numeric_limits<std::int64_t>::max();  ///< or earlier
    Changes changes_;                                                    ///< by this call
    std::deque<Changes> log_;
    std::uint64_t offset_ = 0;
};

}  // namespace reginfo::test

/// @file
/// The state of a watcher after its documents (RFC 3680 §5.2).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo::test {

/// One contact in the document of a watcher.
struct ToldContact {
    std::string id;
    std::string state;
    std::string event;
    std::string uri;
    std::map<std::string, std::string> attributes;  ///< all of <contact>, the above included

    bool is_active() const { return state == "active"; }
    std::int64_t expires() const;  ///< -1 if absent
};

/// One document, of one registration, as a watcher reads it.
struct ToldDocument {
    std::uint32_t version = 0;
    bool full = true;
    std::string aor;
    std::string registration_id;
    std::string registration_state;
    std::map<std::string, ToldContact> contacts;  ///< by URI
};

/// Nothing if the text is no such document, or has an element twice.
std::optional<ToldDocument> read_told(std::string_view body);

/// Folds document after document: full ones replace, partial ones change, ended contacts go.
class WatcherFold {
public:
    /// Returns the error of the document in its place, "" if there is none: no document,
    /// a version that is not the next, a partial one first.
    std::string take(std::string_view body);

    /// A NOTIFY was lost for good and the next document will be full: any version may follow.
    void expect_jump() { version_.reset(); }

    const std::map<std::string, ToldContact>& active() const { return active_; }
    const std::string& registration_state() const { return registration_state_; }
    const std::optional<ToldDocument>& last() const { return last_; }

    /// URI of each contact, in order, separated by blanks.
    std::string uris() const;

private:
    std::optional<std::uint32_t> version_;
    std::string registration_state_;
    std::map<std::string, ToldContact> active_;
    std::optional<ToldDocument> last_;
};

}  // namespace reginfo::test

/// @file

#include "tests/support/watcher_fold.hpp"

#include "core/reginfo/reader.hpp"

#include <charconv>
#include <cstddef>
#include <utility>

namespace reginfo::test {
namespace {

std::string unescaped(std::string_view text) {
    static constexpr std::pair<std::string_view, char> kReferences[] = {
        {"&amp;", '&'},
        {"&lt;", '<'},
        {"&gt;", '>'},
        {"&quot;", '"'},
        {"&#9;", '\t'},
        {"&#10;", '\n'},
        {"&#13;", '\r'},
    };
    std::string out;
    while (!text.empty()) {
        std::size_t taken = 0;
        for (const auto& [reference, c] : kReferences) {
            if (!text.starts_with(reference)) continue;
            out.push_back(c);
            taken = reference.size();
        }
        if (taken == 0) out.push_back(text.front());
        text.remove_prefix(taken == 0 ? 1 : taken);
    }
    return out;
}

/// The inside of a start tag, as `name a="1" b="2"`, taken apart.
struct Tag {
    std::string_view name;
    std::map<std::string, std::string> attributes;
    bool repeats = false;  ///< an attribute is there twice

    std::string operator[](const std::string& key) const {
        const auto at = attributes.find(key);
        return at == attributes.end() ? "" : at->second;
    }
};

Tag read_tag(std::string_view inside) {
    Tag tag;
    std::size_t at = inside.find_first_of(" /");
    tag.name = inside.substr(0, at);
    while (at != std::string_view::npos) {
        const std::size_t begin = inside.find_first_not_of(' ', at);
        const std::size_t equals = inside.find("=\"", at);
        if (equals == std::string_view::npos) break;
        const std::size_t end = inside.find('"', equals + 2);
        const bool is_new = tag.attributes
                                .emplace(
                                    inside.substr(begin, equals - begin),
                                    unescaped(inside.substr(equals + 2, end - equals - 2))
                                )
                                .second;
        tag.repeats = tag.repeats || !is_new;
        at = end + 1;
    }
    return tag;
}

/// What one start tag adds to the document. Returns whether it may stand there.
bool take_tag(ToldDocument& told, ToldContact& contact, Tag tag, std::string_view text) {
    if (tag.repeats) return false;
    if (tag.name == "reginfo") {
        const std::string version = tag["version"];
        std::from_chars(version.data(), version.data() + version.size(), told.version);
        told.full = tag["state"] == "full";
        return std::to_string(told.version) == version;
    }
    if (tag.name == "registration") {
        if (!std::exchange(told.aor, tag["aor"]).empty()) return false;
        told.registration_id = tag["id"];
        told.registration_state = tag["state"];
        return !told.registration_id.empty();
    }
    if (tag.name == "contact") {
        contact = {tag["id"], tag["state"], tag["event"], "", std::move(tag.attributes)};
        return !contact.id.empty();
    }
    if (tag.name != "uri") return true;
    contact.uri = unescaped(text);
    return told.contacts.emplace(contact.uri, contact).second;
}

}  // namespace

std::int64_t ToldContact::expires() const {
    const auto at = attributes.find("expires");
    return at == attributes.end() ? -1 : std::stoll(at->second);
}

std::optional<ToldDocument> read_told(std::string_view body) {
    if (!read_document(body, {})) return std::nullopt;
    ToldDocument told;
    ToldContact contact;
    while (true) {
        const std::size_t open = body.find('<');
        if (open == std::string_view::npos) return told;
        const std::size_t close = body.find('>', open);
        const std::string_view inside = body.substr(open + 1, close - open - 1);
        body.remove_prefix(close + 1);
        if (inside.front() == '/' || inside.front() == '?') continue;
        if (!take_tag(told, contact, read_tag(inside), body.substr(0, body.find('<')))) {
            return std::nullopt;
        }
    }
}

std::string WatcherFold::take(std::string_view body) {
    auto told = read_told(body);
    if (!told) return "not a document: " + std::string(body);
    if (!last_ && !told->full) return "the first document is partial";
    if (version_ && told->version != *version_ + 1) {
        return "version " + std::to_string(told->version) + " after " + std::to_string(*version_);
    }
    version_ = told->version;
    registration_state_ = told->registration_state;
    if (told->full) active_.clear();
    for (const auto& [uri, contact] : told->contacts) {
        if (contact.is_active()) {
            active_[uri] = contact;
        } else {
            active_.erase(uri);
        }
    }
    last_ = std::move(told);
    return "";
}

std::string WatcherFold::uris() const {
    std::string all;
    for (const auto& [uri, contact] : active_) all.append(all.empty() ? "" : " ").append(uri);
    return all;
}

}  // namespace reginfo::test

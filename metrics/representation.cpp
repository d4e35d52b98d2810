#include "metrics/representation.hpp"

#include "core/base/ascii.hpp"
#include "metrics/http_message.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::metrics {
namespace {

constexpr unsigned kWhole = 1'000;  ///< the weight 1

/// What stands before the first of that character outside of quoted strings; the rest is behind it.
std::string_view cut(std::string_view& text, char at) {
    bool is_quoted = false;
    std::size_t end = 0;
    for (; end < text.size(); ++end) {
        if (text[end] == '"') is_quoted = !is_quoted;
        if (is_quoted && text[end] == '\\') ++end;
        if (!is_quoted && end < text.size() && text[end] == at) break;
    }
    const std::string_view front = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return without_blanks(front);
}

/// In thousandths: "0.75", "1", "1.000" (RFC 9110 §12.4.2).
std::optional<unsigned> weight_of(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    if (text.size() > 1 && text[1] != '.') return std::nullopt;
    unsigned weight = text[0] == '1' ? kWhole : 0;
    unsigned unit = 100;
    for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
        if (digit < '0' || digit > '9') return std::nullopt;
        weight += static_cast<unsigned>(digit - '0') * unit;
        unit /= 10;
    }
    if (weight > kWhole) return std::nullopt;
    return weight;
}

/// A member of Accept.
struct MediaRange {
    std::string type;          ///< "*/*", "application/*", "application/json"
    bool has_charset = false;  ///< and it is UTF-8
    bool is_other = false;     ///< has parameters that nothing here has
    unsigned weight = kWhole;

    /// The higher the more exact; 0 if the type is not in the range (RFC 9110 §12.5.1).
    unsigned match(std::string_view offered) const {
        if (is_other) return 0;
        const unsigned more = has_charset ? 1 : 0;
        if (type == offered) return 5 + more;
        if (type == "*/*") return 1 + more;
        const std::string_view beginning = std::string_view(type).substr(0, type.size() - 1);
        return type.ends_with("/*") && offered.starts_with(beginning) ? 3 + more : 0;
    }
};

bool is_token(std::string_view text) {
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
    return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_range(std::string_view text) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    const bool is_odd = text.starts_with("*/") && text != "*/*";
    return !is_odd && is_token(text.substr(0, slash)) &&
           is_token(text.substr(std::min(slash + 1, text.size())));
}

std::optional<MediaRange> read_range(std::string_view member) {
    MediaRange range;
    range.type = lower_case(cut(member, ';'));
    if (!is_range(range.type)) return std::nullopt;
    while (!member.empty()) {
        std::string_view value = cut(member, ';');
        if (value.empty()) continue;
        const std::string name = lower_case(cut(value, '='));
        if (name == "q") {
            const std::optional<unsigned> weight = weight_of(without_blanks(value));
            if (!weight) return std::nullopt;
            range.weight = *weight;
            break;  // what is behind it was an extension of HTTP once, and is none of the type's
        }
        const std::string text = lower_case(without_blanks(value));
        const bool is_ours = name == "charset" && (text == "utf-8" || text == "\"utf-8\"");
        range.has_charset = range.has_charset || is_ours;
        range.is_other = range.is_other || !is_ours;
    }
    return range;
}

/// Removes an entity-tag from the front (RFC 9110 §8.8.3); returns it with its quotes, without
/// "W/".
std::optional<std::string_view> take_entity_tag(std::string_view& text) {
    if (text.starts_with("W/")) text.remove_prefix(2);
    if (!text.starts_with('"')) return std::nullopt;
    const std::size_t end = text.find('"', 1);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view tag = text.substr(0, end + 1);
    const bool is_legal = std::all_of(tag.begin(), tag.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > ' ' && byte != 0x7f;
    });
    if (!is_legal) return std::nullopt;
    text.remove_prefix(tag.size());
    return tag;
}

/// The weight of a type, by the range that names it most exactly.
struct Liking {
    unsigned exactness = 0;
    unsigned weight = 0;
};

}  // namespace

std::optional<std::size_t> preferred_type(
    std::string_view accept,
    std::span<const std::string_view> offered
) {
    bool says_nothing = true;
    std::vector<Liking> likings(offered.size());
    while (!accept.empty()) {
        const std::optional<MediaRange> range = read_range(cut(accept, ','));
        if (!range) continue;
        says_nothing = false;
        for (std::size_t i = 0; i < offered.size(); ++i) {
            const unsigned exactness = range->match(offered[i]);
            if (exactness == 0) continue;
            Liking& known = likings[i];
            if (exactness > known.exactness) known = {exactness, 0};
            if (exactness == known.exactness) known.weight = std::max(known.weight, range->weight);
        }
    }
    if (says_nothing) return 0;
    const auto best = std::max_element(likings.begin(), likings.end(), [](auto& a, auto& b) {
        return std::pair(a.weight, a.exactness) < std::pair(b.weight, b.exactness);
    });
    if (best == likings.end() || best->weight == 0) return std::nullopt;
    return static_cast<std::size_t>(best - likings.begin());
}

bool has_already(std::string_view if_none_match, std::string_view opaque_tag) {
    std::string_view rest = without_blanks(if_none_match);
    if (rest == "*") return true;
    bool is_listed = false;
    while (!rest.empty()) {
        if (rest.front() != ',') {  // a list may have empty members
            const std::optional<std::string_view> tag = take_entity_tag(rest);
            if (!tag) return false;
            is_listed = is_listed || *tag == opaque_tag;
            rest = without_blanks(rest);
        }
        if (!rest.empty() && rest.front() != ',') return false;
        rest = without_blanks(rest.substr(std::min<std::size_t>(1, rest.size())));
    }
    return is_listed;
}

}  // namespace reginfo::metrics

#include "app/profile_rule.hpp"

#include "app/listen_address.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {
namespace {

constexpr std::size_t kMaxText = 255;

/// Takes the next word off the text; empty at its end.
std::string_view take_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end);
    return word;
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

/// Adds the condition to the rule. Returns why not; empty if it was added.
std::string add(ProfileRule& rule, std::string_view name, std::string_view value) {
    const auto twice = [&] { return "gives " + std::string(name) + " twice"; };
    if (value.empty()) return "gives " + std::string(name) + " no value";
    if (name == "network") {
        if (rule.network) return twice();
        const auto network = parse_network(value);
        if (!network) return "has " + quoted(value) + ", which " + network.error().why;
        rule.network = *network;
        return "";
    }
    if (name != "user_agent" && name != "from_domain") {
        return "has an unknown condition " + quoted(name);
    }
    std::string& text = name == "user_agent" ? rule.user_agent : rule.from_domain;
    if (!text.empty()) return twice();
    text = value;
    return "";
}

}  // namespace

boost::system::result<ProfileRule, ProfileRuleError> parse_profile_rule(std::string_view text) {
    const bool printable =
        std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (!printable) return ProfileRuleError{"is not printable ASCII"};
    const auto profile = profile_named(take_word(text));
    if (!profile) return ProfileRuleError{"begins with no profile"};
    ProfileRule rule;
    rule.profile = *profile;
    bool in_user_agent = false;
    for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
        const std::size_t equals = word.find('=');
        if (equals == std::string_view::npos && in_user_agent) {
            rule.user_agent.append(" ").append(word);
            continue;
        }
        if (equals == std::string_view::npos) {
            return ProfileRuleError{"has " + quoted(word) + ", which is no condition"};
        }
        const std::string_view name = word.substr(0, equals);
        std::string why = add(rule, name, word.substr(equals + 1));
        if (!why.empty()) return ProfileRuleError{std::move(why)};
        in_user_agent = name == "user_agent";
    }
    // Not of the rule as it was written: a network is written longer than it may be given.
    const bool too_long = rule.user_agent.size() > kMaxText || rule.from_domain.size() > kMaxText;
    if (too_long) return ProfileRuleError{"is too long"};
    return rule;
}

std::string to_string(const ProfileRule& rule) {
    std::string text(text_of(rule.profile));
    if (rule.network) text += " network=" + rule.network->to_string();
    if (!rule.user_agent.empty()) text += " user_agent=" + rule.user_agent;
    if (!rule.from_domain.empty()) text += " from_domain=" + rule.from_domain;
    return text;
}

}  // namespace reginfo

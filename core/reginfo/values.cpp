/// @file
/// The values of reginfo attributes from their text.

#include "core/reginfo/values.hpp"

#include "core/base/ascii.hpp"
#include "core/base/numbers.hpp"
#include "core/reginfo/xml_text.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace reginfo {
namespace {

constexpr std::string_view kDecimalDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";
constexpr std::uint64_t kUnsignedMax = std::numeric_limits<std::uint32_t>::max();

constexpr std::array kEvents = {
    ContactEvent::registered,
    ContactEvent::created,
    ContactEvent::refreshed,
    ContactEvent::shortened,
    ContactEvent::expired,
    ContactEvent::deactivated,
    ContactEvent::probation,
    ContactEvent::unregistered,
    ContactEvent::rejected,
    ContactEvent::terminated,
};

constexpr std::array kStates = {
    RegistrationState::init,
    RegistrationState::active,
    RegistrationState::terminated,
};

template <class Values>
auto find_by_text(const Values& values, std::string_view text)
    -> std::optional<typename Values::value_type> {
    for (const auto value : values) {
        if (text_of(value) == text) return value;
    }
    return std::nullopt;
}

}  // namespace

std::optional<ContactEvent> parse_contact_event(std::string_view text) {
    return find_by_text(kEvents, text);
}

std::optional<RegistrationState> parse_registration_state(std::string_view text) {
    return find_by_text(kStates, text);
}

std::optional<Seconds> parse_seconds(std::string_view text) {
    const auto number = parse_saturating(xml::trimmed(text), kUnsignedMax);
    if (!number) return std::nullopt;
    return Seconds(static_cast<Seconds::rep>(*number));
}

std::optional<std::uint32_t> parse_cseq(std::string_view text) {
    return parse_number<std::uint32_t>(xml::trimmed(text));
}

bool is_language(std::string_view text) {
    constexpr std::size_t kSubtagMax = 8;
    std::size_t length = 0;  // of the subtag so far
    bool is_first = true;
    for (const char c : text) {
        if (c == '-') {
            if (length == 0) return false;
            length = 0;
            is_first = false;
        } else if (!is_letter(c) && (is_first || !is_digit(c))) {
            return false;
        } else if (++length > kSubtagMax) {
            return false;
        }
    }
    return length > 0;
}

bool is_any_uri(std::string_view text) {
    if (text.empty()) return false;
    const std::size_t colon = text.find_first_of(":/?#");
    if (colon != std::string_view::npos && text[colon] == ':') {
        const std::string_view scheme = text.substr(0, colon);
        const bool is_scheme =
            !scheme.empty() && is_letter(scheme.front()) &&
            std::all_of(scheme.begin(), scheme.end(), [](char c) {
                return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
            });
        if (!is_scheme) return false;
    }
    bool has_fragment = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '#' && std::exchange(has_fragment, true)) return false;
        if (text[i] != '%') continue;
        const std::string_view code = text.substr(i + 1, 2);
        if (code.size() < 2 || code.find_first_not_of(kHexDigits) != std::string_view::npos) {
            return false;
        }
    }
    return true;
}

bool is_qvalue(std::string_view text) {
    if (text.empty() || text.size() > 5) return false;
    const char whole = text[0];
    if (whole != '0' && whole != '1') return false;
    if (text.size() == 1) return true;
    const std::string_view allowed = whole == '0' ? kDecimalDigits : "0";
    return text[1] == '.' && text.find_first_not_of(allowed, 2) == std::string_view::npos;
}

}  // namespace reginfo

/// @file

#include "core/event/watcher/answer_rules.hpp"

#include <algorithm>

namespace reginfo {
namespace {

using enum AnswerMeaning;

constexpr bool kWith = true;
constexpr bool kWithout = false;
constexpr bool kLasting = true;
constexpr bool kWornOut = true;

// For a MUST of RFC 6665 §4.2.2 the status alone counts: Retry-After does not keep such a
// subscription. With any other status, Retry-After shows that the watcher still exists.
// clang-format off
constexpr AnswerRule kRules[] = {
    {kNoAnswer, kNoAnswer, {}, kLasting, unanswered, "profile"},
    {kNoAnswer, kNoAnswer, {}, {}, ends_subscription, "RFC 6665 4.2.2, RFC 5057 5.2"},
    {kTransportError, kNoRoute, {}, kLasting, unanswered, "profile"},
    {kTransportError, kTransportError, {}, {}, retry, "RFC 3261 8.1.3.1: as 503"},
    {kNoRoute, kNoRoute, {}, {}, ends_subscription, "no NOTIFY can reach it"},

    {200, 299, {}, {}, accepted, "RFC 6665 4.1.3"},
    {300, 399, kWith, {}, retry_after, "RFC 3261 20.33"},
    {300, 399, {}, {}, refused, "RFC 5057 5.1: redirection within a dialog is not defined"},

    {401, 401, {}, {}, refused, "RFC 5057 5.1: challenges the request; there are no credentials"},
    {407, 407, {}, {}, refused, "RFC 5057 5.1: as 401"},
    {404, 404, {}, {}, ends_dialog, "RFC 6665 4.2.2, RFC 5057 5.1"},
    {405, 405, {}, {}, ends_subscription, "RFC 6665 4.2.2, RFC 5057 5.1"},
    {408, 408, {}, kLasting, unanswered, "RFC 5057 5.1: as no answer"},
    {408, 408, {}, {}, ends_subscription, "RFC 5057 5.1: as no answer"},
    {410, 410, {}, {}, ends_dialog, "RFC 6665 4.2.2, RFC 5057 5.1"},
    {416, 416, {}, {}, ends_dialog, "RFC 6665 4.2.2, RFC 5057 5.1"},
    {480, 481, {}, {}, ends_subscription, "RFC 6665 4.2.2, RFC 5057 5.1"},
    {482, 485, {}, {}, ends_dialog, "RFC 6665 4.2.2, RFC 5057 5.1"},
    {489, 489, {}, {}, ends_subscription, "RFC 6665 4.2.2, RFC 5057 5.1"},
    {491, 491, kWithout, {}, retry, "RFC 3261 21.4.27: a request of its own is pending"},
    {400, 499, kWith, {}, retry_after, "RFC 3261 20.33"},
    {400, 499, {}, {}, refused, "RFC 5057 5.1: a complaint about this request"},

    {501, 501, {}, {}, ends_subscription, "RFC 6665 4.2.2, RFC 5057 5.1"},
    {502, 502, {}, kLasting, unanswered, "profile"},
    {502, 502, {}, {}, ends_dialog, "RFC 5057 5.1: the route set is of no use"},
    {505, 505, {}, {}, refused, "RFC 5057 5.1: a complaint about this request"},
    {513, 513, {}, {}, refused, "RFC 5057 5.1: a complaint about this request"},
    {500, 500, kWithout, {}, ends_subscription, "RFC 5057 5.1: 500, of a proxy that lost the way", kWornOut},
    {503, 503, kWithout, {}, ends_subscription, "RFC 5057 5.1: as 500", kWornOut},
    {500, 599, kWith, {}, retry_after, "RFC 5057 5.1: 500"},
    {500, 599, {}, {}, retry, "RFC 5057 5.1: 500, after an interval of our choosing"},

    {604, 604, {}, {}, ends_dialog, "RFC 6665 4.2.2, RFC 5057 5.1"},
    {600, 699, kWith, {}, retry_after, "RFC 5057 5.1: 600"},
    {600, 699, {}, {}, refused, "RFC 5057 5.1: 600, 603, 606"},
};
// clang-format on

}  // namespace

std::span<const AnswerRule> answer_rules() { return kRules; }

AnswerMeaning meaning_of(const NotifyEnd& end) {
    const auto rule =
        std::find_if(std::begin(kRules), std::end(kRules), [&](const AnswerRule& row) {
            return row.applies_to(end);
        });
    return rule == std::end(kRules) ? refused : rule->meaning;
}

}  // namespace reginfo

/// @file
/// What the answer to a NOTIFY, or none, means for its subscription and dialog: one table
/// (RFC 6665 §4.2.2, RFC 5057 §5).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace reginfo {

enum class AnswerMeaning : std::uint8_t {
    accepted,           ///< the watcher has the document
    refused,            ///< this NOTIFY only; the next change is notified as usual
    retry,              ///< this NOTIFY only; it is repeated after an interval of our choosing
    retry_after,        ///< this NOTIFY only; it is repeated after Retry-After
    unanswered,         ///< the watcher may be away: retried at growing intervals
    ends_subscription,  ///< this usage of the dialog is over
    ends_dialog,        ///< all usages of the dialog are over
};

/// In place of a status: timer F fired (RFC 3261 §17.1.2.2).
inline constexpr int kNoAnswer = 0;
/// In place of a status: the NOTIFY could not be sent (RFC 3261 §8.1.3.1).
inline constexpr int kTransportError = 1;
/// In place of a status: none of our listeners can reach the next hop.
inline constexpr int kNoRoute = 2;

/// How a NOTIFY ended: the status, and the conditions of rules.
struct NotifyEnd {
    int status = 0;  ///< of a final response, kNoAnswer, kTransportError or kNoRoute
    bool has_retry_after = false;
    /// The subscription survives a timeout, by its profile, and a NOTIFY of its dialog was answered
    /// before. (By the profile alone, any User-Agent could direct NOTIFYs to a stranger for long.)
    bool is_lasting = false;
    /// NOTIFYs have failed ProfileTraits::failures_max times in a row.
    bool is_worn_out = false;
};

/// One row of the table.
struct AnswerRule {
    int first = 0;
    int last = 0;
    std::optional<bool> retry_after = {};  ///< applies only with, or only without Retry-After
    std::optional<bool> lasting = {};      ///< applies only if NotifyEnd::is_lasting has this value
    AnswerMeaning meaning = AnswerMeaning::refused;
    std::string_view source = {};  ///< the RFC and section
    bool worn_out = false;         ///< applies only if NotifyEnd::is_worn_out

    constexpr bool applies_to(const NotifyEnd& end) const {
        return first <= end.status && end.status <= last &&
               (!retry_after || *retry_after == end.has_retry_after) &&
               (!lasting || *lasting == end.is_lasting) && (!worn_out || end.is_worn_out);
    }
};

/// All rows. The first one that applies counts.
std::span<const AnswerRule> answer_rules();

AnswerMeaning meaning_of(const NotifyEnd& end);

}  // namespace reginfo

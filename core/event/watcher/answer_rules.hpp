/// @file
/// What becomes of a subscription and its dialog when a NOTIFY is answered, or is not: one table
/// (RFC 6665 §4.2.2, RFC 5057 §5).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace reginfo {

enum class AnswerMeaning : std::uint8_t {
    accepted,           ///< the watcher has what it was told
    refused,            ///< this NOTIFY only; the next news is told as usual
    retry,              ///< this NOTIFY only; the same is told again after a wait of our own
    retry_after,        ///< this NOTIFY only; the same is told again when Retry-After is over
    unanswered,         ///< the watcher may be away: it is tried again, ever more seldom
    ends_subscription,  ///< this usage of the dialog is over
    ends_dialog,        ///< all usages of the dialog are over
};

/// In place of a status: timer F fired (RFC 3261 §17.1.2.2).
inline constexpr int kNoAnswer = 0;
/// In place of a status: the NOTIFY could not be sent (RFC 3261 §8.1.3.1).
inline constexpr int kTransportError = 1;
/// In place of a status: none of our listeners can reach the next hop.
inline constexpr int kNoRoute = 2;

/// How a NOTIFY ended, and what counts beside the status.
struct NotifyEnd {
    int status = 0;  ///< of a final response, kNoAnswer, kTransportError or kNoRoute
    bool has_retry_after = false;
    /// The subscription survives a timeout: its profile says so, and a NOTIFY of its dialog was
    /// answered before. Else a header that its sender chose would keep NOTIFYs going to a stranger.
    bool is_lasting = false;
    /// It failed as often in a row as its profile bears (ProfileTraits::failures_max).
    bool is_worn_out = false;
};

/// One row: these statuses mean that.
struct AnswerRule {
    int first = 0;
    int last = 0;
    std::optional<bool> retry_after = {};  ///< only with, only without Retry-After
    std::optional<bool> lasting = {};      ///< only for profiles that do, do not survive a timeout
    AnswerMeaning meaning = AnswerMeaning::refused;
    std::string_view source = {};  ///< the section that says so
    bool worn_out = false;         ///< only where it is

    constexpr bool applies_to(const NotifyEnd& end) const {
        return first <= end.status && end.status <= last &&
               (!retry_after || *retry_after == end.has_retry_after) &&
               (!lasting || *lasting == end.is_lasting) && (!worn_out || end.is_worn_out);
    }
};

/// In order: the first row that applies counts, and one always does.
std::span<const AnswerRule> answer_rules();

AnswerMeaning meaning_of(const NotifyEnd& end);

}  // namespace reginfo

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

/// One row: these statuses mean that.
struct AnswerRule {
    int first = 0;
    int last = 0;
    std::optional<bool> retry_after = {};  ///< only with, only without Retry-After
    std::optional<bool> lasting = {};      ///< only for profiles that do, do not survive a timeout
    AnswerMeaning meaning = AnswerMeaning::refused;
    std::string_view source = {};  ///< the section that says so

    constexpr bool applies_to(int status, bool has_retry_after, bool is_lasting) const {
        return first <= status && status <= last &&
               (!retry_after || *retry_after == has_retry_after) &&
               (!lasting || *lasting == is_lasting);
    }
};

/// In order: the first row that applies counts, and one always does.
std::span<const AnswerRule> answer_rules();

/// @param status  of a final response, kNoAnswer, kTransportError or kNoRoute
/// @param is_lasting  the subscription survives a timeout: its profile says so, and a NOTIFY of its
///                    dialog was answered before. Else a header that its sender chose would keep
///                    NOTIFYs going to a stranger.
AnswerMeaning meaning_of(int status, bool has_retry_after, bool is_lasting);

}  // namespace reginfo

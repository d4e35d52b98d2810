/// @file

#include "core/event/state/precedence.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <tuple>

namespace reginfo {
namespace {

/// Dominated tombstones are dropped; this bounds what a hostile publisher can leave behind.
constexpr std::size_t kTombstonesMax = 1024;

/// Ends of one contact whose Call-ID no active word has: only words that come late could meet them.
constexpr std::ptrdiff_t kIdleEndsMax = 8;

bool by_contact(const Claim& a, const Claim& b) {
    const auto key = [](const Claim& c) {
        const ContactDetails& d = c.details();
        return std::make_tuple(d.id, d.callid(), d.cseq, c.word->said);
    };
    return key(a) < key(b);
}

/// Two documents of one registrar tell the end of one registration with less than this between.
constexpr Duration kSameTime = std::chrono::seconds{5};

/// Whether `active` is of the very registration whose end `ended` tells: then it is a document that
/// was overtaken, however late it comes. (Kamailio publishes the ends of two contacts at once, each
/// with the other one as it was, and with the cseq of the registration; the one that loses its
/// entity-tag to the other comes again, as another publication or with the newest tag.)
bool is_outdated_by(const Word& active, const Word& ended) {
    if (!active.active || ended.active || !active.deadline || !ended.deadline) return false;
    const ContactDetails& x = *active.details;
    const ContactDetails& y = *ended.details;
    const Duration apart = *active.deadline - *ended.deadline;
    return x.callid() == y.callid() && x.cseq && x.cseq == y.cseq && apart <= kSameTime &&
           apart >= -kSameTime;
}

/// Whether `a` takes precedence over `b` (RULES.md, "The state is a merge"). Only for words on one
/// contact.
bool beats(const Word& a, const Word& b) {
    const ContactDetails& x = *a.details;
    const ContactDetails& y = *b.details;
    if (a.said == kImported || b.said == kImported) return a.said > b.said;
    if (is_outdated_by(a, b)) return false;
    if (is_outdated_by(b, a)) return true;
    if (x.callid() == y.callid() && x.cseq && y.cseq && x.cseq != y.cseq) return x.cseq > y.cseq;
    return a.said > b.said;
}

/// Whether `a` keeps out every active word that `b` keeps out, now and later. Words of other
/// Call-IDs never do: only `b` can keep out those of its own with a lower cseq.
bool outlasts(const Word& a, const Word& b) {
    return a.details->callid() == b.details->callid() && a.said >= b.said && !beats(b, a);
}

const Claim* later(const Claim* a, const Claim* b) {
    if (!a) return b;
    if (!b) return a;
    return b->word->said > a->word->said ? b : a;
}

/// The last of the words with the highest cseq that no end outdates: what outdates another is one
/// of them, and nothing outdates an end. @pre as for best_of_callid
const Claim* best_numbered(std::span<const Claim> claims) {
    const auto is_numbered = [](const Claim& claim) {
        return claim.details().cseq && claim.word->said != kImported;
    };
    const auto last = std::find_if(claims.rbegin(), claims.rend(), is_numbered);
    if (last == claims.rend()) return nullptr;
    const auto best = std::find_if(last, claims.rend(), [&](const Claim& claim) {
        return is_numbered(claim) && claim.details().cseq == last->details().cseq &&
               std::none_of(claims.begin(), claims.end(), [&](const Claim& other) {
                   return other.word->said != kImported && is_outdated_by(*claim.word, *other.word);
               });
    });
    return &*best;
}

/// The best word of one Call-ID. Precedence of pairs is no order where a cseq is missing, so the
/// highest numbered word meets the last unnumbered one. @pre sorted by_contact, one callid
const Claim* best_of_callid(std::span<const Claim> claims) {
    const Claim* numbered = best_numbered(claims);
    const Claim* unnumbered = nullptr;
    const Claim* imported = nullptr;
    for (const Claim& claim : claims) {
        if (claim.word->said == kImported) {
            imported = &claim;
        } else if (!claim.details().cseq) {
            unnumbered = &claim;
        }
    }
    return numbered || unnumbered ? later(numbered, unnumbered) : imported;
}

/// Bounds the tombstones of one contact, which begin there. Returns how many it gave up.
std::size_t drop_oldest_idle(
    std::span<const Claim> claims,
    std::vector<Word>::iterator begin,
    std::vector<Word>& kept
) {
    const auto has_active = [&](const Word& tomb) {
        return std::any_of(claims.begin(), claims.end(), [&](const Claim& claim) {
            return claim.word->active && claim.details().callid() == tomb.details->callid();
        });
    };
    const auto idle = std::partition(begin, kept.end(), has_active);
    if (kept.end() - idle <= kIdleEndsMax) return 0;
    std::sort(idle, kept.end(), [](const Word& a, const Word& b) { return a.said > b.said; });
    const auto given_up = static_cast<std::size_t>(kept.end() - idle - kIdleEndsMax);
    kept.erase(idle + kIdleEndsMax, kept.end());
    return given_up;
}

}  // namespace

Claims claims_of(const AorState& state) {
    Claims claims;
    for (const Publication& publication : state.publications) {
        for (const Word& word : publication.words) claims.push_back({&word, &publication});
    }
    for (const Word& word : state.tombstones) claims.push_back({&word, nullptr});
    std::sort(claims.begin(), claims.end(), by_contact);
    return claims;
}

Verdict judge(std::span<const Claim> claims) {
    const Claim* with_callid = nullptr;
    const Claim* plain_active = nullptr;
    const Claim* plain_ended = nullptr;
    for (std::size_t begin = 0; begin < claims.size();) {
        std::size_t end = begin + 1;
        const std::string_view callid = claims[begin].details().callid();
        while (end < claims.size() && claims[end].details().callid() == callid) ++end;
        const auto group = claims.subspan(begin, end - begin);
        if (!callid.empty()) {
            with_callid = later(with_callid, best_of_callid(group));
        } else {
            for (const Claim& claim : group) {
                const Claim*& best = claim.word->active ? plain_active : plain_ended;
                best = later(best, &claim);
            }
        }
        begin = end;
    }

    const bool only_imported = with_callid && with_callid->word->said == kImported;
    if (only_imported && (plain_active || plain_ended)) with_callid = nullptr;

    Verdict verdict;
    if (with_callid && with_callid->word->active) {
        verdict.winner = with_callid;
    } else if (plain_active) {
        verdict.winner = plain_active;
    } else {
        verdict.winner = with_callid ? with_callid : plain_ended;
    }
    for (const Claim& claim : claims) {
        if (claim.word->active && claim.publication &&
            claim.publication != verdict.winner->publication) {
            ++verdict.conflicts;
        }
    }
    return verdict;
}

std::size_t keep_tombstones(std::span<const Claim> claims, std::vector<Word>& kept) {
    const std::size_t first = kept.size();
    std::size_t given_up = 0;
    for (const Claim& claim : claims) {
        if (claim.publication) continue;
        const Word& tomb = *claim.word;
        const bool needed = std::any_of(claims.begin(), claims.end(), [&](const Claim& other) {
            return other.word->active && !other.details().callid().empty() &&
                   beats(tomb, *other.word);
        });
        if (!needed) continue;
        const bool dominated = std::any_of(
            kept.begin() + static_cast<std::ptrdiff_t>(first),
            kept.end(),
            [&](const Word& other) { return outlasts(other, tomb); }
        );
        if (dominated) continue;
        std::erase_if(kept, [&](const Word& other) {
            return other.details->id == tomb.details->id && outlasts(tomb, other);
        });
        if (kept.size() < kTombstonesMax) {
            kept.push_back(tomb);
        } else {
            ++given_up;
        }
    }
    return given_up +
           drop_oldest_idle(claims, kept.begin() + static_cast<std::ptrdiff_t>(first), kept);
}

bool outdoes(const Contact& later, const Contact& earlier) {
    if (later.active != earlier.active) return later.active;
    const bool comparable = later.callid == earlier.callid && later.cseq && earlier.cseq;
    return !comparable || later.cseq >= earlier.cseq;
}

}  // namespace reginfo

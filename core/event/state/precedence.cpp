/// @file
///
/// Words on one contact are compared in four ways:
/// - later_of: by the order of their first publication alone. A total order.
/// - takes_precedence: the rule itself, for a pair of words. With the same Call-ID and two cseqs
///   the higher cseq wins, otherwise the later word. It is no order where a cseq is missing, so
///   best_of_callid reduces the words of one Call-ID to two before it compares them.
/// - covers: whether one tombstone makes another one superfluous.
/// - replaces: for two listings of one document, whose words have no order yet.
///
/// takes_precedence has one exception, the race of two ends (is_overtaken_by). Example: Kamailio
/// holds contacts A and B and both are unregistered. It sends two PUBLISHes at once, "A ended, B
/// active" and "B ended, A active", with the same entity-tag. The second is refused with 412 and
/// comes again as the newest document, in which A is active. By order, A would be active for the
/// rest of its registration. But its active word has the Call-ID and the cseq of its end, and the
/// same deadline but for rounding: it belongs to the registration that has ended. So it loses,
/// whatever its order. A registration that is really renewed has a higher cseq. The exception makes
/// takes_precedence non-transitive; best_with_cseq first removes the words that were overtaken.

#include "core/event/state/precedence.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <iterator>
#include <tuple>

namespace reginfo {
namespace {

/// Of one AOR. Tombstones that are covered are dropped; this bounds those of a hostile publisher.
constexpr std::size_t kTombstonesMax = 1024;

/// Of one contact: tombstones with a Call-ID that no active word has. Only a delayed PUBLISH could
/// still bring such a word.
constexpr std::ptrdiff_t kUnopposedMax = 8;

bool is_sorted_before(const Claim& a, const Claim& b) {
    const auto key = [](const Claim& c) {
        const ContactDetails& d = c.details();
        return std::make_tuple(d.id, d.callid(), d.cseq, c.word->order);
    };
    return key(a) < key(b);
}

/// The deadlines that two documents give to one registration differ by no more than this.
constexpr Duration kSameDeadline = std::chrono::seconds{5};

/// Whether `active` belongs to the registration whose end is `ended`: see the race above.
bool is_overtaken_by(const Word& active, const Word& ended) {
    if (!active.active || ended.active || !active.deadline || !ended.deadline) return false;
    const ContactDetails& x = *active.details;
    const ContactDetails& y = *ended.details;
    const Duration apart = *active.deadline - *ended.deadline;
    return x.callid() == y.callid() && x.cseq && x.cseq == y.cseq && apart <= kSameDeadline &&
           apart >= -kSameDeadline;
}

/// Whether `a` wins over `b`. @pre both are on one contact
bool takes_precedence(const Word& a, const Word& b) {
    const ContactDetails& x = *a.details;
    const ContactDetails& y = *b.details;
    if (a.order == kImported || b.order == kImported) return a.order > b.order;
    if (is_overtaken_by(a, b)) return false;
    if (is_overtaken_by(b, a)) return true;
    if (x.callid() == y.callid() && x.cseq && y.cseq && x.cseq != y.cseq) return x.cseq > y.cseq;
    return a.order > b.order;
}

/// Whether tombstone `a` wins over every active word that tombstone `b` wins over, now and later.
/// With different Call-IDs it never does: `b` alone wins over its own Call-ID with a lower cseq.
bool covers(const Word& a, const Word& b) {
    return a.details->callid() == b.details->callid() && a.order >= b.order &&
           !takes_precedence(b, a);
}

const Claim* later_of(const Claim* a, const Claim* b) {
    if (!a) return b;
    if (!b) return a;
    return b->word->order > a->word->order ? b : a;
}

/// Of the words with the highest cseq the latest that was not overtaken. A word that overtakes
/// another one has the same cseq, and is never overtaken itself. @pre as for best_of_callid
const Claim* best_with_cseq(std::span<const Claim> claims) {
    const auto has_cseq = [](const Claim& claim) {
        return claim.details().cseq && claim.word->order != kImported;
    };
    const auto last = std::find_if(claims.rbegin(), claims.rend(), has_cseq);
    if (last == claims.rend()) return nullptr;
    const auto best = std::find_if(last, claims.rend(), [&](const Claim& claim) {
        return has_cseq(claim) && claim.details().cseq == last->details().cseq &&
               std::none_of(claims.begin(), claims.end(), [&](const Claim& other) {
                   return other.word->order != kImported &&
                          is_overtaken_by(*claim.word, *other.word);
               });
    });
    return &*best;
}

/// The winner among the words of one Call-ID: the best with a cseq against the latest without one.
/// Imported words lose to both. @pre sorted by is_sorted_before; one contact, one Call-ID
const Claim* best_of_callid(std::span<const Claim> claims) {
    const Claim* with_cseq = best_with_cseq(claims);
    const Claim* without_cseq = nullptr;
    const Claim* imported = nullptr;
    for (const Claim& claim : claims) {
        if (claim.word->order == kImported) {
            imported = &claim;
        } else if (!claim.details().cseq) {
            without_cseq = &claim;
        }
    }
    return with_cseq || without_cseq ? later_of(with_cseq, without_cseq) : imported;
}

/// Drops the oldest tombstones of one contact beyond kUnopposedMax whose Call-ID no active word
/// has. Returns how many.
/// @param begin  the first tombstone of this contact in `kept`
std::size_t drop_oldest_unopposed(
    std::span<const Claim> claims,
    std::vector<Word>::iterator begin,
    std::vector<Word>& kept
) {
    const auto has_active = [&](const Word& tombstone) {
        return std::any_of(claims.begin(), claims.end(), [&](const Claim& claim) {
            return claim.word->active && claim.details().callid() == tombstone.details->callid();
        });
    };
    const auto unopposed = std::partition(begin, kept.end(), has_active);
    if (kept.end() - unopposed <= kUnopposedMax) return 0;
    std::sort(unopposed, kept.end(), [](const Word& a, const Word& b) {
        return a.order > b.order;
    });
    const auto dropped = static_cast<std::size_t>(kept.end() - unopposed - kUnopposedMax);
    kept.erase(unopposed + kUnopposedMax, kept.end());
    return dropped;
}

}  // namespace

Claims claims_of(const AorState& state) {
    Claims claims;
    for (const Publication& publication : state.publications) {
        for (const Word& word : publication.words) claims.push_back({&word, &publication});
    }
    for (const Word& word : state.tombstones) claims.push_back({&word, nullptr});
    std::sort(claims.begin(), claims.end(), is_sorted_before);
    return claims;
}

Winner winner_of(std::span<const Claim> claims) {
    assert(!claims.empty());
    const Claim* with_callid = nullptr;
    const Claim* active_without_callid = nullptr;
    const Claim* ended_without_callid = nullptr;
    for (std::size_t begin = 0; begin < claims.size();) {
        std::size_t end = begin + 1;
        const std::string_view callid = claims[begin].details().callid();
        while (end < claims.size() && claims[end].details().callid() == callid) ++end;
        const auto group = claims.subspan(begin, end - begin);
        if (!callid.empty()) {
            with_callid = later_of(with_callid, best_of_callid(group));
        } else {
            for (const Claim& claim : group) {
                const Claim*& best =
                    claim.word->active ? active_without_callid : ended_without_callid;
                best = later_of(best, &claim);
            }
        }
        begin = end;
    }

    const bool only_imported = with_callid && with_callid->word->order == kImported;
    if (only_imported && (active_without_callid || ended_without_callid)) with_callid = nullptr;

    Winner winner;
    if (with_callid && with_callid->word->active) {
        winner.claim = with_callid;
    } else if (active_without_callid) {
        winner.claim = active_without_callid;
    } else {
        winner.claim = with_callid ? with_callid : ended_without_callid;
    }
    for (const Claim& claim : claims) {
        if (claim.word->active && claim.publication &&
            claim.publication != winner.claim->publication) {
            ++winner.conflicts;
        }
    }
    return winner;
}

std::size_t keep_tombstones(std::span<const Claim> claims, std::vector<Word>& kept) {
    const std::size_t first_of_contact = kept.size();
    std::size_t dropped = 0;
    for (const Claim& claim : claims) {
        if (claim.publication) continue;
        const Word& tombstone = *claim.word;
        const bool is_needed = std::any_of(claims.begin(), claims.end(), [&](const Claim& other) {
            return other.word->active && !other.details().callid().empty() &&
                   takes_precedence(tombstone, *other.word);
        });
        if (!is_needed) continue;
        const bool is_covered = std::any_of(
            kept.begin() + static_cast<std::ptrdiff_t>(first_of_contact),
            kept.end(),
            [&](const Word& other) { return covers(other, tombstone); }
        );
        if (is_covered) continue;
        std::erase_if(kept, [&](const Word& other) {
            return other.details->id == tombstone.details->id && covers(tombstone, other);
        });
        if (kept.size() < kTombstonesMax) {
            kept.push_back(tombstone);
        } else {
            ++dropped;
        }
    }
    return dropped + drop_oldest_unopposed(
                         claims, kept.begin() + static_cast<std::ptrdiff_t>(first_of_contact), kept
                     );
}

bool replaces(const Contact& later, const Contact& earlier) {
    if (later.active != earlier.active) return later.active;
    const bool comparable = later.callid == earlier.callid && later.cseq && earlier.cseq;
    return !comparable || later.cseq >= earlier.cseq;
}

}  // namespace reginfo

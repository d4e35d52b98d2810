/// @file

#include "core/bounds.hpp"

#include <string>

namespace reginfo {
namespace {

/// The setting of the bound, or else its reason; empty if another place writes the line.
std::string_view text_of(Bound bound) {
    switch (bound) {
        case Bound::publications_per_aor:
            return "limits.publications_per_aor reached";
        case Bound::contacts_per_aor:
            return "limits.contacts_per_aor reached";
        case Bound::aor_bytes:
            return "limits.aor_bytes reached";
        case Bound::publications:
            return "limits.publications reached";
        case Bound::subscriptions_per_aor:
            return "limits.subscriptions_per_aor reached";
        case Bound::subscriptions_per_watcher:
            return "limits.subscriptions_per_watcher reached";
        case Bound::subscriptions:
            return "limits.subscriptions reached";
        case Bound::transactions:
            return "limits.transactions reached";
        case Bound::pending_commits:
            return "limits.pending_commits reached: the store is slow";
        case Bound::waiting_requests:
            return "limits.waiting_requests or limits.waiting_bytes reached";
        case Bound::dialog_state:
            return "limits.dialog_state_bytes reached";
        case Bound::unanswered_hop:
            return "a next hop has never answered: it gets no more than 64 kB a minute";
        case Bound::memory:
            return "limits.memory_bytes is near";
        case Bound::overload_publish:
        case Bound::overload_subscribe:
            return "more requests than can be served";
        case Bound::ended_contacts:
            return "ended contacts forgotten before every watcher was told";
        case Bound::ended_words:
            return "ends forgotten that older publications contradict";
        case Bound::draining:
        case Bound::untrusted_peer:
        case Bound::document:
        case Bound::count_:
            return {};
    }
    return {};
}

}  // namespace

void note_refusal(
    Bound bound,
    std::string_view subject,
    const Flow& flow,
    Stats& stats,
    Outbox& outbox
) {
    ++stats.refused_by_bound[index_of(bound)];
    const std::string_view what = text_of(bound);
    if (what.empty()) return;
    outbox.note(Note::Severity::warning, what, std::string(subject), flow);
}

}  // namespace reginfo

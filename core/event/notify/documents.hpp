/// @file
/// Documents for watchers, each built once for all who need the same (RULES.md, "Every end is
/// notified", "Stable ids", "Work follows change").
#pragma once

#include "core/base/time.hpp"
#include "core/event/records/aor.hpp"
#include "core/event/records/subscription.hpp"
#include "core/outbox.hpp"
#include "core/stats.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

/// The body of one NOTIFY, and what it means.
struct NotifyBody {
    SharedBytes tail;  ///< what follows append_document_head; null for a NOTIFY without body
    bool full = true;
    std::optional<EntityTag> entity_tag;  ///< none where the profile has none
    Revision carries = 0;                 ///< the revision that the watcher has afterwards
};

/// The state of AORs as XML. A document from revision r lists what is active and what ended
/// after r.
class Documents {
public:
    explicit Documents(Stats& stats);

    /// For this subscription, now. Cost: the size of the document for the only watcher of an AOR
    /// and for the first of its kind in a second, a comparison for the others.
    NotifyBody body_for(TimePoint now, const Subscription& subscription);

    /// The first body for a watcher of profile `standard` that subscribes now.
    /// @param aor_text  the AOR as it would write it
    NotifyBody first_body_for(TimePoint now, const Aor& aor, std::string_view aor_text);

    /// Forgets the documents of earlier seconds.
    void expire(TimePoint now);
    /// Forgets all of them.
    void clear() { cache_.clear(); }

    /// Of the documents that are kept, or on their way to somebody.
    std::size_t bytes() const { return *bytes_; }

private:
    /// What two watchers have in common that get the same document.
    struct Kind {
        std::uint64_t aor = 0;  ///< Aor::serial
        Revision from = 0;
        Revision to = 0;
        DocumentKind document = DocumentKind::standard;
        bool full = true;
        bool none_if_empty = false;  ///< no document where it would list nothing
        bool only_ends = false;      ///< nothing that is active is listed

        friend bool operator==(const Kind&, const Kind&) = default;
    };
    struct Built {
        SharedBytes tail;  ///< null if there is nothing to list
        EntityTag entity_tag = 0;
    };
    struct Cached {
        Kind kind;
        std::string aor_text;  ///< as the watcher wrote it
        Built document;
    };

    static bool is_told(const AorState& state, const Kind& kind);
    Built document_of(TimePoint now, const Aor& aor, const Kind& kind, std::string_view aor_text);
    Built build(TimePoint now, const Aor& aor, const Kind& kind, std::string_view aor_text);
    std::string write(
        TimePoint now,
        std::string_view aor,
        const Kind& kind,
        const AorState& state,
        std::string_view aor_text
    );

    std::int64_t second_ = -1;
    std::vector<Cached> cache_;  ///< of this second; the newest last
    std::size_t next_victim_ = 0;
    boost::local_shared_ptr<std::size_t> bytes_;  ///< also of each document, which may outlive us
    Stats& stats_;
};

/// The newest revision that documents of that kind show, by a state or its summary.
template <class State>
Revision newest_of(const State& state, DocumentKind kind) {
    return tells_whole_set(kind) ? state.revision : state.own_changed;
}

/// Names the state that a watcher gets (RFC 5839 §6.1): of all with that kind of documents and that
/// text for the AOR the same, also after a restart, and another one for any other state.
EntityTag entity_tag_of(
    std::string_view aor,
    const AorState& state,
    DocumentKind kind,
    std::string_view aor_text
);

}  // namespace reginfo

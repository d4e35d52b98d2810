/// @file
/// The <registration> elements of documents for watchers (RFC 3680 §5.3, §5.4).
#pragma once

#include "core/base/time.hpp"
#include "core/event/notify/kamailio_terms.hpp"
#include "core/event/state/aor_state.hpp"
#include "core/event/watcher/profile.hpp"

#include <string>
#include <string_view>

namespace reginfo {

/// What a document lists: all that is active, or what changed since, and what ended since.
struct ListedSince {
    Revision from = 0;
    bool full = true;
    bool only_ends = false;

    bool has(const ContactState& contact) const {
        if (!contact.active) return contact.became > from;
        return !only_ends && (full || contact.changed > from);
    }
};

/// One registration in a document.
struct Registered {
    std::string_view aor;       ///< canonical
    std::string_view aor_text;  ///< as the watcher reads it
    const AorState& state;
    ListedSince listing;
    DocumentKind kind = DocumentKind::standard;
    const ListedUris& active;  ///< of the whole document
};

/// Appends it with its contacts, in the terms of that kind of document.
void append_registration(std::string& out, TimePoint now, const Registered& of);

}  // namespace reginfo

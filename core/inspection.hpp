/// @file
/// Read-only access to the state of the core: values, in pieces of bounded size.
#pragma once

#include "core/base/hash.hpp"
#include "core/base/time.hpp"
#include "core/memory_use.hpp"
#include "core/reginfo/document.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo {

class Aor;
class AorTable;
class Documents;
struct ContactState;
class NotifyQueue;
class OpenShards;
struct Publication;
struct Subscription;
class SubscriptionStore;
class WindowGauges;

/// A contact as merged, or as one publication lists it.
struct ContactView {
    std::string id;  ///< as in documents
    std::string uri;
    bool active = true;
    std::string_view event;
    std::optional<Seconds> expires;  ///< time left; nothing without a time of its own
    std::string callid;
    std::optional<std::uint32_t> cseq;
    std::vector<std::pair<std::string, std::string>>
        attributes;  ///< the other attributes passed on
};

struct PublicationView {
    std::string aor;
    std::string entity_tag;
    Seconds expires{0};
    std::vector<ContactView> contacts;    ///< the first ones
    std::size_t contacts_listed = 0;      ///< the number of all
    std::size_t other_registrations = 0;  ///< of other AORs in the same body
};

struct RegistrationView {
    std::string aor;
    RegistrationState state = RegistrationState::init;
    std::uint64_t revision = 0;
    std::size_t contacts_active = 0;
    std::size_t contacts_ended = 0;  ///< and not acknowledged by every watcher yet
    std::size_t publications = 0;
    std::size_t watchers = 0;
    std::size_t watchers_behind = 0;  ///< without a 2xx to the newest revision
};

struct SubscriptionView {
    std::string id;
    std::string aor;       ///< the AOR whose state is notified
    std::string identity;  ///< the identity subscribed to, if another one of the set; else empty
    std::string watcher;   ///< From of the SUBSCRIBE
    std::string remote_target;
    std::string call_id;
    std::string local_tag;
    std::string event_id;  ///< empty if it has none
    std::string_view profile;
    bool active = true;
    std::string_view reason;  ///< of a terminated one
    std::uint32_t cseq = 0;
    std::uint32_t next_version = 0;
    Seconds expires{0};
    int last_status = 0;  ///< as Subscription::last_status
    bool in_flight = false;
    bool due = false;  ///< a NOTIFY is waiting
    std::uint64_t revision_told = 0;
};

/// All about one AOR.
struct RegistrationDetails {
    RegistrationView summary;
    std::vector<ContactView> contacts;  ///< the first ones
    std::vector<PublicationView> publications;
    std::vector<SubscriptionView> watchers;  ///< the first ones
};

/// The first document of a watcher that subscribes now.
struct RegistrationDocument {
    std::string xml;         ///< state="full", version="0"
    std::string entity_tag;  ///< the SIP-ETag of the NOTIFY (RFC 5839)
};

struct RegistrationFilter {
    std::string domain;  ///< the host part; empty: any
    std::string prefix;  ///< of the AOR's user part; empty: any
    std::optional<RegistrationState> state;
    std::optional<std::string> aor;  ///< only subscriptions to this canonical AOR or identity
};

/// Reads the tables of an engine between its turns.
///
/// A list is read from one cursor to the next. A cursor is a slot of a SlotTable: an element that
/// exists all the while is seen exactly once, whatever is added and removed meanwhile.
class Inspection {
public:
    /// All of it must outlive this.
    struct Parts {
        const OpenShards& shards;
        AorTable& aors;
        SubscriptionStore& subscriptions;
        Documents& documents;
        const MemoryHolders& memory;
        const NotifyQueue& queue;
        const WindowGauges& windows;
    };

    explicit Inspection(const Parts& parts)
        : shards_(parts.shards),
          aors_(parts.aors),
          subscriptions_(parts.subscriptions),
          documents_(parts.documents),
          memory_(parts.memory),
          queue_(parts.queue),
          windows_(parts.windows) {}

    /// Bounds for one call of `list`.
    struct Step {
        std::size_t slots = 2'048;  ///< examined
        std::size_t results = 128;  ///< appended; publications of one AOR stay together
        std::size_t weight = 64;    ///< one for each result, and for each contact in it
    };

    /// Contacts shown of one AOR: so many merged ones, and so many of all its publications.
    static constexpr std::size_t kContactsShown = 256;

    /// Appends the elements in the slots from `cursor` on: AORs, or subscriptions for
    /// SubscriptionView. Returns the next cursor; nothing at the end.
    ///
    /// View is RegistrationView, PublicationView, SubscriptionView, or RegistrationDetails, which
    /// then has no watchers.
    template <class View>
    std::optional<std::size_t> list(
        TimePoint now,
        std::size_t cursor,
        const Step& step,
        const RegistrationFilter& filter,
        std::vector<View>& out
    ) const;

    /// By any URI of the AOR.
    std::optional<RegistrationDetails> registration(
        TimePoint now,
        std::string_view uri,
        std::size_t watchers
    ) const;
    std::optional<SubscriptionView> subscription(TimePoint now, std::string_view id) const;

    /// For a watcher of profile `standard` that writes the AOR in this way.
    std::optional<RegistrationDocument> document(TimePoint now, std::string_view uri) const;

    /// The host of a canonical AOR, without port.
    static std::string_view domain_of(std::string_view aor);

    SubscriptionView view(TimePoint now, const Subscription& subscription) const;

    Duration oldest_queued(TimePoint now) const;
    std::uint64_t least_window() const;
    MemoryUse memory() const { return memory_of(memory_); }

private:
    const OpenShards& shards_;
    AorTable& aors_;
    SubscriptionStore& subscriptions_;
    Documents& documents_;
    const MemoryHolders& memory_;
    const NotifyQueue& queue_;
    const WindowGauges& windows_;
};

// Values of single records; for observers.
RegistrationView view_of(const Aor& aor);
ContactView view_of(TimePoint now, const ContactState& contact);

}  // namespace reginfo

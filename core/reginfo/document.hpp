/// @file
/// The reginfo document as values (RFC 3680 §5, RFC 5628 §5), as a publisher wrote it.
///
/// The parts that watchers get unchanged are kept as XML text, escaped and ready to be written. So
/// they are compared and written as bytes.
#pragma once

#include "core/base/text_arena.hpp"
#include "core/base/time.hpp"

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace reginfo {

inline constexpr std::string_view kReginfoNamespace = "urn:ietf:params:xml:ns:reginfo";
inline constexpr std::string_view kReginfoType = "application/reginfo+xml";

/// The events of RFC 3680 §5.3.2, and Kamailio's own `terminated`.
enum class ContactEvent : std::uint8_t {
    registered,
    created,
    refreshed,
    shortened,
    expired,
    deactivated,
    probation,
    unregistered,
    rejected,
    terminated,
};

std::string_view text_of(ContactEvent event);

enum class RegistrationState : std::uint8_t { init, active, terminated };

std::string_view text_of(RegistrationState state);

/// One <contact>. Its texts are in the Document.
struct Contact {
    bool active = true;
    ContactEvent event = ContactEvent::registered;
    std::optional<Seconds> expires;      ///< as published; nothing if absent, or not a number >= 0
    std::optional<Seconds> retry_after;  ///< RFC 3680 §5.3.2, with probation
    std::optional<Seconds> duration_registered;
    std::string_view callid;  ///< unescaped; empty if absent
    std::optional<std::uint32_t> cseq;
    std::string_view uri;       ///< unescaped, without white space around
    std::string_view identity;  ///< equal for the same contact in two documents: from
                                ///< +sip.instance and reg-id if both are present (RFC 5626
                                ///< §6), else from sip::append_canonical_contact, or from the
                                ///< bytes of a URI that RFC 3261 §25.1 does not allow

    /// The attributes that are passed on, as ` name="value"` each with a leading blank: q, callid,
    /// cseq, received, path, user_agent, and those of foreign namespaces with their declarations.
    /// Never id, state, event, expires, retry-after, duration-registered.
    std::string_view attributes_xml;
    std::string_view uri_xml;  ///< the text of <uri>, escaped
    /// The children after <uri>: display-name, unknown-param, then extension elements (pub-gruu,
    /// temp-gruu, others), each with the namespace declarations that it needs.
    std::string_view children_xml;

    friend bool operator==(const Contact&, const Contact&) = default;
};

/// The parts of a document that cannot be passed on and were left out (RULES.md, "A fault stays
/// local"). Empty texts and elements without meaning are not counted.
struct LeftOutOf {
    std::size_t contacts = 0;
    std::size_t registrations = 0;
    std::size_t details = 0;       ///< attributes and children of contacts and registrations
    const char* reason = nullptr;  ///< for the first part left out, as in ReadError

    bool any() const { return reason != nullptr; }
    void add(std::size_t LeftOutOf::* part, const char* why) {
        ++(this->*part);
        if (!reason) reason = why;
    }
};

/// One <registration>. Its texts are in the Document.
struct Registration {
    std::string_view aor;  ///< unescaped, as published
    RegistrationState state = RegistrationState::active;
    boost::container::small_vector<Contact, 1> contacts;
    std::string_view extensions_xml;  ///< foreign children, as in Contact::children_xml

    friend bool operator==(const Registration&, const Registration&) = default;
};

/// One <reginfo>, without the version and the ids of the publisher: nothing uses them.
struct Document {
    bool full = true;  ///< state="full" rather than "partial"
    boost::container::small_vector<Registration, 1> registrations;
    TextArena texts;  ///< of all registrations
    LeftOutOf left_out;

    friend bool operator==(const Document& a, const Document& b) {
        return a.full == b.full && a.registrations == b.registrations;
    }
};

}  // namespace reginfo

/// @file
/// One AOR, its publications, and its contacts.
#pragma once

#include "core/event/state/merge.hpp"
#include "core/reginfo/reader.hpp"
#include "tests/support/addresses.hpp"
#include "tests/support/sip_builder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo {

using namespace std::chrono_literals;
using test::BodyText;
using test::ContactText;
using test::kX;
using test::kY;

inline constexpr const char* kZ = "sip:z@192.0.2.30";

/// Whether a contact is listed, in which state and for how long, by its URI.
class MergeTest : public ::testing::Test {
protected:
    /// A new publication. Returns its entity-tag.
    EntityTag publish(std::vector<ContactText> contacts, Duration expires = 3600s) {
        return publish(BodyText{.contacts = std::move(contacts)}, 0, expires);
    }

    /// A new full document of the publication.
    void modify(EntityTag& tag, std::vector<ContactText> contacts, Duration expires = 3600s) {
        tag = publish(BodyText{.contacts = std::move(contacts)}, tag, expires);
    }

    EntityTag publish(const BodyText& body, EntityTag current, Duration expires = 3600s) {
        const auto document = read_document(body.text(), {});
        if (!document) {
            ADD_FAILURE() << document.error().reason;
            return 0;
        }
        report = merge().publish(
            now, current, ++last_tag, now + expires, *document, document->registrations.front()
        );
        return last_tag;
    }

    void refresh(EntityTag& tag, Duration expires = 3600s) {
        merge().refresh(tag, ++last_tag, now + expires);
        tag = last_tag;
    }

    void remove(EntityTag tag) { report = merge().remove(tag); }

    /// Lets time pass, with all expiries on the way.
    void pass(Duration time) {
        const TimePoint until = now + time;
        while (const auto due = next_deadline()) {
            if (*due > until) break;
            now = std::max(now, *due);
            report = merge().expire(now);
        }
        now = until;
    }

    std::optional<TimePoint> next_deadline() const { return next_deadline_of(state, kGrace); }

    Merge merge() { return {kAor, state, kGrace}; }

    const ContactState* find(std::string_view uri) const {
        const auto found = std::find_if(
            state.contacts.begin(),
            state.contacts.end(),
            [&](const ContactState& contact) { return contact.details->uri_xml() == uri; }
        );
        return found == state.contacts.end() ? nullptr : &*found;
    }

    ContactState contact(std::string_view uri) const {
        if (const ContactState* found = find(uri)) return *found;
        ADD_FAILURE() << "no contact " << uri;
        ContactState none;
        none.details = DetailsPtr(new ContactDetails());
        return none;
    }

    bool is_active(std::string_view uri) const {
        const ContactState* found = find(uri);
        return found && found->active;
    }

    /// The event with which the contact ended; nothing if it has not.
    std::string_view end_of(std::string_view uri) const {
        const ContactState* found = find(uri);
        return !found || found->active ? "" : text_of(found->event);
    }

    /// Seconds left of an active contact.
    std::int64_t left(std::string_view uri) const {
        return std::chrono::ceil<Seconds>(contact(uri).deadline - now).count();
    }

    static constexpr std::string_view kAor = "sip:alice@example.org";
    static constexpr Duration kGrace = 2s;

    TimePoint now{1000s};
    AorState state;
    MergeReport report;
    EntityTag last_tag = 0;
};

inline ContactText active(
    std::string uri,
    std::string callid = "c1",
    std::uint32_t cseq = 1,
    std::int64_t expires = 3600
) {
    return {.uri = std::move(uri), .callid = std::move(callid), .cseq = cseq, .expires = expires};
}

/// As Kamailio lists a contact that unregistered: with the time that it had left.
inline ContactText ended(
    std::string uri,
    std::string callid = "c1",
    std::uint32_t cseq = 1,
    std::string event = "unregistered"
) {
    return {
        .uri = std::move(uri),
        .callid = std::move(callid),
        .cseq = cseq,
        .expires = 1800,
        .state = "terminated",
        .event = std::move(event),
    };
}

}  // namespace reginfo

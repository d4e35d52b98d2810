#include "core/event/publish/publish_bounds.hpp"

#include <cstddef>
#include <string>
#include <utility>

namespace reginfo {
namespace {

std::size_t listed_in(const Document& document) {
    std::size_t listed = document.registrations.size() - 1;
    for (const Registration& registration : document.registrations) {
        listed += registration.contacts.size();
    }
    return listed;
}

/// Not less than what it adds to a record.
std::size_t bytes_of(const Document& document) {
    constexpr std::size_t kOfRegistration = 64;
    constexpr std::size_t kOfContact = 160;
    std::size_t bytes = 0;
    for (const Registration& registration : document.registrations) {
        bytes += kOfRegistration + 2 * registration.aor.size() + registration.extensions_xml.size();
        for (const Contact& contact : registration.contacts) {
            bytes += kOfContact + contact.callid.size() + contact.attributes_xml.size() +
                     contact.uri_xml.size() + contact.children_xml.size();
        }
    }
    return bytes;
}

}  // namespace

std::optional<Bound> bound_reached(
    const Settings::Limits& limits,
    std::uint64_t publications,
    const AorState& state,
    const PublishRequest& publish
) {
    if (publish.expires.count() == 0 || publish.current != 0) return std::nullopt;
    if (state.publications.size() >= limits.publications_per_aor) {
        return Bound::publications_per_aor;
    }
    if (publications >= limits.publications) return Bound::publications;
    return std::nullopt;
}

bool is_near_bounds(
    const Settings::Limits& limits,
    const Aor& aor,
    const AorState& state,
    const PublishRequest& publish
) {
    if (!publish.document || publish.expires.count() == 0) return false;
    if (listed_in(*publish.document) + listed_in(state) > limits.contacts_per_aor) return true;
    const std::size_t held = std::size_t{1} << aor.summary().size_class;
    return held + bytes_of(*publish.document) > limits.aor_bytes;
}

Reply refusal_by(Bound bound) {
    std::string reason = "Too many publications";
    if (bound == Bound::contacts_per_aor) reason = "Too many contacts";
    if (bound == Bound::aor_bytes) reason = "Too many bytes of this address-of-record";
    if (bound == Bound::memory) reason = "Memory is short";
    Reply reply = refusal(503, std::move(reason));
    reply.retry_after = Seconds{60};
    return reply;
}

}  // namespace reginfo

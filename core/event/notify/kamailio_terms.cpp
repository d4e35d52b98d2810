/// @file

#include "core/event/notify/kamailio_terms.hpp"

#include "core/sip/uri.hpp"

#include <algorithm>
#include <cstddef>

namespace reginfo {
namespace {

constexpr std::string_view kAlias = ";alias=";

/// How a P-CSCF finds a contact: by the address the phone was seen at, if its URI has it, else by
/// host and port.
std::string_view address_in(std::string_view uri_xml) {
    const std::size_t alias = uri_xml.find(kAlias);
    if (alias != std::string_view::npos) {
        const std::string_view value = uri_xml.substr(alias + kAlias.size());
        return value.substr(0, value.find(';'));
    }
    const auto uri = sip::parse_uri(uri_xml);
    if (!uri || !uri->is_sip()) return uri_xml;
    const std::string_view rest =
        uri_xml.substr(static_cast<std::size_t>(uri->host.data() - uri_xml.data()));
    return rest.substr(0, rest.find_first_of(";?"));
}

}  // namespace

ContactEvent event_for_kamailio(ContactEvent event) {
    switch (event) {
        case ContactEvent::shortened:
            return ContactEvent::refreshed;
        case ContactEvent::probation:
        case ContactEvent::rejected:
        case ContactEvent::deactivated:
            return ContactEvent::unregistered;
        case ContactEvent::registered:
        case ContactEvent::created:
        case ContactEvent::refreshed:
        case ContactEvent::expired:
        case ContactEvent::unregistered:
        case ContactEvent::terminated:
            return event;
    }
    return event;
}

bool is_safe_for_pcscf(std::string_view uri_xml) {
    constexpr std::size_t kDigits = 5;
    for (std::size_t at = uri_xml.find(kAlias); at != std::string_view::npos;
         at = uri_xml.find(kAlias, at + 1)) {
        const std::size_t port = uri_xml.find('~', at);
        if (port == std::string_view::npos) return false;
        const std::size_t proto = uri_xml.find('~', port + 1);
        if (proto == std::string_view::npos || proto - port - 1 > kDigits) return false;
    }
    return true;
}

bool is_safe_for_pcscf(std::string_view aor_text, RegistrationState state) {
    if (state == RegistrationState::init) return false;
    return state == RegistrationState::active || aor_text.find('$') == std::string_view::npos;
}

ListedUris::ListedUris(DocumentKind kind, const AorState& state) : kind_(kind) {
    if (!knows_uris(kind)) return;
    add_active(state);
    if (tells_whole_set(kind)) {
        for (const SetMember& member : state.members) add_active(member.state);
    }
    sort();
}

void ListedUris::add_active(const AorState& state) {
    for (const ContactState& contact : state.contacts) {
        if (contact.active) add(contact.details->uri_xml());
    }
}

void ListedUris::sort() { std::sort(keys_.begin(), keys_.end()); }

bool ListedUris::has(std::string_view uri_xml) const {
    return std::binary_search(keys_.begin(), keys_.end(), key_of(uri_xml));
}

std::string_view ListedUris::key_of(std::string_view uri_xml) const {
    return kind_ == DocumentKind::pcscf ? address_in(uri_xml) : uri_xml;
}

}  // namespace reginfo

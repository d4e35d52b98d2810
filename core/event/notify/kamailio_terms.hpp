/// @file
/// What Kamailio's modules can read of a document: pua_reginfo, and those of its P-CSCF
/// (ims_registrar_pcscf). What they cannot read is put in other terms, or left out.
#pragma once

#include "core/event/state/aor_state.hpp"
#include "core/event/watcher/profile.hpp"
#include "core/reginfo/document.hpp"

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <string_view>

namespace reginfo {

/// The least `expires` of an active contact: 0 would be its end.
inline constexpr std::int64_t kLeastForKamailio = 1;

/// The events that both know (RULES.md, "Kamailio as watcher").
ContactEvent event_for_kamailio(ContactEvent event);

/// Whether its P-CSCF survives that <uri> of a contact. It copies the port of
/// `;alias=HOST~PORT~PROTOCOL` to where five digits have room, and of one in another form its table
/// stays locked for ever.
bool is_safe_for_pcscf(std::string_view uri_xml);

/// The same of a <registration>. It does not know the state `init`, and of an AOR that is
/// `terminated` it takes what begins with a dollar for a variable of its configuration.
bool is_safe_for_pcscf(std::string_view aor_text, RegistrationState state);

/// Whether readers of documents of that kind know contacts by their URIs.
constexpr bool knows_uris(DocumentKind kind) {
    return kind == DocumentKind::kamailio || kind == DocumentKind::pcscf;
}

/// The contacts that a document lists, as Kamailio knows them: the end of another one of the same
/// URI would end this one. To its P-CSCF that is another one at the same address, whatever identity
/// of the set it is listed under.
class ListedUris {
public:
    explicit ListedUris(DocumentKind kind) : kind_(kind) {}
    /// Those that a document of that kind lists as active; none where nobody knows them by URI.
    ListedUris(DocumentKind kind, const AorState& state);

    void add(std::string_view uri_xml) { keys_.push_back(key_of(uri_xml)); }
    /// To be asked from now on.
    void sort();
    bool has(std::string_view uri_xml) const;

private:
    void add_active(const AorState& state);
    std::string_view key_of(std::string_view uri_xml) const;

    DocumentKind kind_;
    boost::container::small_vector<std::string_view, 8> keys_;
};

}  // namespace reginfo

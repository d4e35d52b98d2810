/// @file
/// The dialog of a SUBSCRIBE, from the side of the notifier (RFC 3261 §12, RFC 6665 §4.4).
#pragma once

#include "core/base/texts.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/message.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

/// Identifies a dialog in a request (RFC 3261 §12.1.1), from our side.
struct DialogId {
    std::string_view call_id;
    std::string_view local_tag;
    std::string_view remote_tag;

    friend bool operator==(const DialogId&, const DialogId&) = default;
};

/// The element that gets a request of ours first.
struct NextHop {
    std::optional<Transport> transport;  ///< nothing if the URI has none
    bool secure = false;                 ///< the URI is of SIPS
    std::string host;                    ///< without brackets
    std::uint16_t port = 0;              ///< 0 if the URI has none
    std::optional<IpAddress> literal;    ///< of a host that is an address

    /// The transport without a DNS query (RFC 3263 §4.1). SIPS must not use UDP (RFC 5630 §3.1).
    Transport transport_or_default() const {
        return transport.value_or(secure ? Transport::tcp : Transport::udp);
    }

    friend bool operator==(const NextHop&, const NextHop&) = default;
};

/// The texts of a dialog.
struct DialogTexts {
    std::string_view call_id;
    std::string_view local_tag;
    std::string_view local_party;             ///< To of the SUBSCRIBE, without tag: our From
    std::string_view remote_party;            ///< From of the SUBSCRIBE, with its tag: our To
    std::string_view remote_target;           ///< URI of the last Contact, as a Request-URI
    std::vector<std::string_view> route_set;  ///< Record-Route values in order (we are the UAS)
};

/// Dialog state (RFC 3261 §12.1.1) without its usages.
struct DialogState {
    DialogState() = default;
    explicit DialogState(const DialogTexts& texts_);

    std::string_view call_id() const { return texts[0]; }
    std::string_view local_tag() const { return texts[1]; }
    std::string_view remote_tag() const;  ///< of remote_party()
    std::string_view local_party() const { return texts[2]; }
    std::string_view remote_party() const { return texts[3]; }
    std::string_view remote_target() const { return texts[kRemoteTarget]; }
    std::size_t routes() const { return texts.size() > kRoutes ? texts.size() - kRoutes : 0; }
    std::string_view first_route() const { return texts[kRoutes]; }
    /// Calls visit(route) for each route from `first` on.
    template <class Visitor>
    void for_each_route(std::size_t first, Visitor visit) const {
        texts.for_each(kRoutes + first, visit);
    }
    DialogId id() const { return {call_id(), local_tag(), remote_tag()}; }
    std::size_t bytes() const { return texts.bytes(); }

    static constexpr std::size_t kRemoteTarget = 4;
    static constexpr std::size_t kRoutes = 5;  ///< from here on

    Texts texts;                   ///< the members of DialogTexts in order
    std::uint32_t local_cseq = 0;  ///< of the last NOTIFY sent
    std::uint32_t remote_cseq = 0;
    Flow flow;                          ///< of the last SUBSCRIBE
    bool reuse_connection : 1 = false;  ///< RULES.md, "The way back"
    bool contact_failed : 1 =
        false;  ///< and reuse_connection is set because the Contact could not be reached
};

/// The far end in a SUBSCRIBE, for the way back. Views into the request.
struct RemoteParty {
    std::string_view target;  ///< Contact URI
    std::vector<std::string_view> record_routes;
    const sip::Via* top_via = nullptr;
    Flow flow;
};

/// Makes the dialog of an initial SUBSCRIBE.
/// @pre the request has valid From, To, Call-ID, CSeq
DialogState make_dialog(
    const sip::Message& request,
    const RemoteParty& party,
    std::string_view local_tag,
    std::uint32_t cseq
);

/// A 2xx to a NOTIFY refreshes the target as well (RFC 3261 §12.2.1.2). Returns whether the target
/// has changed.
bool refresh_target(DialogState& dialog, std::string_view contact);

/// A target refresh request (RFC 3261 §12.2.2) sets remote target, CSeq and flow, not the route
/// set.
void refresh_target(DialogState& dialog, const RemoteParty& party, std::uint32_t cseq);

/// The next hop of our requests (RFC 3261 §12.2.1.1, §8.1.2): the first route, else the remote
/// target. Nothing if that is no SIP URI.
std::optional<NextHop> next_hop_of(const DialogState& dialog);

/// The form of a request, which follows from route set and remote target.
struct RequestForm {
    bool strict = false;  ///< the first route is a strict router (RFC 3261 §12.2.1.1)
    bool secure = false;  ///< our Contact is of SIPS (RFC 3261 §12.1.1)
};

RequestForm request_form_of(const DialogState& dialog);

/// One request of ours within a dialog, up to and including CSeq, Contact and Max-Forwards.
struct RequestLine {
    std::string_view method;
    std::uint32_t cseq = 0;
    std::uint64_t branch = 0;                   ///< printed by append_branch
    const ListenerSettings* via = nullptr;      ///< the listener that sends the request
    const ListenerSettings* contact = nullptr;  ///< the listener whose Contact the dialog has
    bool secure = false;                        ///< the dialog began with a SIPS Request-URI
    const RequestForm* form = nullptr;          ///< of the dialog; null to compute it
};

void append_request_head(std::string& out, const DialogState& dialog, const RequestLine& line);

/// Whether a response has the To tag, From tag and Call-ID of our requests within the dialog
/// (RFC 3261 §8.2.6.2).
bool is_answer_within(const DialogState& dialog, const sip::Message& response);

/// Whether a URI has the scheme `sips`.
bool is_sips(std::string_view uri);

/// "z9hG4bK" and sixteen hexadecimal digits; branch_of reads it back.
void append_branch(std::string& out, std::uint64_t branch);
std::optional<std::uint64_t> branch_of(std::string_view text);

/// Appends "sip:host:port;transport=tcp", the address of a listener for peers; "sips:" if secure.
void append_contact_uri(std::string& out, const ListenerSettings& listener, bool secure);

}  // namespace reginfo

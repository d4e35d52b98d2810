/// @file
/// The dialog that a SUBSCRIBE makes, seen from the notifier (RFC 3261 §12, RFC 6665 §4.4).
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

/// What a request within a dialog shows of it (RFC 3261 §12.1.1), from our side.
struct DialogId {
    std::string_view call_id;
    std::string_view local_tag;
    std::string_view remote_tag;

    friend bool operator==(const DialogId&, const DialogId&) = default;
};

/// Where a request of ours goes first.
struct NextHop {
    std::optional<Transport> transport;  ///< nothing if the URI named none
    bool secure = false;                 ///< by a SIPS URI
    std::string host;                    ///< without brackets
    std::uint16_t port = 0;              ///< 0 if the URI named none
    std::optional<IpAddress> literal;    ///< of the host, where it is one

    /// Without asking the DNS (RFC 3263 §4.1). A SIPS URI must not go over UDP (RFC 5630 §3.1).
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
    /// Calls visit(route) for each from that one on.
    template <class Visitor>
    void for_each_route(std::size_t first, Visitor visit) const {
        texts.for_each(kRoutes + first, visit);
    }
    DialogId id() const { return {call_id(), local_tag(), remote_tag()}; }
    std::size_t bytes() const { return texts.bytes(); }

    static constexpr std::size_t kRemoteTarget = 4;
    static constexpr std::size_t kRoutes = 5;  ///< from here on

    Texts texts;                   ///< those of DialogTexts in order
    std::uint32_t local_cseq = 0;  ///< of the last NOTIFY sent
    std::uint32_t remote_cseq = 0;
    Flow flow;                          ///< by which the last SUBSCRIBE came
    bool reuse_connection : 1 = false;  ///< RULES.md, "The way back"
    bool contact_failed : 1 = false;    ///< so they do because the Contact could not be reached
};

/// What a SUBSCRIBE says about the way back; views into the request.
struct RemoteParty {
    std::string_view target;  ///< Contact URI
    std::vector<std::string_view> record_routes;
    const sip::Via* top_via = nullptr;
    Flow flow;
};

/// The dialog that an initial SUBSCRIBE makes.
/// @pre the request has valid From, To, Call-ID, CSeq
DialogState make_dialog(
    const sip::Message& request,
    const RemoteParty& party,
    std::string_view local_tag,
    std::uint32_t cseq
);

/// A 2xx to a NOTIFY refreshes the target as well (RFC 3261 §12.2.1.2). Returns whether it is
/// another one now.
bool refresh_target(DialogState& dialog, std::string_view contact);

/// A target refresh request (RFC 3261 §12.2.2): remote target, CSeq and flow; not the route set.
void refresh_target(DialogState& dialog, const RemoteParty& party, std::uint32_t cseq);

/// The element that gets our next request (RFC 3261 §12.2.1.1, §8.1.2): the first route, else the
/// remote target. Nothing if that is no SIP URI.
std::optional<NextHop> next_hop_of(const DialogState& dialog);

/// What route set and remote target make of a request: the same until one of them changes.
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
    const ListenerSettings* via = nullptr;      ///< by which it leaves
    const ListenerSettings* contact = nullptr;  ///< which the dialog knows
    bool secure = false;                        ///< the dialog was made by a SIPS Request-URI
    const RequestForm* form = nullptr;          ///< of the dialog, where it is at hand
};

void append_request_head(std::string& out, const DialogState& dialog, const RequestLine& line);

/// Whether a response is to a request of ours within that dialog (RFC 3261 §8.2.6.2): it has the
/// To, From and Call-ID of the request.
bool is_answer_within(const DialogState& dialog, const sip::Message& response);

/// Whether a URI is of that scheme.
bool is_sips(std::string_view uri);

/// "z9hG4bK" and sixteen hexadecimal digits; branch_of reads it back.
void append_branch(std::string& out, std::uint64_t branch);
std::optional<std::uint64_t> branch_of(std::string_view text);

/// "sip:host:port;transport=tcp", as others reach that listener; for a dialog of SIPS "sips:".
void append_contact_uri(std::string& out, const ListenerSettings& listener, bool secure);

}  // namespace reginfo

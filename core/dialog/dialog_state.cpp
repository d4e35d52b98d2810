/// @file

#include "core/dialog/dialog_state.hpp"

#include "core/base/ascii.hpp"
#include "core/base/hash.hpp"
#include "core/base/hex.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/writer.hpp"

#include <algorithm>
#include <array>

namespace reginfo {
namespace {

std::optional<sip::Uri> uri_of(std::string_view name_addr) {
    const auto address = sip::parse_name_addr(name_addr);
    if (!address) return std::nullopt;
    return sip::parse_uri(address->uri);
}

bool is_loose(const sip::Uri& route) { return sip::find_param(route.params, "lr").has_value(); }

std::string_view without_brackets(std::string_view host) {
    if (host.size() > 2 && host.front() == '[') return host.substr(1, host.size() - 2);
    return host;
}

/// Nothing for a transport that this server does not have.
std::optional<NextHop> hop_of(const sip::Uri& uri) {
    if (!uri.is_sip()) return std::nullopt;
    NextHop hop;
    hop.secure = uri.scheme == sip::Uri::Scheme::sips;
    const auto transport = sip::find_param(uri.params, "transport");
    if (transport && equal_ignoring_case(*transport, "tcp")) {
        hop.transport = Transport::tcp;
    } else if (transport && equal_ignoring_case(*transport, "udp")) {
        hop.transport = hop.secure ? Transport::tcp : Transport::udp;
    } else if (transport) {
        return std::nullopt;
    }
    const auto maddr = sip::find_param(uri.params, "maddr");
    hop.host = without_brackets(maddr && !maddr->empty() ? *maddr : uri.host);
    hop.port = uri.port;
    hop.literal = IpAddress::parse(hop.host);
    return hop;
}

/// The texts before the route set, in one walk.
std::array<std::string_view, DialogState::kRoutes> fixed_texts_of(const DialogState& dialog) {
    std::array<std::string_view, DialogState::kRoutes> texts;
    std::size_t place = 0;
    dialog.texts.for_each(0, [&](std::string_view text) {
        if (place < texts.size()) texts[place++] = text;
    });
    return texts;
}

/// Whether the sent-by of the client is not the address of the source.
bool may_be_behind_nat(const RemoteParty& party) {
    return party.top_via && party.top_via->address != party.flow.peer.address;
}

/// Whether requests use the TCP connection of the SUBSCRIBE. They do if its far end is the next hop
/// (a proxy may identify it by its sent-by), if the next hop is a Contact without a transport
/// parameter, or one that cannot be reached.
bool goes_back(const DialogState& dialog, const RemoteParty& party) {
    if (party.flow.transport != Transport::tcp) return false;
    if (dialog.routes() == 0) {
        const auto target = sip::parse_uri(dialog.remote_target());
        const auto transport = target ? sip::find_param(target->params, "transport") : std::nullopt;
        if (!transport) return true;
        if (equal_ignoring_case(*transport, "udp")) return false;
        if (!equal_ignoring_case(*transport, "tcp") || may_be_behind_nat(party)) return true;
    }
    const auto hop = next_hop_of(dialog);
    if (!hop || hop->transport_or_default() != Transport::tcp) return false;
    const std::uint16_t port = sip::port_or_default(hop->port);
    if (hop->literal && Endpoint{*hop->literal, port} == party.flow.peer) return true;
    return dialog.routes() > 0 && party.top_via &&
           equal_ignoring_case(without_brackets(party.top_via->host), hop->host) &&
           sip::port_or_default(party.top_via->port) == port;
}

void take_flow(DialogState& dialog, const RemoteParty& party) {
    dialog.flow = party.flow;
    dialog.reuse_connection = goes_back(dialog, party);
    dialog.contact_failed = false;
}

/// The URI without headers and `method`, which a Request-URI must not have (RFC 3261 §19.1.1,
/// table 1).
std::string request_uri_of(std::string_view text) {
    constexpr std::string_view kMethod = ";method=";
    constexpr auto kNone = std::string_view::npos;
    if (text.find(';') == kNone && text.find('?') == kNone) return std::string(text);
    const auto uri = sip::parse_uri(text);
    if (!uri || !uri->is_sip()) return std::string(text);
    if (!uri->headers.empty()) text.remove_suffix(uri->headers.size() + 1);
    const auto method = sip::find_param(uri->params, "method");
    if (!method || method->empty()) return std::string(text);
    const auto end = static_cast<std::size_t>(method->data() - text.data()) + method->size();
    std::string rest(text.substr(0, end - method->size() - kMethod.size()));
    return rest.append(text.substr(end));
}

/// The value without its tag parameter: "Bob" <sip:bob@b>;tag=x;y=z -> "Bob" <sip:bob@b>.
std::string without_params(const sip::NameAddr& address) {
    std::string text;
    if (address.bracketed) {
        if (!address.display.empty()) text.append(address.display).push_back(' ');
        text.append("<").append(address.uri).append(">");
    } else {
        text.append("<").append(address.uri).append(">");
    }
    return text;
}

}  // namespace

DialogState::DialogState(const DialogTexts& t) {
    std::vector<std::string_view> row{
        t.call_id, t.local_tag, t.local_party, t.remote_party, t.remote_target
    };
    row.insert(row.end(), t.route_set.begin(), t.route_set.end());
    texts = Texts(row);
}

std::string_view DialogState::remote_tag() const {
    // The usual form. Behind the last ';' no bracket or quote is open.
    constexpr std::string_view kTag = ";tag=";
    const std::string_view party = remote_party();
    const std::string_view last = party.substr(std::min(party.rfind(';'), party.size()));
    if (last.starts_with(kTag) && sip::is_token(last.substr(kTag.size()))) {
        return last.substr(kTag.size());
    }
    const auto address = sip::parse_name_addr(party);
    return address ? address->tag : std::string_view();
}

DialogState make_dialog(
    const sip::Message& request,
    const RemoteParty& party,
    std::string_view local_tag,
    std::uint32_t cseq
) {
    const std::string_view from = *request.first(sip::HeaderName::from);
    const std::string local_party =
        without_params(*sip::parse_name_addr(*request.first(sip::HeaderName::to)));
    const std::string remote_target = request_uri_of(party.target);
    DialogState dialog(DialogTexts{
        .call_id = *request.first(sip::HeaderName::call_id),
        .local_tag = local_tag,
        .local_party = local_party,
        .remote_party = from,
        .remote_target = remote_target,
        .route_set = party.record_routes,
    });
    dialog.remote_cseq = cseq;
    take_flow(dialog, party);
    return dialog;
}

bool refresh_target(DialogState& dialog, std::string_view contact) {
    const std::string target = request_uri_of(contact);
    if (target == dialog.remote_target()) return false;
    dialog.texts = dialog.texts.with(DialogState::kRemoteTarget, target);
    dialog.contact_failed = false;
    return true;
}

void refresh_target(DialogState& dialog, const RemoteParty& party, std::uint32_t cseq) {
    dialog.remote_cseq = cseq;
    const bool is_new = refresh_target(dialog, party.target);
    if (is_new || party.flow != dialog.flow) take_flow(dialog, party);
}

std::optional<NextHop> next_hop_of(const DialogState& dialog) {
    const auto uri = dialog.routes() == 0 ? sip::parse_uri(dialog.remote_target())
                                          : uri_of(dialog.first_route());
    if (!uri) return std::nullopt;
    return hop_of(*uri);
}

bool is_sips(std::string_view uri) {
    constexpr std::string_view kScheme = "sips:";
    return equal_ignoring_case(uri.substr(0, kScheme.size()), kScheme);
}

void append_branch(std::string& out, std::uint64_t branch) {
    out.append(sip::kMagicCookie);
    append_hex(out, branch);
}

std::optional<std::uint64_t> branch_of(std::string_view text) {
    if (!text.starts_with(sip::kMagicCookie)) return std::nullopt;
    return parse_hex(text.substr(sip::kMagicCookie.size()));
}

void append_contact_uri(std::string& out, const ListenerSettings& listener, bool secure) {
    out.append(secure ? "sips:" : "sip:").append(listener.advertise_host).push_back(':');
    sip::append_number(out, listener.advertise_port);
    if (listener.transport == Transport::tcp) out.append(";transport=tcp");
}

RequestForm request_form_of(const DialogState& dialog) {
    RequestForm form;
    form.secure = is_sips(dialog.remote_target());
    if (dialog.routes() == 0) return form;
    if (const auto first_route = uri_of(dialog.first_route())) {
        form.strict = !is_loose(*first_route);
        form.secure = first_route->scheme == sip::Uri::Scheme::sips;
    }
    return form;
}

void append_request_head(std::string& out, const DialogState& dialog, const RequestLine& line) {
    // For a strict router the Request-URI is its own URI, and the target is the last route
    // (RFC 3261 §12.2.1.1).
    const RequestForm form = line.form ? *line.form : request_form_of(dialog);
    const bool strict = form.strict;
    const auto& [call_id, local_tag, local_party, remote_party, remote_target] =
        fixed_texts_of(dialog);

    out.append(line.method).push_back(' ');
    if (strict) {
        out.append(request_uri_of(sip::parse_name_addr(dialog.first_route())->uri));
    } else {
        out.append(remote_target);
    }
    out.append(" SIP/2.0\r\nVia: SIP/2.0/").append(name_of(line.via->transport));
    out.append(" ").append(line.via->advertise_host).push_back(':');
    sip::append_number(out, line.via->advertise_port);
    out.append(";branch=");
    append_branch(out, line.branch);
    out.append(";rport\r\n");
    dialog.for_each_route(strict ? 1 : 0, [&](std::string_view route) {
        sip::append_header(out, "Route", route);
    });
    if (strict) out.append("Route: <").append(remote_target).append(">\r\n");
    out.append("Max-Forwards: 70\r\nFrom: ").append(local_party);
    out.append(";tag=").append(local_tag);
    out.append("\r\nTo: ").append(remote_party);
    out.append("\r\nCall-ID: ").append(call_id).append("\r\nCSeq: ");
    sip::append_number(out, line.cseq);
    out.append(" ").append(line.method).append("\r\nContact: <");
    append_contact_uri(out, *line.contact, line.secure || form.secure);
    out.append(">\r\n");
}

bool is_answer_within(const DialogState& dialog, const sip::Message& response) {
    const auto texts = fixed_texts_of(dialog);
    const std::string_view call_id = texts[0];
    const std::string_view local_tag = texts[1];
    const std::string_view remote_party = texts[3];
    if (response.first(sip::HeaderName::call_id) != call_id) return false;
    // Nearly all peers copy From and To unchanged. Then the fields need not be parsed.
    std::string_view from = response.first(sip::HeaderName::from).value_or("");
    const bool ends_with_tag = from.ends_with(local_tag);
    if (ends_with_tag) from.remove_suffix(local_tag.size());
    const bool is_as_sent = ends_with_tag && from.ends_with(";tag=") &&
                            response.first(sip::HeaderName::to) == remote_party;
    if (is_as_sent) return true;
    const auto tag_in = [&](sip::HeaderName name) {
        const auto value = response.first(name);
        const auto address = value ? sip::parse_name_addr(*value) : std::nullopt;
        return address ? address->tag : std::string_view{};
    };
    return tag_in(sip::HeaderName::from) == local_tag &&
           tag_in(sip::HeaderName::to) == dialog.remote_tag();
}

}  // namespace reginfo

/// @file
/// The table of everything that can be configured. Parsing, environment, flags, --check-config and
/// deploy/reginfod.example.toml all come from it.

#include "app/config_fields.hpp"
#include "app/config_words.hpp"
#include "app/profile_rule.hpp"

namespace reginfo {
namespace {

using namespace std::chrono_literals;
using fields::bytes;
using fields::kDay;
using fields::number;
using fields::time;
using fields::whole_milliseconds;
using fields::whole_seconds;
using fields::word;

using Names = std::vector<std::string>;

constexpr std::size_t kMaxText = 255;
constexpr std::uint16_t kDnsPort = 53;
constexpr std::uint64_t kMaxMemory = std::uint64_t{1} << 40U;  ///< bytes

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

constexpr Field kListen = ListField{
    [](const Config& c) {
        Names texts;
        for (const ListenAddress& listen : c.listen) texts.push_back(listen.to_string());
        return texts;
    },
    [](Config& c) { c.listen.clear(); },
    [](Config& c, const std::string& text) {
        auto listen = parse_listen(text);
        if (!listen) return listen.error().why;
        c.listen.push_back(std::move(*listen));
        return std::string();
    },
    "an array of \"udp:HOST:PORT\" or \"tcp:HOST:PORT\", each with or without "
    "\",advertise=NAME:PORT\"",
    "advertise="};

constexpr Field kServerAddress = TextField{
    [](const Config& c) { return c.server_address ? c.server_address->to_string() : ""; },
    [](Config& c, const std::string& text) {
        if (text.empty()) return c.server_address.reset(), true;
        const auto advertised = parse_advertised(text);
        if (advertised) c.server_address = *advertised;
        return advertised.has_value();
    },
    "\"NAME\", \"NAME:PORT\" or the same with an address, IPv6 in brackets"};

constexpr Field kServerName = TextField{
    [](const Config& c) { return c.settings.server_name; },
    [](Config& c, const std::string& text) {
        if (text.size() > kMaxText || !is_printable(text)) return false;
        return c.settings.server_name = text, true;
    },
    "a text of at most 255 printable ASCII characters"};

constexpr Field kTrustedNetworks = ListField{
    [](const Config& c) {
        Names texts;
        for (const Network& network : c.settings.trusted_networks) {
            texts.push_back(network.to_string());
        }
        return texts;
    },
    [](Config& c) { c.settings.trusted_networks.clear(); },
    [](Config& c, const std::string& text) {
        const std::optional<Network> network = Network::parse(text);
        if (!network) return std::string("is no network");
        c.settings.trusted_networks.push_back(*network);
        return std::string();
    },
    "an array of addresses and networks such as \"10.0.0.0/8\" or \"fd00::/8\"",
    ""};

constexpr Field kProfileRules = ListField{
    [](const Config& c) {
        Names texts;
        for (const ProfileRule& rule : c.settings.profile_rules) texts.push_back(to_string(rule));
        return texts;
    },
    [](Config& c) { c.settings.profile_rules.clear(); },
    [](Config& c, const std::string& text) {
        auto rule = parse_profile_rule(text);
        if (!rule) return rule.error().why;
        c.settings.profile_rules.push_back(std::move(*rule));
        return std::string();
    },
    "an array of texts, each one of \"standard\", \"kamailio\", \"partial\", \"ims\" and "
    "\"linphone\" with any of \"network=NETWORK\", \"user_agent=BEGINNING\" and "
    "\"from_domain=NAME\" behind it",
    ""};

constexpr Field kHttpListen = TextField{
    [](const Config& c) { return c.http.listen ? c.http.listen->to_string() : "off"; },
    [](Config& c, const std::string& text) {
        if (text == "off") return c.http.listen.reset(), true;
        const auto endpoint = parse_bound(text);
        if (endpoint) c.http.listen = *endpoint;
        return endpoint.has_value();
    },
    "\"HOST:PORT\" with an IP address (IPv6 in brackets) or \"localhost\" as HOST, or \"off\""};

constexpr Field kHttpHosts = ListField{
    [](const Config& c) { return c.http.hosts; },
    [](Config& c) { c.http.hosts.clear(); },
    [](Config& c, const std::string& text) {
        if (!is_host_name(text)) return std::string("is no host name");
        c.http.hosts.push_back(text);
        return std::string();
    },
    "an array of host names without port",
    ""};

constexpr std::size_t kTokenMin = 16;

/// Read as stars, so that --check-config can be shown to others.
constexpr Field kHttpToken = TextField{
    [](const Config& c) { return std::string(c.http.token.empty() ? "" : "********"); },
    [](Config& c, const std::string& text) {
        const bool is_short = !text.empty() && text.size() < kTokenMin;
        const bool has_blanks = text.find(' ') != std::string::npos;
        if (is_short || has_blanks || text.size() > kMaxText || !is_printable(text)) return false;
        return c.http.token = text, true;
    },
    "a text of 16 to 255 printable ASCII characters without blanks"};

constexpr Field kResolverServers = ListField{
    [](const Config& c) {
        Names texts;
        for (const Endpoint& server : c.transport.resolver_servers) {
            texts.push_back(server.to_string());
        }
        return texts;
    },
    [](Config& c) { c.transport.resolver_servers.clear(); },
    [](Config& c, const std::string& text) {
        const auto alone = IpAddress::parse(text);
        const auto bound = parse_bound(text);
        if (!alone && (!bound || bound->port == 0)) return std::string("is no address of a server");
        c.transport.resolver_servers.push_back(alone ? Endpoint{*alone, kDnsPort} : *bound);
        return std::string();
    },
    "an array of \"ADDRESS\" or \"ADDRESS:PORT\"",
    ""};

constexpr Field kStateDir = TextField{
    [](const Config& c) { return c.storage.state_dir; },
    [](Config& c, const std::string& text) {
        const bool has_controls = std::any_of(text.begin(), text.end(), [](char ch) {
            return static_cast<unsigned char>(ch) < ' ' || ch == '\x7f';
        });
        if (text.size() > 4096 || has_controls) return false;
        return c.storage.state_dir = text, true;
    },
    "the path of a directory"};

constexpr Section kSections[] = {
    {"sip", "Where SIP is spoken, and how."},
    {"access", "Who is served."},
    {"publish", "How long publications live (RFC 3903)."},
    {"subscribe", "How long subscriptions live (RFC 6665)."},
    {"watchers", "How watchers are spoken to."},
    {"notify", "How NOTIFYs leave."},
    {"tcp", "SIP over TCP."},
    {"udp", "SIP over UDP."},
    {"resolver", "How next hops with a host name are looked up (RFC 3263)."},
    {"limits", "Bounds: what is over one is refused, counted and logged."},
    {"http", "The side port: metrics, health, state and the page."},
    {"storage", "Where state is kept."},
    {"log", "The log, on standard error."},
};

// clang-format off
const Key kKeys[] = {
    {"sip", "listen",
     "\"udp:HOST:PORT\" or \"tcp:HOST:PORT\"; HOST is an IP address (IPv6 in brackets) or \"localhost\".\n"
     "On a wildcard address \",advertise=NAME:PORT\" says what peers are told to send to.",
     kListen, "--listen"},
    {"sip", "server_address",
     "Advertised for listeners on a wildcard address that have no advertise of their own:\n"
     "\"NAME\" or \"NAME:PORT\". It goes into Contact and must survive a restart.",
     kServerAddress},
    {"sip", "server_name", "Sent as Server and User-Agent; empty sends neither.", kServerName},
    {"sip", "t1_ms", "T1, the estimate of a round trip, in milliseconds (RFC 3261 17.1.1.1).",
     whole_milliseconds([](auto& c) -> auto& { return c.settings.t1; }, 10, 60'000)},
    {"sip", "t2_ms", "T2, the longest interval between retransmissions of one request.",
     whole_milliseconds([](auto& c) -> auto& { return c.settings.t2; }, 10, 60'000)},
    {"sip", "t4_ms", "T4, how long a message may stay in the network.",
     whole_milliseconds([](auto& c) -> auto& { return c.settings.t4; }, 10, 60'000)},

    {"access", "trusted_networks",
     "Addresses that are served; by default loopback, private and link-local ones.",
     kTrustedNetworks},
    {"access", "untrusted", "What others get: nothing (\"ignore\") or a 403 (\"forbid\").",
     word<Untrusted>([](auto& c) -> auto& { return c.settings.refuse_untrusted_with_403; })},

    {"publish", "default_expires", "Seconds, for a PUBLISH without Expires.",
     whole_seconds([](auto& c) -> auto& { return c.settings.publish.default_expires; }, 1)},
    {"publish", "min_expires",
     "Seconds; less is answered with 423, which Kamailio's pua cannot handle. 0 takes any.",
     whole_seconds([](auto& c) -> auto& { return c.settings.publish.min_expires; })},
    {"publish", "max_expires", "Seconds; more is shortened to this.",
     whole_seconds([](auto& c) -> auto& { return c.settings.publish.max_expires; }, 1)},
    {"publish", "expires_offset",
     "Seconds that a 2xx promises less than the publication lives, for early refreshes.",
     whole_seconds([](auto& c) -> auto& { return c.settings.expires_offset; })},
    {"publish", "contact_grace", "Seconds from the end of a contact's own time until it is told as expired.",
     time([](auto& c) -> auto& { return c.settings.contact_grace; }, 0ms, 1h)},

    {"subscribe", "default_expires", "Seconds, for a SUBSCRIBE without Expires.",
     whole_seconds([](auto& c) -> auto& { return c.settings.subscribe.default_expires; }, 1)},
    {"subscribe", "min_expires", "Seconds; less is answered with 423. 0 takes any.",
     whole_seconds([](auto& c) -> auto& { return c.settings.subscribe.min_expires; })},
    {"subscribe", "max_expires", "Seconds; more is shortened to this.",
     whole_seconds([](auto& c) -> auto& { return c.settings.subscribe.max_expires; }, 1)},

    {"watchers", "profiles",
     "Rules in order; the first whose conditions all hold says which profile a watcher gets:\n"
     "\"linphone user_agent=Linphone\", \"ims network=10.0.0.0/8 from_domain=ims.example\".\n"
     "Else it is \"kamailio\" for a User-Agent that begins so, and \"standard\" for all others.",
     kProfileRules},

    {"notify", "burst", "NOTIFYs of one subscription that may leave at once before pacing begins.",
     number([](auto& c) -> auto& { return c.settings.notify.burst; }, 1, 1'000'000)},
    {"notify", "min_interval", "Seconds between NOTIFYs of one subscription after that; 0: no pacing.",
     time([](auto& c) -> auto& { return c.settings.notify.min_interval; }, 0ms, 1h)},
    {"notify", "supersede_after",
     "Seconds after which an unanswered NOTIFY is given up once newer state waits.",
     time([](auto& c) -> auto& { return c.settings.notify.supersede_after; }, 100ms, 1h)},
    {"notify", "supersede_after_kamailio", "The same for watchers that are Kamailio.",
     time([](auto& c) -> auto& { return c.settings.notify.supersede_after_kamailio; }, 100ms, 1h)},
    {"notify", "udp_bytes_max", "A larger NOTIFY goes over TCP; 0: never.",
     number([](auto& c) -> auto& { return c.settings.notify.udp_bytes_max; }, 0, 65'000)},
    {"notify", "max_rate_interval",
     "Seconds that a watcher's max-rate (RFC 6446) may put between two NOTIFYs.",
     time([](auto& c) -> auto& { return c.settings.notify.max_rate_interval; }, 1s, 7 * kDay)},
    {"notify", "min_rate_interval",
     "Seconds between two NOTIFYs that min-rate and adaptive-min-rate may not go below.",
     time([](auto& c) -> auto& { return c.settings.notify.min_rate_interval; }, 100ms, kDay)},
    {"notify", "recovery_rate",
     "NOTIFYs a second, after a start, that tell what may not have been told before it.",
     number([](auto& c) -> auto& { return c.settings.notify.recovery_rate; }, 1, 1'000'000)},
    {"notify", "window_initial", "NOTIFYs in flight to one next hop, at first.",
     number([](auto& c) -> auto& { return c.settings.notify.window_initial; }, 1, 10'000'000)},
    {"notify", "window_min", "The least that retransmissions shrink that window to.",
     number([](auto& c) -> auto& { return c.settings.notify.window_min; }, 1, 10'000'000)},
    {"notify", "window_max", "The most that answers let that window grow to.",
     number([](auto& c) -> auto& { return c.settings.notify.window_max; }, 1, 10'000'000)},

    {"tcp", "connections", "Connections at a time, ours included.",
     number([](auto& c) -> auto& { return c.transport.connections; }, 1, 1'000'000)},
    {"tcp", "connections_per_peer", "Connections with one IP address.",
     number([](auto& c) -> auto& { return c.transport.connections_per_peer; }, 1, 1'000'000)},
    {"tcp", "queue_bytes", "Unsent bytes of one connection; above it is closed.",
     bytes([](auto& c) -> auto& { return c.transport.tcp_queue_bytes; }, 65'536, kMaxMemory)},
    {"tcp", "queue_bytes_total", "Unsent bytes of all connections.",
     bytes([](auto& c) -> auto& { return c.transport.tcp_queue_bytes_total; }, 65'536, kMaxMemory)},
    {"tcp", "input_bytes_total", "Bytes of messages that are not yet complete, of all connections.",
     bytes([](auto& c) -> auto& { return c.transport.tcp_input_bytes_total; }, 65'536, kMaxMemory)},
    {"tcp", "connect_timeout", "Seconds for a connection of ours to be made.",
     time([](auto& c) -> auto& { return c.transport.connect_timeout; }, 100ms, 1h)},
    {"tcp", "message_timeout", "Seconds from the first to the last byte of a message.",
     time([](auto& c) -> auto& { return c.transport.message_timeout; }, 100ms, 1h)},
    {"tcp", "idle_timeout", "Seconds without a byte after which a connection is closed.",
     time([](auto& c) -> auto& { return c.transport.idle_timeout; }, 1s, 7 * kDay)},
    {"tcp", "linger_timeout", "Seconds that a closing connection has for what is queued on it.",
     time([](auto& c) -> auto& { return c.transport.linger_timeout; }, 0ms, 1h)},
    {"tcp", "unacknowledged_timeout", "Seconds that sent bytes may go unacknowledged.",
     time([](auto& c) -> auto& { return c.transport.unacknowledged_timeout; }, 1s, 1h)},
    {"tcp", "accept_backoff", "Seconds to wait when no connection can be accepted.",
     time([](auto& c) -> auto& { return c.transport.accept_backoff; }, 10ms, 1min)},

    {"udp", "queue_bytes", "Unsent bytes of one listener; above it datagrams are dropped.",
     bytes([](auto& c) -> auto& { return c.transport.udp_queue_bytes; }, 65'536, kMaxMemory)},

    {"resolver", "servers",
     "DNS servers as \"ADDRESS\" or \"ADDRESS:PORT\" (IPv6 in brackets); none: those of\n"
     "/etc/resolv.conf.",
     kResolverServers},
    {"resolver", "timeout", "Seconds that a server has to answer at first; twice as long at the next try.",
     time([](auto& c) -> auto& { return c.transport.resolver_timeout; }, 10ms, 1min)},
    {"resolver", "tries", "How often each server is asked.",
     number([](auto& c) -> auto& { return c.transport.resolver_tries; }, 1, 10)},
    {"resolver", "questions", "Next hops being looked up at a time.",
     number([](auto& c) -> auto& { return c.transport.resolver_questions; }, 1, 10'000'000)},
    {"resolver", "queries", "Queries to DNS servers at a time.",
     number([](auto& c) -> auto& { return c.transport.resolver_queries; }, 1, 10'000)},
    {"resolver", "cache", "Answers remembered.",
     number([](auto& c) -> auto& { return c.transport.resolver_cache; }, 1, 10'000'000)},
    {"resolver", "min_ttl", "Seconds that an answer is remembered at least, whatever its time to live.",
     time([](auto& c) -> auto& { return c.transport.resolver_min_ttl; }, 0ms)},
    {"resolver", "max_ttl", "Seconds that an answer is remembered at most.",
     time([](auto& c) -> auto& { return c.transport.resolver_max_ttl; }, 0ms)},
    {"resolver", "negative_ttl", "Seconds that it is remembered that there is none.",
     time([](auto& c) -> auto& { return c.transport.resolver_negative_ttl; }, 0ms)},

    {"limits", "headers", "Header fields of one SIP message.",
     number([](auto& c) -> auto& { return c.settings.limits.message.headers; }, 16, 10'000)},
    {"limits", "header_bytes", "Start line and header fields of one SIP message.",
     bytes([](auto& c) -> auto& { return c.settings.limits.message.header_bytes; }, 1'024, 16'777'216)},
    {"limits", "body_bytes", "Body of one SIP message.",
     bytes([](auto& c) -> auto& { return c.settings.limits.message.body_bytes; }, 1'024, 67'108'864)},
    {"limits", "document_bytes", "One published document.",
     bytes([](auto& c) -> auto& { return c.settings.limits.document.bytes; }, 1'024, 67'108'864)},
    {"limits", "document_depth", "Nesting of elements in one document.",
     number([](auto& c) -> auto& { return c.settings.limits.document.depth; }, 4, 128)},
    {"limits", "document_elements", "Elements of one document.",
     number([](auto& c) -> auto& { return c.settings.limits.document.elements; }, 4, 10'000'000)},
    {"limits", "document_attributes", "Attributes of one element.",
     number([](auto& c) -> auto& { return c.settings.limits.document.attributes; }, 16, 1'000)},
    {"limits", "document_registrations", "Registrations in one document.",
     number([](auto& c) -> auto& { return c.settings.limits.document.registrations; }, 1, 1'000'000)},
    {"limits", "document_contacts", "Contacts of one registration in one document.",
     number([](auto& c) -> auto& { return c.settings.limits.document.contacts; }, 1, 1'000'000)},
    {"limits", "document_text_bytes", "One attribute value or text of a document.",
     bytes([](auto& c) -> auto& { return c.settings.limits.document.text_bytes; }, 256, 1'048'576)},
    {"limits", "publications_per_aor", "Live publications of one address-of-record.",
     number([](auto& c) -> auto& { return c.settings.limits.publications_per_aor; }, 1)},
    {"limits", "subscriptions_per_aor", "Subscriptions to one address-of-record.",
     number([](auto& c) -> auto& { return c.settings.limits.subscriptions_per_aor; }, 1)},
    {"limits", "subscriptions_per_watcher", "Subscriptions of one watcher.",
     number([](auto& c) -> auto& { return c.settings.limits.subscriptions_per_watcher; }, 1)},
    {"limits", "publications", "Live publications in all.",
     number([](auto& c) -> auto& { return c.settings.limits.publications; }, 1)},
    {"limits", "subscriptions", "Subscriptions in all.",
     number([](auto& c) -> auto& { return c.settings.limits.subscriptions; }, 1)},
    {"limits", "transactions", "Transactions in all, with finished ones that are remembered.",
     number([](auto& c) -> auto& { return c.settings.limits.transactions; }, 1)},
    {"limits", "waiting_requests", "Requests held back behind a commit, in all.",
     number([](auto& c) -> auto& { return c.settings.limits.waiting_requests; }, 1)},
    {"limits", "dialog_state_bytes", "Contact, route set, tags and URIs of one dialog.",
     bytes([](auto& c) -> auto& { return c.settings.limits.dialog_state_bytes; }, 512, 1'048'576)},
    {"limits", "expiries_per_turn", "Deadlines acted on before sockets are served again.",
     number([](auto& c) -> auto& { return c.settings.limits.expiries_per_turn; }, 1, 1'000'000)},

    {"http", "listen", "\"HOST:PORT\", HOST as in sip.listen; \"off\": no side port.",
     kHttpListen, "--http"},
    {"http", "hosts",
     "Names accepted in Host besides IP addresses and \"localhost\". Others are refused, so that\n"
     "a web page cannot reach this port through DNS rebinding.",
     kHttpHosts},
    {"http", "token",
     "Bearer token for actions: notify again, end a subscription or contact, drop a publication,\n"
     "dump. Without it there are none. Better set in the environment; never shown.",
     kHttpToken},
    {"http", "connections", "Connections at a time.",
     number([](auto& c) -> auto& { return c.http.connections; }, 1, 65'536)},
    {"http", "request_timeout", "Seconds for a request to come whole, and for its answer to leave.",
     time([](auto& c) -> auto& { return c.http.request_timeout; }, 100ms, 1h)},
    {"http", "idle_timeout", "Seconds that a connection may wait between requests.",
     time([](auto& c) -> auto& { return c.http.idle_timeout; }, 100ms, 1h)},

    {"storage", "kind",
     "\"sqlite\": publications and subscriptions survive a restart, in a file in state_dir.\n"
     "\"memory\": nothing does.",
     word<Storages>([](auto& c) -> auto& { return c.storage.kind; }), "--storage"},
    {"storage", "state_dir",
     "Directory for durable state; empty: $XDG_STATE_HOME/reginfod, else ~/.local/state/reginfod.",
     kStateDir, "--state-dir"},
    {"storage", "sync",
     "What is acknowledged survives: \"full\" a loss of power; \"normal\" the end of the process, and\n"
     "all but the last moments before a loss of power; \"off\" the end of the process only.",
     word<Syncs>([](auto& c) -> auto& { return c.storage.sync; })},

    {"log", "level", "\"debug\", \"info\", \"warning\", \"error\" or \"off\".",
     word<Levels>([](auto& c) -> auto& { return c.log.level; }), "--log-level"},
    {"log", "format", "\"text\" or \"json\", one object a line.",
     word<Formats>([](auto& c) -> auto& { return c.log.format; }), "--log-format"},
};
// clang-format on

}  // namespace

std::span<const Section> all_sections() { return kSections; }
std::span<const Key> all_keys() { return kKeys; }

}  // namespace reginfo

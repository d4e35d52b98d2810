/// @file
/// The table of everything that can be configured. Parsing, environment, flags, --check-config and
/// deploy/reginfod.example.toml all come from it.

#include "app/config_fields.hpp"
#include "app/config_texts.hpp"
#include "app/config_words.hpp"

namespace reginfo {
namespace {

using namespace std::chrono_literals;
using fields::bytes;
using fields::bytes_or_automatic;
using fields::kDay;
using fields::number;
using fields::time;
using fields::whole_milliseconds;
using fields::whole_seconds;
using fields::word;

constexpr std::uint64_t kMaxMemory = std::uint64_t{1} << 40U;  ///< bytes

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
    {"drain",
     "How the server lets go of its watchers before it stops (SIGTERM, POST /api/v1/drain)."},
    {"hep", "Copies of every SIP message to Homer, in HEP3 over UDP."},
    {"storage", "Where state is kept."},
    {"log", "The log, on standard error."},
};

// clang-format off
const Key kKeys[] = {
    {"sip", "listen",
     "\"udp:HOST:PORT\" or \"tcp:HOST:PORT\"; HOST is an IP address (IPv6 in brackets) or \"localhost\".\n"
     "On a wildcard address \",advertise=NAME:PORT\" says what peers are told to send to.",
     fields::kListen, "--listen"},
    {"sip", "server_address",
     "Advertised for listeners on a wildcard address that have no advertise of their own:\n"
     "\"NAME\" or \"NAME:PORT\". It goes into Contact and must survive a restart.",
     fields::kServerAddress},
    {"sip", "server_name", "Sent as Server and User-Agent; empty sends neither.", fields::kServerName},
    {"sip", "t1_ms", "T1, the estimate of a round trip, in milliseconds (RFC 3261 17.1.1.1).",
     whole_milliseconds([](auto& c) -> auto& { return c.settings.t1; }, 10, 60'000)},
    {"sip", "t2_ms", "T2, the longest interval between retransmissions of one request.",
     whole_milliseconds([](auto& c) -> auto& { return c.settings.t2; }, 10, 60'000)},
    {"sip", "t4_ms", "T4, how long a message may stay in the network.",
     whole_milliseconds([](auto& c) -> auto& { return c.settings.t4; }, 10, 60'000)},

    {"access", "trusted_networks",
     "Addresses that are served; by default loopback, private and link-local ones.",
     fields::kTrustedNetworks},
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
    {"subscribe", "grace",
     "Seconds that a subscription lives beyond what was granted, for a refresh that is on its way.",
     time([](auto& c) -> auto& { return c.settings.subscribe_grace; }, 0ms, 1h)},

    {"watchers", "profiles",
     "Rules in order; the first whose conditions all hold says which profile a watcher gets:\n"
     "\"linphone user_agent=Linphone\", \"pcscf from_domain=pcscf.ims.example\",\n"
     "\"ims network=10.0.0.0/8\".\n"
     "Else it is \"kamailio\" for a User-Agent that begins so or with \"OpenSIPS\", and \"standard\" for\n"
     "all others.\n"
     "\"kamailio\": what reginfo_handle_notify takes; once a NOTIFY was accepted, silence ends nothing.\n"
     "\"partial\": only what has changed, once a full document was acknowledged.\n"
     "\"ims\": TS 24.229; all of an implicit registration set, found by any identity in it; 480 where\n"
     "nothing is registered, and over with the last contact.\n"
     "\"pcscf\": as \"ims\", in words that Kamailio's IMS proxies (ims_registrar_pcscf) know.\n"
     "\"linphone\": an AOR that nobody published is \"terminated\" instead of \"init\".",
     fields::kProfileRules},
    {"watchers", "ims_hold",
     "Seconds that a SUBSCRIBE of profile \"ims\" or \"pcscf\" for an AOR that is not registered waits\n"
     "for its PUBLISH, before 480.",
     time([](auto& c) -> auto& { return c.settings.ims_hold; }, 0ms, 10s)},

    {"notify", "burst", "NOTIFYs of one subscription that may leave at once before pacing begins.",
     number([](auto& c) -> auto& { return c.settings.notify.burst; }, 1, 1'000'000)},
    {"notify", "min_interval", "Seconds between NOTIFYs of one subscription after that; 0: no pacing.",
     time([](auto& c) -> auto& { return c.settings.notify.min_interval; }, 0ms, 1h)},
    {"notify", "supersede_after",
     "Seconds after which an unanswered NOTIFY is given up once newer state waits; T1 at most where\n"
     "the subscription is refreshed or ended.",
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
     fields::kResolverServers},
    {"resolver", "timeout", "Seconds that a server has to answer at first; twice as long at the next try.",
     time([](auto& c) -> auto& { return c.transport.resolver_timeout; }, 10ms, 1min)},
    {"resolver", "tries", "How often each server is asked.",
     number([](auto& c) -> auto& { return c.transport.resolver_tries; }, 1, 10)},
    {"resolver", "questions", "Next hops being looked up at a time; a quarter is kept for route sets.",
     number([](auto& c) -> auto& { return c.transport.resolver_questions; }, 1, 10'000'000)},
    {"resolver", "deadline", "Seconds from a question to its answer; what is not found by then is tried again later.",
     time([](auto& c) -> auto& { return c.transport.resolver_deadline; }, 1s, 1h)},
    {"resolver", "queries",
     "Queries to DNS servers at a time that are younger than 0.1 s; older ones go on without a\n"
     "place, 32 times as many at most.",
     number([](auto& c) -> auto& { return c.transport.resolver_queries; }, 1, 10'000)},
    {"resolver", "queries_per_zone",
     "Queries at a time within one zone (all of a host's name but its first label) of which nothing\n"
     "is known; answers make it more, silence makes it fewer.",
     number([](auto& c) -> auto& { return c.transport.resolver_queries_per_zone; }, 1, 10'000)},
    {"resolver", "cache", "Answers remembered; and as many that there is none.",
     number([](auto& c) -> auto& { return c.transport.resolver_cache; }, 1, 10'000'000)},
    {"resolver", "min_ttl", "Seconds that an answer is remembered at least, whatever its time to live.",
     time([](auto& c) -> auto& { return c.transport.resolver_min_ttl; }, 0ms)},
    {"resolver", "max_ttl", "Seconds that an answer is remembered at most; resolver.min_ttl stands above it.",
     time([](auto& c) -> auto& { return c.transport.resolver_max_ttl; }, 0ms)},
    {"resolver", "negative_ttl", "Seconds that it is remembered that there is none, or that no server said.",
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
    {"limits", "document_text_bytes", "One attribute value or text of a document; what is longer is left out.",
     bytes([](auto& c) -> auto& { return c.settings.limits.document.text_bytes; }, 256, 1'048'576)},
    {"limits", "publications_per_aor", "Live publications of one address-of-record.",
     number([](auto& c) -> auto& { return c.settings.limits.publications_per_aor; }, 1)},
    {"limits", "contacts_per_aor",
     "Contacts and other registrations that all publications of one address-of-record list.",
     number([](auto& c) -> auto& { return c.settings.limits.contacts_per_aor; }, 1, 1'000'000)},
    {"limits", "aor_bytes", "Record of one address-of-record: what is published for it and what has ended.",
     bytes([](auto& c) -> auto& { return c.settings.limits.aor_bytes; }, 4'096, 1'073'741'824)},
    {"limits", "subscriptions_per_aor", "Subscriptions to one address-of-record.",
     number([](auto& c) -> auto& { return c.settings.limits.subscriptions_per_aor; }, 1)},
    {"limits", "subscriptions_per_watcher", "Subscriptions of one watcher.",
     number([](auto& c) -> auto& { return c.settings.limits.subscriptions_per_watcher; }, 1)},
    {"limits", "publications", "Live publications in all.",
     number([](auto& c) -> auto& { return c.settings.limits.publications; }, 1)},
    {"limits", "subscriptions", "Subscriptions in all.",
     number([](auto& c) -> auto& { return c.settings.limits.subscriptions; }, 1)},
    {"limits", "transactions",
     "Transactions in progress and finished ones that are remembered, of which the oldest give way.\n"
     "Where those in progress are so many, new requests are refused with 503.",
     number([](auto& c) -> auto& { return c.settings.limits.transactions; }, 1)},
    {"limits", "pending_commits", "Changes on their way to the store; more must come again, those of TCP and SUBSCRIBE get 503.",
     number([](auto& c) -> auto& { return c.settings.limits.pending_commits; }, 1)},
    {"limits", "waiting_requests",
     "Requests held back behind a commit, or by watchers.ims_hold (half of it at most), in all.",
     number([](auto& c) -> auto& { return c.settings.limits.waiting_requests; }, 1)},
    {"limits", "waiting_bytes", "Bytes of those requests.",
     bytes([](auto& c) -> auto& { return c.settings.limits.waiting_bytes; }, 65'536, kMaxMemory)},
    {"limits", "dialog_state_bytes", "Contact, route set, tags and URIs of one dialog.",
     bytes([](auto& c) -> auto& { return c.settings.limits.dialog_state_bytes; }, 512, 1'048'576)},
    {"limits", "memory_bytes",
     "Memory of the process; near it no new publication or subscription is taken on. 0: no bound;\n"
     "\"auto\": three quarters of what the container or the machine has (--check-config says how much).",
     bytes_or_automatic([](auto& c) -> auto& { return c.settings.limits.memory_bytes; }, kMaxMemory, kAutomaticMemory)},
    {"limits", "expiries_per_turn", "Deadlines acted on before sockets are served again.",
     number([](auto& c) -> auto& { return c.settings.limits.expiries_per_turn; }, 1, 1'000'000)},

    {"http", "listen", "\"HOST:PORT\", HOST as in sip.listen; \"off\": no side port.",
     fields::kHttpListen, "--http"},
    {"http", "hosts",
     "Names accepted in Host besides IP addresses and \"localhost\". Others are refused, so that\n"
     "a web page cannot reach this port through DNS rebinding.",
     fields::kHttpHosts},
    {"http", "token",
     "Bearer token for actions: notify again, end a subscription or contact, drop a publication,\n"
     "trace, drain, dump. Without it there are none; what only reads is open to all. Better set in the\n"
     "environment, which a restart is needed to change; never shown.",
     fields::kHttpToken},
    {"http", "connections", "Connections at a time.",
     number([](auto& c) -> auto& { return c.http.connections; }, 1, 65'536)},
    {"http", "connections_per_peer",
     "Of these, what one IP address (of IPv6, one /64) is sure of, and what is answered to it at a time.\n"
     "Those that wait longest for a request are closed for new ones; health checks have places of their own.",
     number([](auto& c) -> auto& { return c.http.connections_per_peer; }, 1, 65'536)},
    {"http", "request_timeout", "Seconds for a request to come whole, and for its answer to leave.",
     time([](auto& c) -> auto& { return c.http.request_timeout; }, 100ms, 1h)},
    {"http", "idle_timeout", "Seconds that a connection may wait between requests.",
     time([](auto& c) -> auto& { return c.http.idle_timeout; }, 100ms, 1h)},

    {"drain", "grace",
     "Seconds between not being ready and letting go, for whoever balances load to notice. All is\n"
     "served meanwhile.",
     time([](auto& c) -> auto& { return c.drain.grace; }, 0ms, 1h)},
    {"drain", "rate", "Subscriptions ended a second, where storage.kind is \"memory\".",
     number([](auto& c) -> auto& { return c.settings.drain.rate; }, 1, 1'000'000)},
    {"drain", "retry_after", "Seconds, of the 503 to new subscriptions meanwhile.",
     whole_seconds([](auto& c) -> auto& { return c.settings.drain.retry_after; })},
    {"drain", "answer_timeout", "Seconds that unanswered NOTIFYs are awaited at the end.",
     time([](auto& c) -> auto& { return c.drain.answer_timeout; }, 0ms, 1h)},

    {"hep", "server", "\"ADDRESS:PORT\" of the collector; empty: none.", fields::kHepServer},
    {"hep", "capture_id", "Tells this server from others that send copies.",
     number([](auto& c) -> auto& { return c.transport.hep.capture_id; }, 0, 0xffffffff)},
    {"hep", "password", "That the collector wants, if it does; never shown.", fields::kHepPassword},

    {"storage", "kind",
     "\"sqlite\": publications and subscriptions survive a restart, in a file in state_dir.\n"
     "\"memory\": nothing does.",
     word<Storages>([](auto& c) -> auto& { return c.storage.kind; }), "--storage"},
    {"storage", "state_dir",
     "Directory for durable state; empty: $XDG_STATE_HOME/reginfod, else ~/.local/state/reginfod.",
     fields::kStateDir, "--state-dir"},
    {"storage", "sync",
     "What is acknowledged survives: \"full\" a loss of power; \"normal\" the end of the process, and\n"
     "all but the last moments before a loss of power; \"off\" the end of the process only.",
     word<Syncs>([](auto& c) -> auto& { return c.storage.sync; })},

    {"log", "level",
     "Minimum severity. \"debug\": the first line of every SIP message that comes or goes; \"info\":\n"
     "starts, stops, reloads, actions and traces; \"warning\": bounds that are reached, what peers do\n"
     "wrong, and lines left out; \"error\": what keeps the server from serving; \"off\".",
     word<Levels>([](auto& c) -> auto& { return c.log.level; }), "--log-level"},
    {"log", "format", "\"text\" or \"json\", one object a line.",
     word<Formats>([](auto& c) -> auto& { return c.log.format; }), "--log-format"},
};
// clang-format on

}  // namespace

std::span<const Section> all_sections() { return kSections; }
std::span<const Key> all_keys() { return kKeys; }

}  // namespace reginfo

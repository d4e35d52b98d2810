/// @file
/// The table of everything that can be configured. Parsing, environment, flags, --check-config and
/// deploy/reginfod.example.toml all come from it.

#include "app/config_keys.hpp"

#include "app/config_fields.hpp"
#include "app/config_redis.hpp"
#include "app/config_texts.hpp"
#include "app/config_words.hpp"

#include <algorithm>

namespace reginfo {
namespace {

using namespace std::chrono_literals;
using fields::bytes;
using fields::bytes_or_automatic;
using fields::kDay;
using fields::number;
using fields::number_or_automatic;
using fields::time;
using fields::whole_milliseconds;
using fields::whole_seconds;
using fields::word;
using fields::yes_or_no;

constexpr std::uint64_t kMaxMemory = std::uint64_t{1} << 40U;  ///< bytes

constexpr Section kSections[] = {
    {"sip", "SIP: listeners, names and timers."},
    {"access", "Which peers are served."},
    {"publish", "Lifetime of publications (RFC 3903)."},
    {"subscribe", "Lifetime of subscriptions (RFC 6665)."},
    {"watchers", "What each kind of watcher is sent."},
    {"notify", "When NOTIFYs are sent, and how many at a time."},
    {"tcp", "SIP over TCP."},
    {"udp", "SIP over UDP."},
    {"resolver", "DNS look-up of next hops with a host name (RFC 3263)."},
    {"limits", "Upper bounds. What exceeds a bound is refused, counted and logged."},
    {"http", "The side port: metrics, health, state and the page."},
    {"drain", "What happens before the server stops (SIGTERM, POST /api/v1/drain)."},
    {"hep", "A copy of every SIP message to a Homer collector (HEP3 over UDP)."},
    {"storage", "Where state is kept."},
    {"storage.redis", "The Redis of storage.kind = \"redis\" (7.0 or later; or Valkey)."},
    {"cluster", "The nodes that share a Redis: one serves, the others stand by."},
    {"log", "The log, on standard error."},
};

// clang-format off
const Key kKeys[] = {
    {"sip", "listen",
     "\"udp:HOST:PORT\" or \"tcp:HOST:PORT\"; HOST is an IP address (IPv6 in brackets) or \"localhost\".\n"
     "A wildcard address needs \",advertise=NAME:PORT\", the address that peers send to, or server_address.",
     fields::kListen, "--listen"},
    {"sip", "server_address",
     "\"NAME\" or \"NAME:PORT\": the address that peers send to, for each listener on a wildcard address\n"
     "without advertise. It goes into Contact, so it must stay valid across restarts.",
     fields::kServerAddress},
    {"sip", "server_name", "Value of the header fields Server and User-Agent. Empty: neither is sent.",
     fields::kServerName},
    {"sip", "t1_ms", "T1 in milliseconds: the estimated round-trip time (RFC 3261 17.1.1.1).",
     whole_milliseconds([](auto& c) -> auto& { return c.settings.t1; }, 10, 60'000)},
    {"sip", "t2_ms", "T2 in milliseconds: the longest interval between retransmissions of a request.",
     whole_milliseconds([](auto& c) -> auto& { return c.settings.t2; }, 10, 60'000)},
    {"sip", "t4_ms", "T4 in milliseconds: the longest time that a message stays in the network.",
     whole_milliseconds([](auto& c) -> auto& { return c.settings.t4; }, 10, 60'000)},

    {"access", "trusted_networks",
     "Addresses and networks that are served. Default: loopback, private and link-local addresses.\n"
     "An empty list is an error, and so is a network with bits beyond its prefix (\"10.0.0.1/8\").\n"
     "Everybody: \"0.0.0.0/0\" and \"::/0\".",
     fields::kTrustedNetworks},
    {"access", "untrusted", "What other peers get: no answer (\"ignore\") or 403 (\"forbid\").",
     word<Untrusted>([](auto& c) -> auto& { return c.settings.refuse_untrusted_with_403; })},

    {"publish", "default_expires", "Lifetime in seconds if a PUBLISH has no Expires.",
     whole_seconds([](auto& c) -> auto& { return c.settings.publish.default_expires; }, 1)},
    {"publish", "min_expires",
     "Shortest lifetime in seconds. A shorter one is refused with 423, which Kamailio's pua cannot\n"
     "handle. 0: no minimum.",
     whole_seconds([](auto& c) -> auto& { return c.settings.publish.min_expires; })},
    {"publish", "max_expires", "Longest lifetime in seconds. A longer one is shortened to this.",
     whole_seconds([](auto& c) -> auto& { return c.settings.publish.max_expires; }, 1)},
    {"publish", "expires_offset",
     "Seconds by which the Expires of a 2xx is less than the lifetime, so that refreshes come early.",
     whole_seconds([](auto& c) -> auto& { return c.settings.expires_offset; })},
    {"publish", "contact_grace", "Seconds between the expiry of a contact and the NOTIFY that reports it.",
     time([](auto& c) -> auto& { return c.settings.contact_grace; }, 0ms, 1h)},

    {"subscribe", "default_expires", "Lifetime in seconds if a SUBSCRIBE has no Expires.",
     whole_seconds([](auto& c) -> auto& { return c.settings.subscribe.default_expires; }, 1)},
    {"subscribe", "min_expires", "Shortest lifetime in seconds. A shorter one is refused with 423. 0: no minimum.",
     whole_seconds([](auto& c) -> auto& { return c.settings.subscribe.min_expires; })},
    {"subscribe", "max_expires", "Longest lifetime in seconds. A longer one is shortened to this.",
     whole_seconds([](auto& c) -> auto& { return c.settings.subscribe.max_expires; }, 1)},
    {"subscribe", "grace",
     "Seconds that a subscription is kept beyond the granted time, so that a late refresh finds it.",
     time([](auto& c) -> auto& { return c.settings.subscribe_grace; }, 0ms, 1h)},

    {"watchers", "profiles",
     "Rules. The first rule whose conditions are all true gives a watcher its profile:\n"
     "\"linphone user_agent=Linphone\", \"pcscf from_domain=pcscf.ims.example\",\n"
     "\"ims network=10.0.0.0/8\".\n"
     "Without a rule: \"kamailio\" if the User-Agent begins with \"kamailio\" or \"OpenSIPS\", else \"standard\".\n"
     "\"standard\": full documents as in RFC 3680.\n"
     "\"kamailio\": documents that Kamailio's reginfo_handle_notify understands. After its first 2xx a\n"
     "missing answer to a NOTIFY does not end the subscription.\n"
     "\"partial\": after a full document was answered with 2xx, partial documents with the changes only.\n"
     "\"ims\": as in TS 24.229. Any identity of an implicit registration set finds the whole set. A\n"
     "SUBSCRIBE gets 480 if nothing is registered; the last contact ends the subscription.\n"
     "\"pcscf\": as \"ims\", with the events that Kamailio's ims_registrar_pcscf knows.\n"
     "\"linphone\": an AOR without publication is \"terminated\" and not \"init\".",
     fields::kProfileRules},
    {"watchers", "ims_hold",
     "Seconds that a SUBSCRIBE of profile \"ims\" or \"pcscf\" waits for a PUBLISH if the AOR is not\n"
     "registered. Then it is answered 480.",
     time([](auto& c) -> auto& { return c.settings.ims_hold; }, 0ms, 10s)},

    {"notify", "burst", "NOTIFYs that one subscription may get without pause before pacing begins.",
     number([](auto& c) -> auto& { return c.settings.notify.burst; }, 1, 1'000'000)},
    {"notify", "min_interval", "Pacing: seconds between two NOTIFYs of one subscription. 0: no pacing.",
     time([](auto& c) -> auto& { return c.settings.notify.min_interval; }, 0ms, 1h)},
    {"notify", "supersede_after",
     "Seconds after which an unanswered NOTIFY is abandoned if newer state is waiting. If the watcher\n"
     "refreshes or ends the subscription, at most T1.",
     time([](auto& c) -> auto& { return c.settings.notify.supersede_after; }, 100ms, 1h)},
    {"notify", "supersede_after_kamailio", "The same for profile \"kamailio\".",
     time([](auto& c) -> auto& { return c.settings.notify.supersede_after_kamailio; }, 100ms, 1h)},
    {"notify", "udp_bytes_max", "A NOTIFY of more bytes is tried over TCP first. 0: never.",
     number([](auto& c) -> auto& { return c.settings.notify.udp_bytes_max; }, 0, 65'000)},
    {"notify", "max_rate_interval",
     "Longest interval in seconds that a watcher may ask for with max-rate (RFC 6446).",
     time([](auto& c) -> auto& { return c.settings.notify.max_rate_interval; }, 1s, 7 * kDay)},
    {"notify", "min_rate_interval",
     "Shortest interval in seconds that a watcher may ask for with min-rate or adaptive-min-rate\n"
     "(RFC 6446).",
     time([](auto& c) -> auto& { return c.settings.notify.min_rate_interval; }, 100ms, kDay)},
    {"notify", "recovery_rate",
     "After a start: NOTIFYs a second to watchers that may have missed a change.",
     number([](auto& c) -> auto& { return c.settings.notify.recovery_rate; }, 1, 1'000'000)},
    {"notify", "window_initial", "Send window of a new next hop: NOTIFYs to it without an answer yet.",
     number([](auto& c) -> auto& { return c.settings.notify.window_initial; }, 1, 10'000'000)},
    {"notify", "window_min", "Smallest window. A window is halved if many watchers do not answer.",
     number([](auto& c) -> auto& { return c.settings.notify.window_min; }, 1, 10'000'000)},
    {"notify", "window_max", "Largest window. Answers enlarge a window.",
     number([](auto& c) -> auto& { return c.settings.notify.window_max; }, 1, 10'000'000)},

    {"tcp", "connections", "Connections at a time, accepted and opened by the server.",
     number([](auto& c) -> auto& { return c.transport.connections; }, 1, 1'000'000)},
    {"tcp", "connections_per_peer", "Connections at a time with one IP address.",
     number([](auto& c) -> auto& { return c.transport.connections_per_peer; }, 1, 1'000'000)},
    {"tcp", "queue_bytes", "Unsent bytes of one connection. A connection with more is closed.",
     bytes([](auto& c) -> auto& { return c.transport.tcp_queue_bytes; }, 65'536, kMaxMemory)},
    {"tcp", "queue_bytes_total", "Unsent bytes of all connections.",
     bytes([](auto& c) -> auto& { return c.transport.tcp_queue_bytes_total; }, 65'536, kMaxMemory)},
    {"tcp", "input_bytes_total", "Bytes of incomplete messages, of all connections.",
     bytes([](auto& c) -> auto& { return c.transport.tcp_input_bytes_total; }, 65'536, kMaxMemory)},
    {"tcp", "connect_timeout", "Seconds to open a connection.",
     time([](auto& c) -> auto& { return c.transport.connect_timeout; }, 100ms, 1h)},
    {"tcp", "message_timeout", "Seconds from the first to the last byte of a message.",
     time([](auto& c) -> auto& { return c.transport.message_timeout; }, 100ms, 1h)},
    {"tcp", "idle_timeout", "Seconds without a byte after which a connection is closed.",
     time([](auto& c) -> auto& { return c.transport.idle_timeout; }, 1s, 7 * kDay)},
    {"tcp", "linger_timeout", "Seconds that a closing connection may take to send its queue.",
     time([](auto& c) -> auto& { return c.transport.linger_timeout; }, 0ms, 1h)},
    {"tcp", "unacknowledged_timeout", "Seconds that the peer's TCP may leave sent bytes unacknowledged.",
     time([](auto& c) -> auto& { return c.transport.unacknowledged_timeout; }, 1s, 1h)},
    {"tcp", "accept_backoff", "Seconds without accepting after accept has failed (no file descriptors).",
     time([](auto& c) -> auto& { return c.transport.accept_backoff; }, 10ms, 1min)},

    {"udp", "queue_bytes", "Unsent bytes of one listener. Further datagrams are dropped.",
     bytes([](auto& c) -> auto& { return c.transport.udp_queue_bytes; }, 65'536, kMaxMemory)},

    {"resolver", "servers",
     "DNS servers: \"ADDRESS\" or \"ADDRESS:PORT\" (IPv6 in brackets). Empty: those of /etc/resolv.conf.",
     fields::kResolverServers},
    {"resolver", "timeout", "Seconds that a server may take to answer the first try, and twice as long at the next one.",
     time([](auto& c) -> auto& { return c.transport.resolver_timeout; }, 10ms, 1min)},
    {"resolver", "tries", "Tries with each server.",
     number([](auto& c) -> auto& { return c.transport.resolver_tries; }, 1, 10)},
    {"resolver", "questions", "Look-ups at a time. A quarter is reserved for names in route sets.",
     number([](auto& c) -> auto& { return c.transport.resolver_questions; }, 1, 10'000'000)},
    {"resolver", "deadline", "Seconds for a whole look-up. After that the NOTIFY is tried again later.",
     time([](auto& c) -> auto& { return c.transport.resolver_deadline; }, 1s, 1h)},
    {"resolver", "queries",
     "Queries to DNS servers at a time that are younger than 0.1 s. Older queries are counted apart:\n"
     "at most 32 times as many.",
     number([](auto& c) -> auto& { return c.transport.resolver_queries; }, 1, 10'000)},
    {"resolver", "queries_per_zone",
     "Queries at a time for one zone (a host name without its first label), at first. Answers raise\n"
     "this number for the zone, time-outs lower it.",
     number([](auto& c) -> auto& { return c.transport.resolver_queries_per_zone; }, 1, 10'000)},
    {"resolver", "cache", "Answers in the cache, and the same number of negative answers.",
     number([](auto& c) -> auto& { return c.transport.resolver_cache; }, 1, 10'000'000)},
    {"resolver", "min_ttl", "Minimum caching time in seconds, even if the record's TTL is shorter.",
     time([](auto& c) -> auto& { return c.transport.resolver_min_ttl; }, 0ms)},
    {"resolver", "max_ttl", "Maximum caching time in seconds. resolver.min_ttl takes precedence.",
     time([](auto& c) -> auto& { return c.transport.resolver_max_ttl; }, 0ms)},
    {"resolver", "negative_ttl", "Caching time in seconds of a negative answer, or of no answer.",
     time([](auto& c) -> auto& { return c.transport.resolver_negative_ttl; }, 0ms)},

    {"limits", "headers", "Header fields of one SIP message.",
     number([](auto& c) -> auto& { return c.settings.limits.message.headers; }, 16, 10'000)},
    {"limits", "header_bytes", "Bytes of start line and header fields of one SIP message.",
     bytes([](auto& c) -> auto& { return c.settings.limits.message.header_bytes; }, 1'024, 16'777'216)},
    {"limits", "body_bytes", "Bytes of the body of one SIP message.",
     bytes([](auto& c) -> auto& { return c.settings.limits.message.body_bytes; }, 1'024, 67'108'864)},
    {"limits", "document_bytes", "Bytes of one published document.",
     bytes([](auto& c) -> auto& { return c.settings.limits.document.bytes; }, 1'024, 67'108'864)},
    {"limits", "document_depth", "Depth of nested elements in one document.",
     number([](auto& c) -> auto& { return c.settings.limits.document.depth; }, 4, 128)},
    {"limits", "document_elements", "Elements of one document.",
     number([](auto& c) -> auto& { return c.settings.limits.document.elements; }, 4, 10'000'000)},
    {"limits", "document_attributes", "Attributes of one element.",
     number([](auto& c) -> auto& { return c.settings.limits.document.attributes; }, 16, 1'000)},
    {"limits", "document_registrations", "Registrations in one document.",
     number([](auto& c) -> auto& { return c.settings.limits.document.registrations; }, 1, 1'000'000)},
    {"limits", "document_contacts", "Contacts of one registration in one document.",
     number([](auto& c) -> auto& { return c.settings.limits.document.contacts; }, 1, 1'000'000)},
    {"limits", "document_text_bytes", "Bytes of one attribute value or text in a document. A longer one is left out.",
     bytes([](auto& c) -> auto& { return c.settings.limits.document.text_bytes; }, 256, 1'048'576)},
    {"limits", "publications_per_aor", "Live publications of one address-of-record.",
     number([](auto& c) -> auto& { return c.settings.limits.publications_per_aor; }, 1)},
    {"limits", "contacts_per_aor",
     "Contacts and other registrations of one address-of-record, in all its publications.",
     number([](auto& c) -> auto& { return c.settings.limits.contacts_per_aor; }, 1, 1'000'000)},
    {"limits", "aor_bytes", "Bytes of the record of one address-of-record: its publications and its ended contacts.",
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
     "Server transactions. Finished transactions are kept until timer J; the oldest are dropped for new\n"
     "ones. If as many are in progress, new requests are refused with 503.",
     number([](auto& c) -> auto& { return c.settings.limits.transactions; }, 1)},
    {"limits", "pending_commits",
     "Changes that wait for the store. Beyond it a SUBSCRIBE, and a PUBLISH over TCP, get 503; a PUBLISH\n"
     "over UDP gets no answer, so that its sender retransmits it.",
     number([](auto& c) -> auto& { return c.settings.limits.pending_commits; }, 1)},
    {"limits", "waiting_requests",
     "Requests that wait for a commit, or for watchers.ims_hold (at most half of them).",
     number([](auto& c) -> auto& { return c.settings.limits.waiting_requests; }, 1)},
    {"limits", "waiting_bytes", "Bytes of the requests of limits.waiting_requests.",
     bytes([](auto& c) -> auto& { return c.settings.limits.waiting_bytes; }, 65'536, kMaxMemory)},
    {"limits", "dialog_state_bytes", "Bytes of Contact, route set, tags and URIs of one dialog.",
     bytes([](auto& c) -> auto& { return c.settings.limits.dialog_state_bytes; }, 512, 1'048'576)},
    {"limits", "memory_bytes",
     "Memory of the process in bytes. Near the bound new publications and subscriptions are refused.\n"
     "0: no bound. \"auto\": three quarters of the memory of the container or the machine\n"
     "(--check-config shows how much).",
     bytes_or_automatic([](auto& c) -> auto& { return c.settings.limits.memory_bytes; }, kMaxMemory, kAutomaticMemory)},
    {"limits", "expiries_per_turn", "Deadlines processed before the sockets are served again.",
     number([](auto& c) -> auto& { return c.settings.limits.expiries_per_turn; }, 1, 1'000'000)},

    {"http", "listen", "\"HOST:PORT\", with HOST as in sip.listen. \"off\": no side port.",
     fields::kHttpListen, "--http"},
    {"http", "hosts",
     "Names accepted in Host, besides IP addresses and \"localhost\". Any other name gets 421: so no web\n"
     "page can reach this port by DNS rebinding.",
     fields::kHttpHosts},
    {"http", "token",
     "Bearer token for actions: notify again, end a subscription or contact, drop a publication,\n"
     "trace, drain, dump. Empty: no actions. Reading needs no token. The token is never shown. Set it in\n"
     "the environment rather than in a file that others can read; then a change needs a restart.",
     fields::kHttpToken},
    {"http", "connections", "Connections at a time.",
     number([](auto& c) -> auto& { return c.http.connections; }, 1, 65'536)},
    {"http", "connections_per_peer",
     "Of http.connections: connections that one IP address (or IPv6 /64) always gets, and its requests\n"
     "in work at a time. If no connection is free, the one that is idle longest is closed. Health checks\n"
     "have connections of their own.",
     number([](auto& c) -> auto& { return c.http.connections_per_peer; }, 1, 65'536)},
    {"http", "request_timeout", "Seconds to receive a request, and to send its answer.",
     time([](auto& c) -> auto& { return c.http.request_timeout; }, 100ms, 1h)},
    {"http", "idle_timeout", "Seconds that a connection may wait between requests.",
     time([](auto& c) -> auto& { return c.http.idle_timeout; }, 100ms, 1h)},

    {"drain", "grace",
     "Seconds between the first 503 of /readyz and the refusal of new subscriptions, so that load\n"
     "balancers notice. Everything is served meanwhile.",
     time([](auto& c) -> auto& { return c.drain.grace; }, 0ms, 1h)},
    {"drain", "rate", "Subscriptions that are ended per second if storage.kind is \"memory\".",
     number([](auto& c) -> auto& { return c.settings.drain.rate; }, 1, 1'000'000)},
    {"drain", "retry_after", "Retry-After in seconds, in the 503 to a new subscription.",
     whole_seconds([](auto& c) -> auto& { return c.settings.drain.retry_after; })},
    {"drain", "answer_timeout", "Seconds that the server waits for answers to NOTIFYs before it ends.",
     time([](auto& c) -> auto& { return c.drain.answer_timeout; }, 0ms, 1h)},

    {"hep", "server", "\"ADDRESS:PORT\" of the collector. Empty: no copies.", fields::kHepServer},
    {"hep", "capture_id", "Number of this server among those that send copies.",
     number([](auto& c) -> auto& { return c.transport.hep.capture_id; }, 0, 0xffffffff)},
    {"hep", "password", "Password of the collector, if it has one. It is never shown.", fields::kHepPassword},

    {"storage", "kind",
     "\"sqlite\": publications and subscriptions survive a restart, in a file in state_dir.\n"
     "\"redis\": they are in a Redis, and another node on it takes over if this one dies.\n"
     "\"memory\": they do not survive.",
     word<Storages>([](auto& c) -> auto& { return c.storage.kind; }), "--storage"},
    {"storage", "state_dir",
     "Directory of the state file. Empty: $XDG_STATE_HOME/reginfod, else ~/.local/state/reginfod.",
     fields::kStateDir, "--state-dir"},
    {"storage", "sync",
     "What an acknowledged change survives. \"full\": a power failure. \"normal\": a crash of the process;\n"
     "a power failure loses the last moments. \"off\": a crash of the process only.",
     word<Syncs>([](auto& c) -> auto& { return c.storage.sync; })},

    {"storage.redis", "servers",
     "\"HOST:PORT\" or \"unix:/PATH\". With several, the first that answers and is no replica.",
     fields::kRedisServers},
    {"storage.redis", "sentinels",
     "\"HOST:PORT\" of Sentinels, which name the primary. Then servers is not used.",
     fields::kRedisSentinels},
    {"storage.redis", "master", "The name that Sentinels have for the primary.", fields::kRedisMaster},
    {"storage.redis", "username", "Empty: the default user of Redis.", fields::kRedisUsername},
    {"storage.redis", "password",
     "Empty: none. It is never shown. Set it in the environment rather than in a file that others can read.",
     fields::kRedisPassword},
    {"storage.redis", "tls",
     "TLS (1.2 or 1.3) to Redis and to Sentinels. Their certificate must be for the name or the address\n"
     "that servers, sentinels, or the Sentinels themselves have.",
     yes_or_no([](auto& c) -> auto& { return c.redis.link.tls.is_on; })},
    {"storage.redis", "ca",
     "File (PEM) with the certificates of authorities that are trusted. Empty: those of the system.",
     fields::redis_file([](auto& c) -> auto& { return c.redis.link.tls.ca; })},
    {"storage.redis", "certificate",
     "File (PEM) with the certificate of this node and its chain, for a Redis that wants one. Empty: none.\n"
     "A file that has changed is read at the next connection.",
     fields::redis_file([](auto& c) -> auto& { return c.redis.link.tls.certificate; })},
    {"storage.redis", "key", "File (PEM) with the private key of that certificate, without a password.",
     fields::redis_file([](auto& c) -> auto& { return c.redis.link.tls.key; })},
    {"storage.redis", "database", "Number of the database.",
     number([](auto& c) -> auto& { return c.redis.store.database; }, 0, 1'000)},
    {"storage.redis", "replicas",
     "Replicas that must have a change before it is acknowledged. \"auto\": 1 with sentinels, else 0.",
     number_or_automatic([](auto& c) -> auto& { return c.redis.store.replicas; }, 9, kAutomaticReplicas)},
    {"storage.redis", "fsync",
     "Whether a change must be on the disk of Redis too, and of those replicas, before it is acknowledged.\n"
     "It needs Redis 7.2 or Valkey, and appendonly yes; with appendfsync always it is fast.",
     yes_or_no([](auto& c) -> auto& { return c.redis.store.fsync; })},
    {"storage.redis", "replay",
     "Another Redis that takes over may lack the last changes. Those of so many seconds are written to it\n"
     "again.",
     time([](auto& c) -> auto& { return c.redis.store.replay; }, 1s, 1h)},
    {"storage.redis", "patience",
     "Seconds that a request waits for Redis. After that it is answered 503.",
     time([](auto& c) -> auto& { return c.redis.store.patience; }, 1s, 1min)},

    {"cluster", "name", "Name of the cluster, with which its keys in Redis begin.", fields::kClusterName},
    {"cluster", "node",
     "Name of this node, another one for each. A node that starts replaces the one of its name.\n"
     "Empty: the name of the host.",
     fields::kClusterNode},
    {"cluster", "lease",
     "Seconds without Redis, or without this process, after which another node may take over. The same\n"
     "on all nodes, and at least four times cluster.beat.",
     time([](auto& c) -> auto& { return c.redis.store.lease; }, 100ms, 1min)},
    {"cluster", "relay",
     "Whether a node passes on what another one has to serve, over Redis, so that peers may use any node.\n"
     "false: it answers 503 to that. The same on all nodes.",
     yes_or_no([](auto& c) -> auto& { return c.redis.relay; })},
    {"cluster", "beat", "Seconds between two renewals of the lease.",
     time([](auto& c) -> auto& { return c.redis.store.beat; }, 10ms, 10s)},

    {"log", "level",
     "Minimum severity. \"debug\": the first line of every SIP message, received or sent. \"info\": starts,\n"
     "stops, reloads, actions and traces. \"warning\": reached bounds, faults of peers, lines left out.\n"
     "\"error\": what keeps the server from serving. \"off\": nothing.",
     word<Levels>([](auto& c) -> auto& { return c.log.level; }), "--log-level"},
    {"log", "format", "\"text\", or \"json\": one object a line.",
     word<Formats>([](auto& c) -> auto& { return c.log.format; }), "--log-format"},
};
// clang-format on

}  // namespace

std::span<const Section> all_sections() { return kSections; }
std::span<const Key> all_keys() { return kKeys; }

const Key* find_key(std::string_view path) {
    const auto keys = all_keys();
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.path() == path; });
    return found == keys.end() ? nullptr : &*found;
}

}  // namespace reginfo

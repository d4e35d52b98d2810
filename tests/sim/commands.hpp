/// @file
/// The events of one simulated run, as values that RapidCheck generates, prints and shrinks.
#pragma once

#include "core/event/watcher/profile.hpp"

#include <cstdint>
#include <iosfwd>
#include <vector>

namespace reginfo::sim {

enum class Op : std::uint8_t {
    wait,             ///< a little or a long time
    publish,          ///< initial if the publisher has no publication, else modify
    publish_anew,     ///< drops the entity-tag first: leaves an orphan publication
    refresh,          ///< without a body
    remove,           ///< Expires 0
    wrong_tag,        ///< with an unknown entity-tag
    repeat,           ///< sends the last request of the publisher once more
    subscribe,        ///< a new dialog; the watcher drops the old one
    resubscribe,      ///< in the dialog
    resubscribe_id,   ///< in the dialog, another Event id
    unsubscribe,      ///< in the dialog, Expires 0
    fetch,            ///< a new dialog, Expires 0
    answer_with,      ///< how the watcher answers NOTIFYs from now on
    close,            ///< the watcher's TCP connections, or the publisher's
    refuse_connects,  ///< new TCP connections fail from now on, or succeed again
    dns,              ///< answers at once, late, empty, very late, or not before heal()
    clock_step,       ///< the clock jumps ahead; all deadlines are handled late
    crash,            ///< the process ends at once; another one starts later, perhaps with a wall
                      ///< clock that has jumped
    restart,          ///< the process ends cleanly; another one starts
    count_,
};

/// One contact in a published document.
struct Item {
    std::uint8_t contact = 0;  ///< which of four
    std::uint8_t callid = 0;   ///< which Call-ID, if the plan has several
    std::uint8_t cseq = 0;
    bool ended = false;
    std::uint8_t expires = 0;  ///< index of kContactExpires
};

struct Command {
    Op op = Op::wait;
    std::uint8_t peer = 0;  ///< which publisher or watcher
    std::uint8_t how = 0;
    std::vector<Item> items;
};

enum class Callids : std::uint8_t { always, never, mixed };
enum class Store : std::uint8_t { at_once, late, failing };
/// The next hop that some watchers share: none, or one that forwards at once, late, or at a bounded
/// rate.
enum class EdgeManner : std::uint8_t { none, good, slow, narrow };

struct Plan {
    std::uint16_t chance = 0;  ///< seed of the network and the engine
    std::uint8_t loss = 0;     ///< percent of datagrams
    std::uint8_t duplicates = 0;
    std::uint8_t delay = 0;  ///< up to, in units of 50 ms
    Callids callids = Callids::always;
    Store store = Store::at_once;
    bool small_turns = false;             ///< few expiries a turn, a small send window
    bool paced = false;                   ///< RULES.md, "Pacing per subscription"
    Profile profile = Profile::standard;  ///< of the watchers other than Kamailio
    bool rates = false;                   ///< SUBSCRIBEs have max-rate and min-rate (RFC 6446)
    bool suppress = false;                ///< refreshes have Suppress-If-Match (RFC 5839)
    bool durable = false;                 ///< if false, there is no crash or restart
    bool batches = false;                 ///< messages that arrive meanwhile are one turn
    EdgeManner edge = EdgeManner::none;
    bool large = false;  ///< NOTIFYs are too large for UDP, and tried over TCP first
    bool tight = false;  ///< low bounds, which are reached
    /// Two processes share the store. Instead of a crash or a jump of the clock, a shard moves;
    /// instead of a restart, the lease of a process runs out for a while.
    bool shared = false;
    std::vector<Command> commands;
};

std::ostream& operator<<(std::ostream& out, const Item& item);
std::ostream& operator<<(std::ostream& out, const Command& command);
std::ostream& operator<<(std::ostream& out, const Plan& plan);

}  // namespace reginfo::sim

/// @file
/// What happens in one simulated run, as values that RapidCheck makes, shows and shrinks.
#pragma once

#include "core/event/watcher/profile.hpp"

#include <cstdint>
#include <iosfwd>
#include <vector>

namespace reginfo::sim {

enum class Op : std::uint8_t {
    wait,             ///< a little or a long time
    publish,          ///< initial where the publisher has no publication, else modify
    publish_anew,     ///< forgets the entity-tag first: leaves an orphan behind
    refresh,          ///< without a body
    remove,           ///< Expires 0
    wrong_tag,        ///< with an entity-tag that was never given
    repeat,           ///< the publisher's last request once more
    subscribe,        ///< a new dialog; an old one is forgotten
    resubscribe,      ///< in the dialog
    resubscribe_id,   ///< in the dialog, another Event id
    unsubscribe,      ///< in the dialog, Expires 0
    fetch,            ///< a new dialog, Expires 0
    answer_with,      ///< the watcher's way with NOTIFYs from now on
    close,            ///< the watcher's TCP connections, or the publisher's
    refuse_connects,  ///< nobody can be reached by a new TCP connection, or can again
    dns,              ///< answers at once, late, with nothing, very late, or not while all is ill
    clock_step,       ///< the clock jumps ahead; all that was due is late
    crash,            ///< the process ends at once, and another one starts sooner or later, perhaps
                      ///< with a wall clock that has jumped
    restart,          ///< the same, cleanly
    count_,
};

/// One contact in a published document.
struct Item {
    std::uint8_t contact = 0;  ///< which of four
    std::uint8_t callid = 0;   ///< which Call-ID, where the plan has several
    std::uint8_t cseq = 0;
    bool ended = false;
    std::uint8_t expires = 0;  ///< index of kContactExpires
};

struct Command {
    Op op = Op::wait;
    std::uint8_t who = 0;  ///< which publisher or watcher
    std::uint8_t how = 0;
    std::vector<Item> items;
};

enum class Callids : std::uint8_t { always, never, mixed };
enum class Store : std::uint8_t { at_once, late, failing };
/// The next hop that some watchers share: none, or one that passes on at once, late, or only so
/// much.
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
    Profile profile = Profile::standard;  ///< of the watchers that are no Kamailios
    bool rates = false;                   ///< they ask for max-rate and min-rate (RFC 6446)
    bool suppress = false;                ///< they refresh with Suppress-If-Match (RFC 5839)
    bool durable = false;                 ///< else a crash or restart does not happen
    bool batches = false;                 ///< what comes meanwhile is handed over in one turn
    EdgeManner edge = EdgeManner::none;
    bool large = false;  ///< NOTIFYs are too large for UDP and tried by TCP first
    bool tight = false;  ///< bounds that are reached
    std::vector<Command> commands;
};

std::ostream& operator<<(std::ostream& out, const Item& item);
std::ostream& operator<<(std::ostream& out, const Command& command);
std::ostream& operator<<(std::ostream& out, const Plan& plan);

}  // namespace reginfo::sim

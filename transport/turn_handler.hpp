/// @file
/// What the sockets tell: inputs, and where a turn of the reactor begins and ends.
#pragma once

#include "core/outbox.hpp"
#include "core/sip/parser.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace reginfo {

/// What becomes of a peer that connects.
enum class Admission : std::uint8_t {
    served,
    forbidden,  ///< may send a request, to be told so, and has no connection for longer
    ignored,    ///< has none at all
};

/// Implemented by the Driver. Each completion handler of a socket is one turn: it begins it, hands
/// in what came, and ends it. begin_turn() drops what must not leave any more, and end_turn()
/// performs effects: a socket may be gone after either, and at no other moment.
class TurnHandler {
public:
    virtual void begin_turn() = 0;

    /// Returns whether it will have a response.
    virtual bool handle_message(const Flow& flow, std::string_view bytes) = 0;
    virtual void handle_broken_stream(
        const Flow& flow,
        std::string_view head,
        sip::ParseError error
    ) = 0;

    /// Also from within end_turn(): the engine is told in a turn of its own then.
    virtual void handle_flow_closed(const Flow& flow) = 0;

    /// A datagram did not leave. Also from within end_turn().
    virtual void handle_unsent(const Flow& flow, std::string head, Unsent why) = 0;

    virtual void end_turn() = 0;

    virtual Admission admission_of(const IpAddress& peer) const = 0;

    /// A line for the log.
    virtual void note(const Note& note) = 0;

protected:
    ~TurnHandler() = default;
};

}  // namespace reginfo

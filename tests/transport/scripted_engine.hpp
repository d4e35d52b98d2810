/// @file
/// An engine that a test scripts: the far end of the transport.
#pragma once

#include "core/engine.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

/// The behaviour of the stand-in for Engine (scripted_engine.cpp), and its inputs.
struct Script {
    struct Message {
        Flow flow;
        std::string bytes;
    };
    struct Resolved {
        ResolveId id = 0;
        std::vector<Target> targets;
    };

    struct UnsentHead {
        Flow flow;
        std::string head;
        Unsent why;
    };

    std::function<void(const Flow&, std::string_view, Outbox&)> on_message;
    std::function<void(const Flow&, std::string_view head, Outbox&)> on_broken_stream;
    std::function<void(const Flow&, Outbox&)> on_flow_closed;
    std::function<void(ResolveId, Outbox&)> on_resolved;
    std::function<void(CommitId, bool, Outbox&)> on_committed;
    std::function<void(TimePoint, Outbox&)> on_timeout;
    std::function<void(Outbox&)> on_end_turn;
    int turns = 0;  ///< that have ended
    std::optional<TimePoint> deadline;
    bool answers = true;  ///< each message will have a response

    std::vector<Message> messages;
    std::vector<Flow> closed;
    std::vector<UnsentHead> unsent;
    std::vector<Resolved> resolved;
    std::vector<Pressure> pressures;
    std::vector<std::string> lease;  ///< "suspended", "resumed"

    /// An Engine that is built with this seed follows the script.
    std::uint64_t seed() { return reinterpret_cast<std::uintptr_t>(this); }
};

}  // namespace reginfo

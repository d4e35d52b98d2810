/// @file
/// A SIP message on its way from one node of a cluster to another.
#pragma once

#include "core/cluster/node_id.hpp"
#include "core/outbox.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace reginfo {

/// The *origin* is the node whose socket the peer is at, the *owner* the one that has the state.
struct Frame {
    enum class Kind : std::uint8_t {
        request,   ///< to the owner
        answer,    ///< to the origin: a response to send
        response,  ///< to the owner: to a NOTIFY
        send,      ///< to the origin: a NOTIFY to send on a connection that is there
        gone       ///< to the owner: that connection is not there, and the NOTIFY is lost with it
    };
    static constexpr std::size_t kKinds = 5;

    Kind kind = Kind::request;
    NodeId origin;
    Flow flow;                         ///< as the origin has it; Flow::relay is 0
    std::uint16_t reconnect_port = 0;  ///< Send::reconnect_port
    std::uint8_t hops = 0;             ///< nodes that it was passed on by
    std::int64_t until = 0;  ///< after that it is of no use: by the clock of Redis, in microseconds
    std::string bytes;       ///< the message; empty if the connection is gone
};

/// As metrics name it.
constexpr const char* name_of(Frame::Kind kind) {
    switch (kind) {
        case Frame::Kind::request:
            return "request";
        case Frame::Kind::answer:
            return "answer";
        case Frame::Kind::response:
            return "response";
        case Frame::Kind::send:
            return "send";
        case Frame::Kind::gone:
            return "gone";
    }
    return "";
}

}  // namespace reginfo

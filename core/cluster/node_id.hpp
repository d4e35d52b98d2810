/// @file
/// One process of a cluster.
#pragma once

#include <compare>
#include <string>

namespace reginfo {

/// A node that has started again has its old name and another incarnation.
struct NodeId {
    std::string name;
    std::string incarnation;

    bool empty() const { return name.empty(); }
    friend auto operator<=>(const NodeId&, const NodeId&) = default;
};

}  // namespace reginfo

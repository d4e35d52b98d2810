/// @file
/// What a process and its descendants have used, by /proc.
#pragma once

#include <cstdint>
#include <vector>

namespace reginfo::bench {

class ProcessTree {
public:
    explicit ProcessTree(int root) : root_(root) {}

    /// User and system time in seconds.
    double cpu_seconds() const;

    /// Resident bytes; pages shared among the processes count once.
    std::uint64_t resident_bytes() const;

private:
    std::vector<int> members() const;

    int root_;
};

}  // namespace reginfo::bench

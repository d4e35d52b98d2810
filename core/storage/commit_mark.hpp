/// @file
/// The last acknowledged position of a file, stored beside it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace reginfo {

/// A damaged write-ahead log ends early, and looks like a shorter one. The mark is a small file
/// with the position that the log had reached. It is written after each commit but not
/// synchronised: after a loss of power it may be behind the log. It is never ahead of a
/// synchronised log.
class CommitMark {
public:
    struct Position {
        std::uint64_t file = 0;              ///< identifies the file: its seed
        std::array<std::int64_t, 3> next{};  ///< of each table, the first row not acknowledged
    };

    explicit CommitMark(const std::string& path);
    ~CommitMark();
    CommitMark(const CommitMark&) = delete;
    CommitMark& operator=(const CommitMark&) = delete;

    /// Nothing if there is no valid mark.
    std::optional<Position> read() const;
    /// Errors are ignored: then the mark is behind.
    void write(const Position& position) const;

private:
    int file_ = -1;
};

}  // namespace reginfo

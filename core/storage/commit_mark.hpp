/// @file
/// How far a file was acknowledged, kept outside of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace reginfo {

/// A write-ahead log that is damaged ends early, and looks as if no more had been written. This
/// small file beside it says how far it went. It is written after each commit and not waited for,
/// so after a loss of power it may be behind. It is never ahead of a log that was waited for.
class CommitMark {
public:
    struct Position {
        std::uint64_t file = 0;              ///< names the file: its seed
        std::array<std::int64_t, 3> next{};  ///< of each table, the first row not acknowledged
    };

    explicit CommitMark(const std::string& path);
    ~CommitMark();
    CommitMark(const CommitMark&) = delete;
    CommitMark& operator=(const CommitMark&) = delete;

    /// Nothing if there is none that can be read.
    std::optional<Position> read() const;
    /// An error is passed over: the mark is behind then.
    void write(const Position& position) const;

private:
    int file_ = -1;
};

}  // namespace reginfo

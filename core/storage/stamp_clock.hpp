/// @file
/// The time stamps of records. They do not follow a wall clock that is wrong for a while.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace reginfo {

/// In milliseconds: since 1970, UTC, if the wall clock was right when the file was created.
using Stamp = std::int64_t;

/// Both clocks of the machine at one moment, in milliseconds.
struct Clocks {
    std::int64_t wall = 0;  ///< since 1970, UTC; can be set
    std::int64_t boot = 0;  ///< since the start of the machine, including suspends

    static Clocks now();
};

/// Identifies the current boot of the machine; empty if the kernel does not provide it.
std::string current_boot_id();

/// Within one boot, stamps advance with the boot clock alone: setting the wall clock makes no
/// record older or younger. Between two boots only the wall clock shows how much time has passed,
/// and it is used as far as it is plausible.
///
/// The offset is the wall clock minus the stamps. Two offsets are stored: the last one, and the
/// last one that did not change for kAgreement. After a boot each gives an amount of time that has
/// passed. Negative amounts are ignored, and the smaller one is used: so a clock that was wrong
/// when the other boot ended cannot expire records.
class StampClock {
public:
    static constexpr std::int64_t kAgreement = 10 * 60 * 1000;
    /// The clocks may drift by this. A larger difference means that the wall clock was set.
    static constexpr std::int64_t kTolerance = 2000;

    /// The part that outlives the process.
    struct Kept {
        Stamp stamp = 0;
        std::int64_t boot = 0;
        std::int64_t offset = 0;
        std::int64_t agreed = 0;
        std::string boot_id;

        std::string text() const;
        static std::optional<Kept> parse(std::string_view text);
        /// For a file that has only its latest stamp, which was a time of the wall clock.
        static Kept of_stamp(Stamp stamp) { return {stamp, 0, 0, 0, {}}; }
    };

    /// Returns a text for the operator if the clocks are not plausible; empty otherwise.
    std::string start(const Kept& kept, const Clocks& now, std::string boot_id);

    /// Never goes back.
    Stamp read(const Clocks& now);
    Stamp read() { return read(Clocks::now()); }

    /// No later stamp is below this one.
    void advance_to(Stamp stamp);

    Kept kept() const { return {latest_, latest_boot_, offset_, agreed_, boot_id_}; }

    /// The amount by which the wall clock was set since the last call, positive if forward; nothing
    /// if it was not.
    std::optional<std::int64_t> take_step() { return std::exchange(step_, std::nullopt); }

private:
    void observe(const Clocks& now);

    Stamp latest_ = 0;
    std::int64_t latest_boot_ = 0;
    std::int64_t offset_ = 0;
    std::int64_t agreed_ = 0;
    std::int64_t since_ = 0;  ///< the boot clock when the offset was first seen
    std::string boot_id_;
    std::optional<std::int64_t> step_;
};

/// "2 days", "3 hours", "4 minutes" or "5 seconds", rounded, of either sign.
std::string span_text(std::int64_t milliseconds);

}  // namespace reginfo

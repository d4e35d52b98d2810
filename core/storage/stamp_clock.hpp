/// @file
/// The time that records are stamped with. A wall clock that is wrong for a moment does not move
/// it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace reginfo {

/// Milliseconds on the scale of stamps: since 1970, UTC, if the wall clock was right when the file
/// was made.
using Stamp = std::int64_t;

/// Both clocks of the machine at one moment, in milliseconds.
struct Clocks {
    std::int64_t wall = 0;  ///< since 1970, UTC; can be set
    std::int64_t boot = 0;  ///< since the machine was started; also goes on during a suspend

    static Clocks now();
};

/// Names the current start of the machine; empty if the kernel does not say.
std::string current_boot_id();

/// Within one boot, stamps advance with the boot clock alone, so no setting of the wall clock makes
/// a record older or younger. From one boot to the next only the wall clock knows how much time has
/// passed, and it is believed as far as it is plausible.
///
/// The offset is how far the wall clock is ahead of the stamps. Two are kept: the one last seen,
/// and the one that was last seen for kAgreement without a break. After a boot each says how much
/// time has passed. Time does not go back, and of two answers the smaller one is taken: a clock
/// that was wrong when the other boot ended cannot expire what was stored.
class StampClock {
public:
    static constexpr std::int64_t kAgreement = 10 * 60 * 1000;
    /// What the two clocks may differ by without one having been set.
    static constexpr std::int64_t kTolerance = 2000;

    /// What outlives the process.
    struct Kept {
        Stamp stamp = 0;
        std::int64_t boot = 0;
        std::int64_t offset = 0;
        std::int64_t agreed = 0;
        std::string boot_id;

        std::string text() const;
        static std::optional<Kept> parse(std::string_view text);
        /// Of a file that knows only its latest stamp, which was a time of the wall clock.
        static Kept of_stamp(Stamp stamp) { return {stamp, 0, 0, 0, {}}; }
    };

    /// Returns what is odd about the clocks in words for an operator; empty if nothing is.
    std::string start(const Kept& kept, const Clocks& now, std::string boot_id);

    /// Never goes back.
    Stamp read(const Clocks& now);
    Stamp read() { return read(Clocks::now()); }

    /// No later stamp is below this one.
    void advance_to(Stamp stamp);

    Kept kept() const { return {latest_, latest_boot_, offset_, agreed_, boot_id_}; }

    /// By how much the wall clock was set since the last call, if it was; forward is positive.
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

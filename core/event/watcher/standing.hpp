/// @file
/// Whether a watcher answers its NOTIFYs, as far as known.
#pragma once

#include <cstddef>
#include <cstdint>

namespace reginfo {

enum class Standing : std::uint8_t {
    fresh,    ///< it subscribed or refreshed, and has not answered a NOTIFY since
    proven,   ///< it answered the last NOTIFY
    suspect,  ///< a NOTIFY was late, with no answer and no SUBSCRIBE since
};
inline constexpr std::size_t kStandings = static_cast<std::size_t>(Standing::suspect) + 1;

}  // namespace reginfo

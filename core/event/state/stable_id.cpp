#include "core/event/state/stable_id.hpp"

namespace reginfo {

Hash128 stable_id(std::string_view aor, std::string_view identity) {
    // Records and documents hold the results: the key must never change.
    return Hasher(0x7265'6769'6e66'6f64U, 0x7266'6333'3638'3000U).add(aor).add(identity).finish();
}

}  // namespace reginfo

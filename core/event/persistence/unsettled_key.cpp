#include "core/event/persistence/unsettled_key.hpp"

#include "core/base/hash.hpp"

#include <cstddef>

namespace reginfo {
namespace {

constexpr std::size_t kBytes = 17;

void append_bytes(std::string& out, std::uint64_t number) {
    for (unsigned shift = 64; shift > 0; shift -= 8) {
        out.push_back(static_cast<char>(static_cast<std::uint8_t>(number >> (shift - 8))));
    }
}

}  // namespace

std::string unsettled_key(std::uint64_t seed, UnsettledKind kind, std::string_view name) {
    const char letter = static_cast<char>(kind);
    const Hash128 hash = Hasher(seed, static_cast<std::uint8_t>(letter)).add(name).finish();
    std::string key;
    key.reserve(kBytes);
    key.push_back(letter);
    append_bytes(key, hash.high);
    append_bytes(key, hash.low);
    return key;
}

bool is_unsettled_key(std::string_view key) {
    if (key == kAllUnsettled) return true;
    const bool is_known = key.front() == static_cast<char>(UnsettledKind::aor) ||
                          key.front() == static_cast<char>(UnsettledKind::dialog);
    return is_known && key.size() == kBytes;
}

}  // namespace reginfo

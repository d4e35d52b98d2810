#include "app/chance.hpp"

#include "core/base/hex.hpp"

#include <random>

namespace reginfo {

std::uint64_t random_number() {
    std::random_device source;
    return std::uint64_t{source()} << 32U | source();
}

Seed random_seed() {
    const std::uint64_t first = random_number();
    return {first, random_number()};
}

std::string random_name(int digits) {
    std::string text;
    append_hex(text, random_number(), digits);
    return text;
}

}  // namespace reginfo

/// @file

#include "core/random.hpp"

#include "core/hash.hpp"

namespace reginfo {

std::uint64_t TokenSource::number(std::uint64_t index) const {
    return siphash_2_4(seed_.first, seed_.second, index);
}

}  // namespace reginfo

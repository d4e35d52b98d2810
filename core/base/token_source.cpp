/// @file

#include "core/base/token_source.hpp"

#include "core/base/hash.hpp"

namespace reginfo {

std::uint64_t TokenSource::number(std::uint64_t index) const {
    return siphash_2_4(seed_.first, seed_.second, index);
}

}  // namespace reginfo

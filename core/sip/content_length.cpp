#include "core/sip/content_length.hpp"

#include "core/base/numbers.hpp"

#include <cstdint>
#include <limits>

namespace reginfo::sip {

void ContentLength::add(std::string_view value) {
    const auto number = parse_number(value, std::numeric_limits<std::uint32_t>::max());
    if (!number || (value_ && *value_ != *number)) bad_ = true;
    if (number && !value_) value_ = static_cast<std::size_t>(*number);
}

}  // namespace reginfo::sip

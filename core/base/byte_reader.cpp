#include "core/base/byte_reader.hpp"

#include <boost/endian/buffers.hpp>

#include <cstring>

namespace reginfo {

std::uint64_t ByteReader::number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(rest_.front());
        rest_.remove_prefix(1);
        value |= std::uint64_t{byte & 0x7fU} << shift;
        if (byte < 0x80U) return ok_ ? value : 0;
    }
    spoil();
    return 0;
}

std::uint64_t ByteReader::fixed() {
    if (rest_.size() < sizeof(std::uint64_t)) {
        spoil();
        return 0;
    }
    boost::endian::little_uint64_buf_t bytes;
    std::memcpy(bytes.data(), rest_.data(), sizeof bytes);
    rest_.remove_prefix(sizeof bytes);
    return bytes.value();
}

std::int64_t ByteReader::signed_number() {
    const std::uint64_t folded = number();
    const std::uint64_t magnitude = folded >> 1U;
    return static_cast<std::int64_t>((folded & 1U) != 0 ? ~magnitude : magnitude);
}

std::string_view ByteReader::text() {
    const std::uint64_t size = number();
    if (size > rest_.size()) {
        spoil();
        return {};
    }
    const std::string_view value = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(value.size());
    return value;
}

std::size_t ByteReader::count() {
    const std::uint64_t items = number();
    if (items <= rest_.size()) return static_cast<std::size_t>(items);
    spoil();
    return 0;
}

}  // namespace reginfo

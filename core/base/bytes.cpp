/// @file

#include "core/base/bytes.hpp"

#include <boost/endian/buffers.hpp>

#include <cstring>

namespace reginfo {

ByteWriter& ByteWriter::number(std::uint64_t value) {
    while (value >= 0x80U) {
        bytes_.push_back(static_cast<char>(static_cast<unsigned char>(value | 0x80U)));
        value >>= 7U;
    }
    bytes_.push_back(static_cast<char>(static_cast<unsigned char>(value)));
    return *this;
}

ByteWriter& ByteWriter::signed_number(std::int64_t value) {
    const std::uint64_t shifted = static_cast<std::uint64_t>(value) << 1U;
    return number(value < 0 ? ~shifted : shifted);
}

ByteWriter& ByteWriter::fixed(std::uint64_t value) {
    const boost::endian::little_uint64_buf_t bytes(value);
    bytes_.append(reinterpret_cast<const char*>(bytes.data()), sizeof bytes);
    return *this;
}

ByteWriter& ByteWriter::text(std::string_view value) {
    number(value.size());
    bytes_.append(value);
    return *this;
}

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

#include "core/base/byte_writer.hpp"

#include <boost/endian/buffers.hpp>

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

}  // namespace reginfo

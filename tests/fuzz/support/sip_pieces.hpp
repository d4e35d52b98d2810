/// @file
/// What SIP messages to an event server are made of, right and wrong: the words of the mutations.
#pragma once

#include <span>
#include <string_view>

namespace reginfo::fuzz {

struct HeaderPieces {
    std::string_view name;
    std::string_view compact;  ///< empty if it has none
    std::span<const std::string_view> values;
};

std::span<const HeaderPieces> header_pieces();
std::span<const std::string_view> parameter_pieces();
std::span<const std::string_view> method_pieces();
std::span<const std::string_view> uri_pieces();
std::span<const std::string_view> start_line_pieces();

}  // namespace reginfo::fuzz

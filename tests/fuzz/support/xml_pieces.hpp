/// @file
/// What reginfo documents are made of, right and wrong: the words of the mutations.
#pragma once

#include <span>
#include <string_view>

namespace reginfo::fuzz {

std::span<const std::string_view> document_pieces();   ///< whole documents
std::span<const std::string_view> element_pieces();    ///< whole elements and other markup
std::span<const std::string_view> name_pieces();       ///< of elements
std::span<const std::string_view> attribute_pieces();  ///< name and value
std::span<const std::string_view> value_pieces();      ///< of attributes
std::span<const std::string_view> text_pieces();

}  // namespace reginfo::fuzz

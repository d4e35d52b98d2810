/// @file
/// The linear check of a document before RapidXML gets it, which recurses and accepts too much.
#pragma once

#include "core/reginfo/reader.hpp"

#include <string_view>

namespace reginfo::xml {

/// Checks in one pass, without recursion, that `text` is well-formed XML 1.0 within the limits on
/// depth, elements and attributes. Not checked are the names in closing tags, duplicate attributes
/// and namespaces. After the check RapidXML, which only searches for < > / = and quotes, finds the
/// same elements, attributes and texts as an XML processor.
///
/// Returns  nullptr, or the reason for a ReadError.
/// Pre      there is a NUL behind the text
/// Spec     XML 1.0 (5th edition), Namespaces in XML 1.0 for colons in names. Any DTD is refused,
///          so nothing outside of the document matters.
const char* check_document(std::string_view text, const ReaderLimits& limits);

}  // namespace reginfo::xml

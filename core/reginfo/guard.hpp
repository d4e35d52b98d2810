/// @file
/// The linear check of a document before RapidXML, which recurses and lets much pass, may see it.
#pragma once

#include "core/reginfo/reader.hpp"

#include <string_view>

namespace reginfo::xml {

/// Checks in one pass, without recursion, that `text` is well-formed XML 1.0 within the limits on
/// depth, elements and attributes: everything but the names in closing tags, duplicate
/// attributes and namespaces. Afterwards a parser that only looks for < > / = and quotes, as
/// RapidXML does, finds the same elements, attributes and texts that an XML processor would.
///
/// Returns  nullptr, or the reason for a ReadError.
/// Pre      a NUL stands behind the text
/// Spec     XML 1.0 (5th edition), Namespaces in XML 1.0 for colons in names. Any DTD is refused,
///          so a document is well-formed without reading anything else.
const char* check_document(std::string_view text, const ReaderLimits& limits);

}  // namespace reginfo::xml

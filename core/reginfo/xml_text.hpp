/// @file
/// Characters, references and line ends of XML 1.0 that RapidXML does not handle.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace reginfo::xml {

/// White space of XML (production 3).
constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Whether XML 1.0 allows the character in a document at all (production 2).
bool is_char(char32_t code);

/// Name characters (productions 4 and 4a) without the colon, which separates prefixes.
bool is_name_start(char32_t code);
bool is_name_char(char32_t code);

/// One character of UTF-8 and its number of bytes; 0 bytes if it is malformed, overlong or a
/// surrogate.
struct Decoded {
    char32_t code;
    std::size_t size;
};

/// @pre  `text` is not empty
Decoded decode_utf8(std::string_view text);

/// A reference: the character that it stands for, and its number of bytes from & to ;.
struct Reference {
    char32_t code = 0;
    std::size_t size = 0;
    const char* error = nullptr;  ///< why it is malformed, as in ReadError; else nullptr
};

/// Reads a character reference or one of the five entities that need no DTD.
/// @pre  `text` begins with &
Reference parse_reference(std::string_view text);

std::string_view trimmed(std::string_view text);

/// The value of an attribute: references replaced, each literal tab and line end a blank (XML 1.0
/// §3.3.3). Returns `raw` itself if there is nothing to do, else a text in `scratch`.
/// @pre  xml::check_document has accepted the references in `raw`
std::string_view attribute_value(std::string_view raw, std::string& scratch);

/// Whether character data needs no change: no references, no line end but LF.
bool is_plain_text(std::string_view raw);

/// Appends character data: references replaced (not so in a CDATA section), line ends LF (XML 1.0
/// §2.11).
/// @pre  as for attribute_value
void append_text(std::string& out, std::string_view raw, bool cdata);

}  // namespace reginfo::xml

/// @file
/// The head of a message as lines: what the parser and the framer must agree on.
#pragma once

#include "core/sip/message.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo::sip {

/// Where the head ends: behind the first empty line, of CRLF or LF. npos if it is not there yet.
/// @param from  up to where the text was looked at before; nothing before it is looked for again
std::size_t end_of_head(std::string_view text, std::size_t from = 0);

/// Walks the lines of a head. A folded line comes as one, with blanks for the line ends within it
/// (RFC 3261 §7.3.1); so does a line with a CR that ends nothing.
class HeadLines {
public:
    /// @param unfolded  takes the lines that have to be changed; views go there. It is filled once
    /// per
    ///                  head, so it must be empty and left alone while views are in use
    HeadLines(std::string_view text, std::string& unfolded) : text_(text), unfolded_(&unfolded) {}

    /// The next line without its end; the empty line that ends the head too. Nothing where the text
    /// ends within a line.
    std::optional<std::string_view> next();

    /// Up to where lines were read.
    std::size_t position() const { return at_; }

private:
    std::string_view unfold(std::string_view line);

    std::string_view text_;
    std::string* unfolded_;
    std::size_t at_ = 0;
};

/// One header field; nothing if the line is none: no colon, or no token before it.
std::optional<HeaderField> parse_header_line(std::string_view line);

/// Collects the Content-Length fields of one message (RFC 3261 §20.14).
class ContentLength {
public:
    void add(std::string_view value);

    bool is_bad() const { return bad_; }  ///< no number up to 2^32 - 1, or two that differ
    std::optional<std::size_t> value() const { return value_; }

private:
    std::optional<std::size_t> value_;
    bool bad_ = false;
};

}  // namespace reginfo::sip

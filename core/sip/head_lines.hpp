/// @file
/// The head of a message as lines, for the parser and the framer.
#pragma once

#include "core/sip/grammar.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/message.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo::sip {

/// The end of the head, behind the first empty line of CRLF or LF; npos if it has not come yet.
/// @param from  the size of the text at the call before: the part before it is not searched again
std::size_t end_of_head(std::string_view text, std::size_t from = 0);

/// Walks the lines of a head. A folded line comes as one line, with blanks for the line ends in it
/// (RFC 3261 §7.3.1). A CR that ends no line becomes a blank as well.
class HeadLines {
public:
    /// @param unfolded  gets the lines that are changed, and views point into it. It must be empty,
    ///                  and must not change while views are in use
    HeadLines(std::string_view text, std::string& unfolded) : text_(text), unfolded_(&unfolded) {}

    /// The next line without its end, also the empty line that ends the head. Nothing if the text
    /// ends within a line.
    std::optional<std::string_view> next() {
        // The usual line: nothing to change in it, and another one behind it.
        const std::size_t end = find_control(text_, at_);
        if (text_.size() - end <= 2 || text_[end] != '\r' || text_[end + 1] != '\n') {
            return next_unusual();
        }
        if (text_[end + 2] == ' ' || text_[end + 2] == '\t') return next_unusual();
        const std::string_view line(text_.data() + at_, end - at_);
        at_ = end + 2;
        return line;
    }

    /// The position behind the lines that were read.
    std::size_t position() const { return at_; }

private:
    std::optional<std::string_view> next_unusual();
    std::string_view unfold(std::string_view line);

    std::string_view text_;
    std::string* unfolded_;
    std::size_t at_ = 0;
};

/// One header field; nothing if the line has no colon, or no token before it.
inline std::optional<HeaderField> parse_header_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view text = trim_end(line.substr(0, colon));
    const HeaderName name = header_name_of(text);
    if (name == HeaderName::other && !is_token(text)) return std::nullopt;
    return HeaderField{name, text, trim(line.substr(colon + 1))};
}

}  // namespace reginfo::sip

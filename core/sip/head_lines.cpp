/// @file
/// Lines, unfolding, and the split of a line into name and value.
#include "core/sip/head_lines.hpp"

#include "core/base/numbers.hpp"
#include "core/sip/grammar.hpp"
#include "core/sip/headers.hpp"

#include <algorithm>
#include <limits>

namespace reginfo::sip {

std::size_t end_of_head(std::string_view text, std::size_t from) {
    for (std::size_t at = text.find('\n', from); at != std::string_view::npos;
         at = text.find('\n', at + 1)) {
        const bool after_lf = at >= 1 && text[at - 1] == '\n';
        const bool after_lf_cr = at >= 2 && text[at - 1] == '\r' && text[at - 2] == '\n';
        if (after_lf || after_lf_cr) return at + 1;
    }
    return std::string_view::npos;
}

/// Any line: folded, with other control characters, or the last one.
std::optional<std::string_view> HeadLines::next_unusual() {
    const std::size_t begin = at_;
    bool changed = false;
    for (std::size_t i = find_control(text_, begin); i < text_.size();
         i = find_control(text_, i + 1)) {
        const bool crlf = text_[i] == '\r' && i + 1 < text_.size() && text_[i + 1] == '\n';
        if (text_[i] != '\n' && !crlf) {
            changed = changed || text_[i] == '\r';
            continue;
        }
        const std::size_t end = i;
        i += crlf ? 1 : 0;
        const bool folded =
            end > begin && i + 1 < text_.size() && (text_[i + 1] == ' ' || text_[i + 1] == '\t');
        if (folded) {
            changed = true;
            continue;
        }
        at_ = i + 1;
        const std::string_view line = text_.substr(begin, end - begin);
        return changed ? unfold(line) : line;
    }
    return std::nullopt;
}

std::string_view HeadLines::unfold(std::string_view line) {
    if (unfolded_->empty()) {
        // Room for the rest of the head, so that the text does not move under its views.
        const std::size_t begin = static_cast<std::size_t>(line.data() - text_.data());
        const std::size_t end = std::min(end_of_head(text_, begin), text_.size());
        unfolded_->reserve(std::max<std::size_t>(end - begin, 64));
    }
    const std::size_t begin = unfolded_->size();
    for (const char c : line) *unfolded_ += c == '\r' || c == '\n' ? ' ' : c;
    return std::string_view(*unfolded_).substr(begin);
}

}  // namespace reginfo::sip

#include "core/sip/value_list.hpp"

#include "core/sip/grammar.hpp"

namespace reginfo::sip {
namespace {

/// The end of the first value: the next comma outside of quotes and brackets.
std::size_t end_of_value(std::string_view text) {
    if (text.find(',') == std::string_view::npos) return text.size();
    bool quoted = false;
    bool bracketed = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') ++i;
            quoted = c != '"';
        } else if (c == '"' && !bracketed) {
            quoted = true;
        } else if (c == '<' || c == '>') {
            bracketed = c == '<';
        } else if (c == ',' && !bracketed) {
            return i;
        }
    }
    return text.size();
}

}  // namespace

std::optional<std::string_view> ValueList::next() {
    while (true) {
        while (!rest_.empty()) {
            const std::size_t end = end_of_value(rest_);
            const std::string_view value = trim(rest_.substr(0, end));
            rest_.remove_prefix(end < rest_.size() ? end + 1 : end);
            if (!value.empty()) return value;
        }
        if (message_ == nullptr) return std::nullopt;
        while (field_ < message_->headers.size() && message_->headers[field_].name != name_) {
            ++field_;
        }
        if (field_ == message_->headers.size()) return std::nullopt;
        rest_ = message_->headers[field_++].value;
    }
}

}  // namespace reginfo::sip

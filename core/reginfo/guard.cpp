/// @file
/// A scanner for the productions of XML 1.0 without DTD, with bounds.

#include "core/reginfo/guard.hpp"

#include "core/base/ascii.hpp"
#include "core/base/find_byte.hpp"
#include "core/reginfo/reasons.hpp"
#include "core/reginfo/xml_text.hpp"
#include "core/sip/headers.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace reginfo::xml {
namespace {

// Whatever is configured: RapidXML uses some 300 bytes of stack for each level.
constexpr std::size_t kDepthMax = 1'000;

// Classes of characters, as bits.
constexpr unsigned kStartOfName = 1;
constexpr unsigned kName = 2;

// ASCII only: everything else is decoded.
constexpr std::array<std::uint8_t, 256> kClasses = [] {
    std::array<std::uint8_t, 256> table{};
    for (std::size_t i = 0; i < 0x80; ++i) {
        const char c = static_cast<char>(i);
        const bool is_start = is_letter(c) || c == '_';
        const bool is_name = is_start || is_digit(c) || c == '-' || c == '.';
        unsigned classes = 0;
        if (is_start) classes |= kStartOfName;
        if (is_name) classes |= kName;
        table[i] = static_cast<std::uint8_t>(classes);
    }
    return table;
}();

// Characters that are checked everywhere: all that are not ASCII, or may not be allowed.
constexpr auto kUnusual = [](auto c) {
    return c > 0x7F || (c < 0x20 && c != +'\n' && c != +'\t' && c != +'\r');
};
constexpr auto kGuardedInValue = [](auto c) {
    return c == +'"' || c == +'\'' || c == +'<' || c == +'&' || c < 0x20 || c > 0x7F;
};
constexpr auto kGuardedInText = [](auto c) {
    return c == +'<' || c == +'&' || c == +']' || kUnusual(c);
};
constexpr auto kSpecialElsewhere = [](auto c) {
    return c == +'-' || c == +']' || c == +'?' || kUnusual(c);
};

bool is_in(char c, unsigned char_class) {
    return (kClasses[static_cast<unsigned char>(c)] & char_class) != 0;
}

// Reads *at_ also at the end: there is a NUL, which is in no class and no blank. Every bool
// function consumes the production in its name, or sets error_ and returns false.
class Scanner {
public:
    Scanner(std::string_view text, const ReaderLimits& limits)
        : limits_(limits), at_(text.data()), end_(at_ + text.size()) {}

    const char* check() {
        document();
        return error_;
    }

private:
    bool fail(const char* error) {
        error_ = error;
        return false;
    }

    std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }

    bool skip_blanks();
    bool other_char();
    bool reference();
    bool name();
    bool name_part();
    bool chars_until(std::string_view stop);

    bool document();
    bool declaration();
    bool pseudo_attribute(std::string_view wanted, std::string_view& value);
    bool markup();
    bool start_tag();
    bool end_tag();
    bool attribute();
    bool text();
    bool misc();
    bool comment();
    bool cdata();
    bool processing_instruction();

    const ReaderLimits& limits_;
    const char* at_;
    const char* const end_;
    const char* error_ = nullptr;
    std::size_t depth_ = 0;
    std::size_t elements_ = 0;
    bool ascii_only_ = false;
};

bool Scanner::document() {
    if (rest().starts_with("\xEF\xBB\xBF")) at_ += 3;
    if (rest().starts_with("<?xml") && is_blank(at_[5]) && !declaration()) return false;
    while (at_ != end_) {
        if (*at_ == '<') {
            if (!markup()) return false;
        } else if (depth_ > 0) {
            if (!text()) return false;
        } else if (!misc()) {
            return false;
        }
    }
    if (depth_ > 0) return fail("reginfo: element without end");
    if (elements_ == 0) return fail("reginfo: no root element");
    return true;
}

bool Scanner::declaration() {
    constexpr const char* kMalformed = "reginfo: malformed XML declaration";
    at_ += 5;
    std::string_view value;
    if (!pseudo_attribute("version", value)) return fail(kMalformed);
    if (!value.starts_with("1.") || value.size() < 3 ||
        value.find_first_not_of("0123456789", 2) != std::string_view::npos) {
        return fail("reginfo: XML version is not 1.0");
    }
    if (pseudo_attribute("encoding", value)) {
        ascii_only_ = equal_ignoring_case(value, "us-ascii");
        if (!ascii_only_ && !equal_ignoring_case(value, "utf-8")) {
            return fail("reginfo: encoding is neither UTF-8 nor US-ASCII");
        }
    }
    if (pseudo_attribute("standalone", value) && value != "yes" && value != "no") {
        return fail(kMalformed);
    }
    skip_blanks();
    if (!rest().starts_with("?>")) return fail(kMalformed);
    at_ += 2;
    return true;
}

// Consumes nothing if the attribute is absent or malformed: then the declaration does not end.
bool Scanner::pseudo_attribute(std::string_view wanted, std::string_view& value) {
    const char* const start = at_;
    const auto give_back = [&] {
        at_ = start;
        return false;
    };
    if (!skip_blanks() || !rest().starts_with(wanted)) return give_back();
    at_ += wanted.size();
    skip_blanks();
    if (*at_ != '=') return give_back();
    ++at_;
    skip_blanks();
    const char quote = *at_;
    if (quote != '"' && quote != '\'') return give_back();
    const char* const first = ++at_;
    while (is_in(*at_, kName)) ++at_;
    if (*at_ != quote) return give_back();
    value = {first, static_cast<std::size_t>(at_ - first)};
    ++at_;
    return true;
}

bool Scanner::markup() {
    switch (at_[1]) {
        case '/':
            return end_tag();
        case '?':
            return processing_instruction();
        case '!':
            if (rest().starts_with("<!--")) return comment();
            if (rest().starts_with("<![CDATA[")) return cdata();
            if (rest().starts_with("<!DOCTYPE")) return fail("reginfo: DTD");
            return fail("reginfo: malformed markup");
        default:
            return start_tag();
    }
}

bool Scanner::start_tag() {
    if (depth_ == 0 && elements_ > 0) return fail("reginfo: more than one root element");
    if (++elements_ > limits_.elements) return fail(over_limit::kElements);
    if (depth_ + 1 > std::min(limits_.depth, kDepthMax)) return fail(over_limit::kDepth);
    ++at_;
    if (!name()) return false;

    std::size_t attributes = 0;
    for (;;) {
        const bool has_blank = skip_blanks();
        if (*at_ == '>') {
            ++at_;
            ++depth_;
            return true;
        }
        if (*at_ == '/' && at_[1] == '>') {
            at_ += 2;
            return true;
        }
        if (!has_blank) return fail("reginfo: malformed tag");
        if (++attributes > limits_.attributes) return fail(over_limit::kAttributes);
        if (!attribute()) return false;
    }
}

bool Scanner::end_tag() {
    if (depth_ == 0) return fail("reginfo: end of no element");
    at_ += 2;
    if (!name()) return false;
    skip_blanks();
    if (*at_ != '>') return fail("reginfo: malformed tag");
    ++at_;
    --depth_;
    return true;
}

bool Scanner::attribute() {
    if (!name()) return false;
    skip_blanks();
    if (*at_ != '=') return fail("reginfo: attribute without value");
    ++at_;
    skip_blanks();
    const char quote = *at_;
    if (quote != '"' && quote != '\'') return fail("reginfo: attribute value without quotes");
    ++at_;
    for (;;) {
        at_ += find_byte(rest(), 0, kGuardedInValue);
        if (*at_ == quote) break;
        if (*at_ == '"' || *at_ == '\'') {
            ++at_;
        } else if (*at_ == '<') {
            return fail("reginfo: < that is not escaped");
        } else if (!(*at_ == '&' ? reference() : other_char())) {
            return false;
        }
    }
    ++at_;
    return true;
}

bool Scanner::text() {
    while (at_ != end_) {
        at_ += find_byte(rest(), 0, kGuardedInText);
        if (*at_ == '<') break;
        if (*at_ == ']') {
            if (rest().starts_with("]]>")) return fail("reginfo: ]]> in text");
            ++at_;
        } else if (at_ != end_ && !(*at_ == '&' ? reference() : other_char())) {
            return false;
        }
    }
    return true;
}

bool Scanner::misc() {
    if (skip_blanks()) return true;
    if (kUnusual(static_cast<unsigned char>(*at_)) && !other_char()) return false;
    return fail("reginfo: text outside of the root element");
}

bool Scanner::comment() {
    at_ += 4;
    if (!chars_until("--")) return false;
    if (at_[2] != '>') return fail("reginfo: -- in a comment");
    at_ += 3;
    return true;
}

bool Scanner::cdata() {
    if (depth_ == 0) return fail("reginfo: text outside of the root element");
    at_ += 9;
    if (!chars_until("]]>")) return false;
    at_ += 3;
    return true;
}

bool Scanner::processing_instruction() {
    at_ += 2;
    const char* const start = at_;
    if (!name()) return false;
    const std::string_view target{start, static_cast<std::size_t>(at_ - start)};
    if (equal_ignoring_case(target, "xml"))
        return fail("reginfo: XML declaration not at the start");
    if (target.find(':') != std::string_view::npos) return fail("reginfo: malformed name");
    if (!is_blank(*at_) && !rest().starts_with("?>")) {
        return fail("reginfo: malformed processing instruction");
    }
    if (!chars_until("?>")) return false;
    at_ += 2;
    return true;
}

// Stops before `stop`.
bool Scanner::chars_until(std::string_view stop) {
    for (;;) {
        at_ += find_byte(rest(), 0, kSpecialElsewhere);
        if (rest().starts_with(stop)) return true;
        if (*at_ == '-' || *at_ == ']' || *at_ == '?') {
            ++at_;
        } else if (!other_char()) {
            return false;
        }
    }
}

bool Scanner::skip_blanks() {
    const char* at = at_;
    while (is_blank(*at)) ++at;
    return std::exchange(at_, at) != at;
}

// Handles a character that stops a scan and is no markup: the end, a character beyond ASCII, one
// that is not allowed, or in a value a tab or line end.
bool Scanner::other_char() {
    if (at_ == end_) return fail("reginfo: unexpected end");
    const Decoded next = decode_utf8(rest());
    if (next.size == 0) return fail("reginfo: not UTF-8");
    if (!is_char(next.code)) return fail("reginfo: character not allowed in XML");
    if (ascii_only_ && next.size > 1) return fail("reginfo: not US-ASCII as declared");
    at_ += next.size;
    return true;
}

bool Scanner::reference() {
    const Reference reference = parse_reference(rest());
    if (reference.error) return fail(reference.error);
    at_ += reference.size;
    return true;
}

// QName (Namespaces in XML 1.0, production 7): at most one colon, with a name on both sides.
bool Scanner::name() {
    if (!name_part()) return false;
    if (*at_ != ':') return true;
    ++at_;
    return name_part();
}

bool Scanner::name_part() {
    const char* const start = at_;
    if (is_in(*start, kStartOfName)) {
        const char* at = start + 1;
        while (is_in(*at, kName)) ++at;
        at_ = at;
        if (static_cast<unsigned char>(*at) < 0x80) return true;
    }
    for (;;) {
        const bool is_first = at_ == start;
        if (is_in(*at_, is_first ? kStartOfName : kName)) {
            ++at_;
        } else if (static_cast<unsigned char>(*at_) < 0x80) {
            return !is_first || fail("reginfo: malformed name");
        } else {
            const Decoded next = decode_utf8(rest());
            if (next.size > 0 && !(is_first ? is_name_start(next.code) : is_name_char(next.code))) {
                return fail("reginfo: malformed name");
            }
            if (!other_char()) return false;
        }
    }
}

}  // namespace

const char* check_document(std::string_view text, const ReaderLimits& limits) {
    return Scanner(text, limits).check();
}

}  // namespace reginfo::xml

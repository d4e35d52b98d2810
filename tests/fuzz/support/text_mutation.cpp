/// @file

#include "tests/fuzz/support/text_mutation.hpp"

#include <algorithm>
#include <string_view>

namespace reginfo::fuzz {
namespace {

/// What separates, quotes or escapes in SIP or XML, and bytes that belong into neither.
constexpr std::string_view kTellingBytes =
    std::string_view("\0\t\n\r !\"%&'()*,/:;<=>?@[\\]_{}\x7f\x80\xc3\xff", 32);

}  // namespace

void mutate_text(std::string& text, Chance& chance) {
    const std::size_t at = chance.below(text.size() + 1);
    const std::size_t length = std::min(1 + chance.below(8), text.size() - at);
    switch (chance.below(6)) {
        case 0:
            text.insert(at, 1, chance.pick(kTellingBytes));
            break;
        case 1:
            text.erase(at, length);
            break;
        case 2:
            text.insert(at, text.substr(at, length));
            break;
        case 3:
            if (at < text.size()) text[at] = chance.pick(kTellingBytes);
            break;
        case 4:
            if (at < text.size()) {
                text[at] = static_cast<char>(text[at] ^ static_cast<char>(1U << chance.below(8)));
            }
            break;
        default:
            text.insert(at, std::string(1 + chance.below(300), chance.pick(kTellingBytes)));
            break;
    }
}

std::string some_number(Chance& chance) {
    static constexpr std::string_view kNumbers[] = {
        "0",
        "1",
        "2",
        "-1",
        "59",
        "60",
        "3600",
        "00000000000000000000000000000000000000003600",
        "65535",
        "65536",
        "2147483647",
        "2147483648",
        "4294967295",
        "4294967296",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999999999999",
        "+5",
        "1.5",
        "0x10",
        "1 2",
        "",
        "7;x",
    };
    return std::string(chance.pick(kNumbers));
}

}  // namespace reginfo::fuzz

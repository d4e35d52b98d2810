/// @file
/// Messages in the manner of RFC 4475, in our own words: tests/data/rfc4475, one a file.

#include "core/sip/headers.hpp"
#include "core/sip/parser.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/value_list.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace reginfo::sip {
namespace {

std::string read(const std::string& name) {
    std::ifstream file(REGINFO_TEST_DATA "/rfc4475/" + name + ".dat", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The first error of a message by the checks of the codec.
std::string fault_of(const std::string& name) {
    const std::string bytes = read(name);
    if (bytes.empty()) return "no such file";
    Message message;
    const ParseError error = parse_message(bytes, {}, message);
    if (error != ParseError::none) return std::string(text_of(error));
    if (!message.defect.empty()) return std::string(message.defect);
    if (message.is_request && !parse_uri(message.request_uri)) return "Request-URI";
    ValueList vias(message, HeaderName::via);
    while (const auto via = vias.next()) {
        if (!parse_via(*via)) return "Via";
    }
    for (const HeaderName name_of_addr : {HeaderName::from, HeaderName::to, HeaderName::contact}) {
        ValueList values(message, name_of_addr);
        while (const auto value = values.next()) {
            if (!parse_name_addr(*value)) return std::string(text_of(name_of_addr));
        }
    }
    const auto cseq = parse_cseq(message.first(HeaderName::cseq).value_or(""));
    if (!cseq) return "CSeq";
    if (message.is_request && cseq->method_text != message.method_text) return "CSeq method";
    return "none";
}

struct Case {
    const char* name;
    const char* fault;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Rfc4475 : public testing::TestWithParam<Case> {};

TEST_P(Rfc4475, AMessageHasTheFaultThatItWasMadeFor) {
    EXPECT_EQ(fault_of(GetParam().name), GetParam().fault);
}

INSTANTIATE_TEST_SUITE_P(
    Valid,
    Rfc4475,
    testing::Values(
        Case{"wsinv", "none"},       // 3.1.1.1: blanks, folding, compact forms
        Case{"intmeth", "none"},     // 3.1.1.2: all characters that a token may hold
        Case{"esc01", "none"},       // 3.1.1.3: escapes in URIs
        Case{"escnull", "none"},     // 3.1.1.4: escaped NULs
        Case{"esc02", "none"},       // 3.1.1.5: a '%' that is no escape, in a method
        Case{"lwsdisp", "none"},     // 3.1.1.6: no blank between display name and '<'
        Case{"longreq", "none"},     // 3.1.1.7: long values
        Case{"dblreq", "none"},      // 3.1.1.8: bytes behind the body
        Case{"semiuri", "none"},     // 3.1.1.9: semicolons in the user part
        Case{"transports", "none"},  // 3.1.1.10: unknown transports
        Case{"noreason", "none"},    // 3.1.1.13: empty reason phrase
        Case{"unreason", "none"}     // 3.1.1.12: UTF-8 in the reason phrase
    )
);

INSTANTIATE_TEST_SUITE_P(
    Invalid,
    Rfc4475,
    testing::Values(
        Case{"badinv01", "Via"},                            // 3.1.2.1: separators alone
        Case{"clerr", "Body shorter than Content-Length"},  // 3.1.2.2
        Case{"ncl", "Bad Content-Length"},                  // 3.1.2.3: negative
        Case{"scalar02", "CSeq"},                           // 3.1.2.4: numbers out of range
        Case{"quotbal", "To"},                              // 3.1.2.6: quote not closed
        Case{"ltgtruri", "Malformed Request-URI"},          // 3.1.2.7: in brackets
        Case{"lwsruri", "Malformed Request-URI"},           // 3.1.2.8: blanks within
        Case{"lwsstart", "Malformed request line"},         // 3.1.2.9: blanks between
        Case{"trws", "Malformed request line"},             // 3.1.2.10: blanks behind
        Case{"escruri", "none"},                            // 3.1.2.11: legal as syntax
        Case{"regbadct", "Contact"},                        // 3.1.2.13: '?' without brackets
        Case{"badaspec", "To"},                             // 3.1.2.14: blanks in an addr-spec
        Case{"baddn", "From"},                              // 3.1.2.15: comma in a display name
        Case{"mismatch01", "CSeq method"},                  // 3.1.2.17
        Case{"bigcode", "bad start line"}                   // 3.1.2.19: status of many digits
    )
);

}  // namespace
}  // namespace reginfo::sip

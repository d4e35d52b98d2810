/// @file
/// What the parser takes, written out again, must parse to the same; no view leaves its owner; and
/// a response to it holds no line that the request did not have. Input: a datagram.

#include "core/sip/headers.hpp"
#include "core/sip/parser.hpp"
#include "core/sip/value_list.hpp"
#include "core/sip/writer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

namespace {

using namespace reginfo;
using namespace reginfo::sip;

void require(bool condition) {
    if (!condition) std::abort();
}

bool is_within(std::string_view part, std::string_view whole) {
    const std::less_equal<const char*> le;
    return part.empty() || (le(whole.data(), part.data()) &&
                            le(part.data() + part.size(), whole.data() + whole.size()));
}

void check_fields(const Message& message, std::string_view bytes) {
    for (const HeaderField& field : message.headers) {
        require(is_within(field.value, bytes) || is_within(field.value, message.unfolded));
        require(field.value.find_first_of("\r\n") == std::string_view::npos);
        require(!field.text.empty() && header_name_of(field.text) == field.name);
    }
    require(is_within(message.body, bytes));
}

void check_round_trip(const Message& message, const ParseLimits& limits) {
    std::string out(message.method_text);
    out.append(" ").append(message.request_uri).append(" ").append(message.version).append("\r\n");
    for (const HeaderField& field : message.headers) {
        if (field.name == HeaderName::content_length) continue;
        append_header(out, field.text, field.value);
    }
    end_head(out, message.body.size());
    out += message.body;

    Message again;
    const ParseError error = parse_message(out, limits, again);
    // Names and values are written with more blanks than they may have had.
    if (error == ParseError::head_too_large || error == ParseError::too_many_headers) return;
    require(error == ParseError::none && again.defect.empty());
    require(again.request_uri == message.request_uri && again.body == message.body);
    auto field = again.headers.begin();
    for (const HeaderField& before : message.headers) {
        if (before.name == HeaderName::content_length) continue;
        require(field->name == before.name && field->text == before.text);
        require(field->value == before.value);
        ++field;
    }
}

void check_response(const Message& message) {
    ValueList vias(message, HeaderName::via);
    const auto top = vias.next();
    const auto via = top ? parse_via(*top) : std::nullopt;
    if (!via) return;
    std::string out;
    begin_response(out, message, *via, {IpAddress::v4(0xC0000201), 5060}, 400, "", "t");
    end_head(out, 0);
    Message response;
    require(parse_message(out, ParseLimits{SIZE_MAX, SIZE_MAX, 0}, response) == ParseError::none);
    require(response.defect.empty() && response.status == 400);
    ValueList again(response, HeaderName::via);
    const auto top_again = again.next();
    require(top_again && parse_via(*top_again).has_value());
    while (const auto value = vias.next()) require(again.next() == value);
    require(!again.next());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const ParseLimits limits{.headers = 40, .header_bytes = 2048, .body_bytes = 1024};
    Message message;
    const ParseError error = parse_message(bytes, limits, message);
    check_fields(message, bytes);
    require(message.headers.size() <= limits.headers && message.body.size() <= limits.body_bytes);
    if (error != ParseError::none) return 0;
    if (!message.is_request) return 0;
    check_response(message);
    if (message.defect.empty()) check_round_trip(message, limits);
    return 0;
}

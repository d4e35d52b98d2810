/// @file
/// One pass over the head, line by line.
#include "core/sip/parser.hpp"

#include "core/base/ascii.hpp"
#include "core/base/numbers.hpp"
#include "core/sip/content_length.hpp"
#include "core/sip/grammar.hpp"
#include "core/sip/head_lines.hpp"
#include "core/sip/headers.hpp"

#include <algorithm>

namespace reginfo::sip {

namespace {

constexpr std::string_view kVersionPrefix = "SIP/";

void blame(Message& message, std::string_view defect) {
    if (message.defect.empty()) message.defect = defect;
}

bool is_version(std::string_view text) {
    return text.size() > kVersionPrefix.size() &&
           equal_ignoring_case(text.substr(0, kVersionPrefix.size()), kVersionPrefix) &&
           text.find(' ') == std::string_view::npos;
}

/// `Request-Line`. All text between method and version is the Request-URI, valid or not.
bool parse_request_line(std::string_view line, Message& message) {
    Scanner scanner(line);
    message.is_request = true;
    message.method_text = scanner.token();
    if (message.method_text.empty() || !scanner.accept(' ')) return false;

    const std::string_view rest = trim(scanner.rest());
    const std::size_t last_blank = rest.rfind(' ');
    if (last_blank == std::string_view::npos) return false;
    message.version = rest.substr(last_blank + 1);
    message.request_uri = trim(rest.substr(0, last_blank));
    if (!is_version(message.version)) return false;

    message.method = method_of(message.method_text);
    if (!is_addr(message.request_uri)) {
        blame(message, "Malformed Request-URI");
    } else if (message.method_text.size() + message.request_uri.size() + message.version.size() +
                   2 !=
               line.size()) {
        blame(message, "Malformed request line");
    }
    return true;
}

/// `Status-Line`. The blank before an empty reason phrase may be missing.
bool parse_status_line(std::string_view line, Message& message) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos || !is_version(line.substr(0, blank))) return false;
    const std::string_view code = line.substr(blank + 1, 3);
    const std::string_view reason = line.substr(blank + 1 + code.size());
    const auto status = parse_number(code, 699);
    if (!status || *status < 100 || !(reason.empty() || reason.front() == ' ')) return false;
    message.is_request = false;
    message.version = line.substr(0, blank);
    message.status = static_cast<int>(*status);
    message.reason = trim(reason);
    return true;
}

bool parse_start_line(std::string_view line, Message& message) {
    const bool is_response =
        line.size() >= kVersionPrefix.size() &&
        equal_ignoring_case(line.substr(0, kVersionPrefix.size()), kVersionPrefix);
    return is_response ? parse_status_line(line, message) : parse_request_line(line, message);
}

/// Reads header fields up to the empty line.
ParseError parse_fields(
    HeadLines& lines,
    std::size_t headers_max,
    Message& message,
    ContentLength& length
) {
    while (const auto line = lines.next()) {
        if (line->empty()) return ParseError::none;
        const auto field = parse_header_line(*line);
        if (!field) {
            blame(message, "Malformed header line");
            continue;
        }
        if (message.headers.size() >= headers_max) return ParseError::too_many_headers;
        if (field->name == HeaderName::content_length) length.add(field->value);
        message.add(*field);
    }
    return ParseError::no_end_of_head;
}

/// Cuts the body out of the bytes behind the head.
ParseError parse_body(
    std::string_view rest,
    const ContentLength& length,
    std::size_t body_max,
    Message& message
) {
    if (length.is_bad()) {
        blame(message, "Bad Content-Length");
    } else if (length.value() && *length.value() > rest.size()) {
        blame(message, "Body shorter than Content-Length");
        message.is_cut_short = true;
    } else if (length.value()) {
        rest = rest.substr(0, *length.value());
    }
    if (rest.size() > body_max) return ParseError::body_too_large;
    message.body = rest;
    return ParseError::none;
}

}  // namespace

std::string_view text_of(ParseError error) {
    switch (error) {
        case ParseError::none:
            return "none";
        case ParseError::empty:
            return "empty";
        case ParseError::bad_start_line:
            return "bad start line";
        case ParseError::no_end_of_head:
            return "no end of head";
        case ParseError::too_many_headers:
            return "too many headers";
        case ParseError::head_too_large:
            return "head too large";
        case ParseError::body_too_large:
            return "body too large";
    }
    return "unknown";
}

ParseError parse_message(std::string_view bytes, const ParseLimits& limits, Message& message) {
    message.clear();
    const std::size_t begin = bytes.find_first_not_of("\r\n");
    if (begin == std::string_view::npos) return ParseError::empty;
    bytes.remove_prefix(begin);
    constexpr std::string_view kNothing("\r\n\0 \t", 5);
    if (kNothing.find(bytes.front()) != std::string_view::npos) {
        return bytes.find_first_not_of(kNothing) == std::string_view::npos
                   ? ParseError::empty
                   : ParseError::bad_start_line;
    }

    const std::string_view head = bytes.substr(0, limits.header_bytes);
    const bool cut = head.size() < bytes.size();
    HeadLines lines(head, message.unfolded);
    const auto start_line = lines.next();
    if (!start_line) return cut ? ParseError::head_too_large : ParseError::bad_start_line;
    if (!parse_start_line(*start_line, message)) return ParseError::bad_start_line;

    ContentLength length;
    const ParseError error = parse_fields(lines, limits.headers, message, length);
    if (error == ParseError::no_end_of_head && cut) return ParseError::head_too_large;
    if (error != ParseError::none) return error;
    return parse_body(bytes.substr(lines.position()), length, limits.body_bytes, message);
}

}  // namespace reginfo::sip

/// @file
/// Appending status lines and header fields to a buffer.
#include "core/sip/writer.hpp"

#include "core/base/ascii.hpp"
#include "core/sip/grammar.hpp"
#include "core/sip/param_reader.hpp"
#include "core/sip/value_list.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>
#include <iterator>

namespace reginfo::sip {

namespace {

constexpr std::string_view kEol = "\r\n";

// In the order of the codes.
struct StatusReason {
    int status;
    std::string_view reason;
};

constexpr StatusReason kReasons[] = {
    {100, "Trying"},
    {180, "Ringing"},
    {181, "Call Is Being Forwarded"},
    {182, "Queued"},
    {183, "Session Progress"},
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Notification"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Moved Temporarily"},
    {305, "Use Proxy"},
    {380, "Alternative Service"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {410, "Gone"},
    {412, "Conditional Request Failed"},
    {413, "Request Entity Too Large"},
    {414, "Request-URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Unsupported URI Scheme"},
    {420, "Bad Extension"},
    {421, "Extension Required"},
    {423, "Interval Too Brief"},
    {480, "Temporarily Unavailable"},
    {481, "Call/Transaction Does Not Exist"},
    {482, "Loop Detected"},
    {483, "Too Many Hops"},
    {484, "Address Incomplete"},
    {485, "Ambiguous"},
    {486, "Busy Here"},
    {487, "Request Terminated"},
    {488, "Not Acceptable Here"},
    {489, "Bad Event"},
    {491, "Request Pending"},
    {493, "Undecipherable"},
    {500, "Server Internal Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Server Time-out"},
    {505, "Version Not Supported"},
    {513, "Message Too Large"},
    {600, "Busy Everywhere"},
    {603, "Decline"},
    {604, "Does Not Exist Anywhere"},
    {606, "Not Acceptable"},
};

void append_status_line(std::string& out, int status, std::string_view reason) {
    if (status == 200 && reason.empty()) {  // nearly always
        out += "SIP/2.0 200 OK\r\n";
        return;
    }
    out += "SIP/2.0 ";
    append_number(out, static_cast<std::uint64_t>(status));
    out += ' ';
    out += reason.empty() ? reason_of(status) : reason;
    out += kEol;
}

/// The top Via of a response: `received` if sent-by is not the address of the source (RFC 3261
/// §18.2.1), `rport` if the client asks for it, and then `received` in any case (RFC 3581 §4).
/// Values that the client itself wrote there are ignored.
void append_top_via(std::string& out, const Via& via, const Endpoint& source) {
    const bool adds_received = via.has_rport || via.address != source.address;
    if (!adds_received && !via.has_received) {
        out += via.text;
        return;
    }
    std::string_view sent_by_text = via.text;
    if (!via.params.empty()) {
        const auto size = static_cast<std::size_t>(via.params.data() - via.text.data());
        sent_by_text = trim(via.text.substr(0, size));
        sent_by_text.remove_suffix(1);  // the ';'
    }
    out += trim(sent_by_text);
    ParamReader params(via.params);
    while (const auto param = params.next()) {
        const bool ours = equal_ignoring_case(param->name, "received") ||
                          equal_ignoring_case(param->name, "rport");
        if (ours) continue;
        out += ';';
        out += param->text;
    }
    if (adds_received) {
        out += ";received=";
        out += source.address.to_string();
    }
    if (via.has_rport) {
        out += ";rport=";
        append_number(out, source.port);
    }
}

/// Appends the values of one Via field, each on a line of its own. `top_via` replaces the first
/// value of all fields, and is reset then.
void append_vias(
    std::string& out,
    std::string_view field,
    const Via*& top_via,
    const Endpoint& source
) {
    ValueList values(field);
    while (const auto value = values.next()) {
        out += "Via: ";
        if (top_via != nullptr) {
            append_top_via(out, *top_via, source);
            top_via = nullptr;
        } else {
            out += *value;
        }
        out += kEol;
    }
}

void append_to(std::string& out, std::string_view value, std::string_view to_tag) {
    out += "To: ";
    out += value;
    const auto tag_in = [](std::string_view to) {
        const auto address = parse_name_addr(to);
        return address ? address->tag : std::string_view{};
    };
    const bool has_params = value.find(';') != std::string_view::npos;
    if (!to_tag.empty() && (!has_params || tag_in(value).empty())) {
        out += ";tag=";
        out += to_tag;
    }
    out += kEol;
}

/// Whether a response has a copy of the field (RFC 3261 §8.2.6.2).
bool goes_back(HeaderName name) {
    return name == HeaderName::from || name == HeaderName::call_id || name == HeaderName::cseq;
}

}  // namespace

std::string_view reason_of(int status) {
    const auto* const known = std::lower_bound(
        std::begin(kReasons),
        std::end(kReasons),
        status,
        [](const StatusReason& entry, int wanted) { return entry.status < wanted; }
    );
    return known != std::end(kReasons) && known->status == status ? known->reason : "Unknown";
}

void append_number(std::string& out, std::uint64_t value) {
    std::array<char, 20> digits;
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    out.append(digits.data(), result.ptr);
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += value;
    out += kEol;
}

void append_header(std::string& out, std::string_view name, std::uint64_t value) {
    out += name;
    out += ": ";
    append_number(out, value);
    out += kEol;
}

// A struct of the seven parameters would be built for this one call.
// NOLINTNEXTLINE(readability-function-size)
void begin_response(
    std::string& out,
    const Message& request,
    const Via& top_via,
    const Endpoint& source,
    int status,
    std::string_view reason,
    std::string_view to_tag
) {
    out.reserve(out.size() + 512);
    append_status_line(out, status, reason);
    const Via* top = &top_via;
    std::bitset<static_cast<std::size_t>(HeaderName::other) + 1>
        done;  // each but Via is copied once
    for (const HeaderField& field : request.headers) {
        const auto index = static_cast<std::size_t>(field.name);
        if (field.name == HeaderName::via) {
            append_vias(out, field.value, top, source);
        } else if (done[index]) {
            continue;
        } else if (field.name == HeaderName::other) {
            if (!equal_ignoring_case(field.text, "Timestamp")) continue;
            append_header(out, "Timestamp", field.value);
        } else if (field.name == HeaderName::to) {
            append_to(out, field.value, to_tag);
        } else if (goes_back(field.name)) {
            append_header(out, text_of(field.name), field.value);
        }
        done.set(index);
    }
}

void copy_headers(std::string& out, const Message& request, HeaderName name) {
    for (const HeaderField& field : request.headers) {
        if (field.name == name) append_header(out, text_of(name), field.value);
    }
}

void end_head(std::string& out, std::size_t content_length) {
    if (content_length == 0) {  // as in nearly every response
        out += "Content-Length: 0\r\n\r\n";
        return;
    }
    append_header(out, "Content-Length", content_length);
    out += kEol;
}

}  // namespace reginfo::sip

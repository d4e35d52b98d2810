/// @file
/// Names of methods and header fields, and the values of a Message.
#include "core/sip/message.hpp"

#include "core/sip/grammar.hpp"

#include <array>
#include <cassert>
#include <utility>

namespace reginfo::sip {

namespace {

constexpr NamedMethod kMethods[] = {
    {"PUBLISH", Method::publish},
    {"SUBSCRIBE", Method::subscribe},
    {"NOTIFY", Method::notify},
    {"OPTIONS", Method::options},
    {"REGISTER", Method::register_},
    {"INVITE", Method::invite},
    {"ACK", Method::ack},
    {"BYE", Method::bye},
    {"CANCEL", Method::cancel},
    {"MESSAGE", Method::message},
    {"PRACK", Method::prack},
    {"UPDATE", Method::update},
    {"INFO", Method::info},
    {"REFER", Method::refer},
};

// In the order of HeaderName.
constexpr std::array<std::string_view, 28> kHeaderNames = {
    "Accept",
    "Accept-Encoding",
    "Allow-Events",
    "Call-ID",
    "Contact",
    "Content-Encoding",
    "Content-Length",
    "Content-Type",
    "CSeq",
    "Event",
    "Expires",
    "From",
    "Max-Forwards",
    "Min-Expires",
    "P-Asserted-Identity",
    "Proxy-Require",
    "Record-Route",
    "Require",
    "Retry-After",
    "Route",
    "SIP-ETag",
    "SIP-If-Match",
    "Subscription-State",
    "Supported",
    "Suppress-If-Match",
    "To",
    "User-Agent",
    "Via",
};
static_assert(kHeaderNames.size() == static_cast<std::size_t>(HeaderName::other));

constexpr std::size_t kNameSlots = 128;

/// A perfect hash of the known names, from their length, first and last letter.
constexpr std::size_t slot_of(std::string_view text) {
    const auto letter = [](char c) { return std::size_t{static_cast<unsigned char>(c)} | 0x20; };
    return (text.size() * 5 + letter(text.front()) * 17 + letter(text.back()) * 3) % kNameSlots;
}

constexpr std::array<HeaderName, kNameSlots> make_slots() {
    std::array<HeaderName, kNameSlots> slots{};
    slots.fill(HeaderName::other);
    for (std::size_t i = 0; i < kHeaderNames.size(); ++i) {
        HeaderName& slot = slots[slot_of(kHeaderNames[i])];
        if (slot != HeaderName::other) throw "two names in one slot: choose other factors";
        slot = static_cast<HeaderName>(i);
    }
    return slots;
}

constexpr std::array<HeaderName, kNameSlots> kSlots = make_slots();

/// The compact forms (RFC 3261 §7.3.3, RFC 6665 §8.2) of fields that we read.
HeaderName compact_name_of(char c) {
    switch (lower(c)) {
        case 'c':
            return HeaderName::content_type;
        case 'e':
            return HeaderName::content_encoding;
        case 'f':
            return HeaderName::from;
        case 'i':
            return HeaderName::call_id;
        case 'k':
            return HeaderName::supported;
        case 'l':
            return HeaderName::content_length;
        case 'm':
            return HeaderName::contact;
        case 'o':
            return HeaderName::event;
        case 't':
            return HeaderName::to;
        case 'u':
            return HeaderName::allow_events;
        case 'v':
            return HeaderName::via;
        default:
            return HeaderName::other;
    }
}

/// Whether `text` equals `name` without regard to case. `name` has letters and '-' only.
/// @pre both have the same size
bool is_name(std::string_view text, std::string_view name) {
    unsigned difference = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        // Upper and lower case differ in the bit 0x20. '-' has that bit, and must match exactly.
        const auto a = static_cast<unsigned char>(text[i]);
        const auto b = static_cast<unsigned char>(name[i]);
        difference |= (a ^ b) & ~((b & 0x40U) >> 1);
    }
    return difference == 0;
}

}  // namespace

std::span<const NamedMethod> known_methods() { return kMethods; }

Method method_of(std::string_view text) {
    for (const NamedMethod& known : kMethods) {
        if (known.text == text) return known.method;
    }
    return Method::other;
}

HeaderName header_name_of(std::string_view text) {
    if (text.empty()) return HeaderName::other;
    if (text.size() == 1) return compact_name_of(text.front());
    const HeaderName name = kSlots[slot_of(text)];
    if (name == HeaderName::other) return name;
    const std::string_view known = kHeaderNames[static_cast<std::size_t>(name)];
    if (text == known) return name;  // the usual spelling
    return known.size() == text.size() && is_name(text, known) ? name : HeaderName::other;
}

std::string_view text_of(HeaderName name) {
    assert(name != HeaderName::other);
    return kHeaderNames[static_cast<std::size_t>(name)];
}

void Message::clear() {
    is_request = true;
    method = Method::other;
    status = 0;
    method_text = request_uri = version = reason = body = defect = {};
    is_cut_short = false;
    headers.clear();
    places_.fill({});
    unfolded.clear();
}

}  // namespace reginfo::sip

/// @file

#include "tests/fuzz/engine/messages.hpp"

#include "tests/fuzz/support/xml_mutation.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace reginfo::fuzz {
namespace {

template <class T, std::size_t Size>
const T& of(const std::array<T, Size>& choices, unsigned choice) {
    return choices[choice % Size];
}

constexpr std::array<std::string_view, 4> kAors = {
    "sip:alice@example.org",
    "sip:bob@example.org",
    "tel:+15551234",
    "sips:carol@example.org:5061",
};
constexpr std::array<std::string_view, 8> kExpires =
    {"600", "", "0", "1", "30", "59", "99999", "x"};
constexpr std::array<std::string_view, 12> kContacts = {
    "<sip:w@198.51.100.1:5060>",
    "<sip:w@198.51.100.2;transport=tcp>",
    "<sip:w@w.example.com>",
    "<sip:w@w.example.com;transport=tcp>",
    "<sip:w@[2001:db8::2]:5062>",
    "<sips:w@198.51.100.3>",
    "<sip:w@198.51.100.4;maddr=198.51.100.5;lr>",
    "<sip:w@x.example.com:5070>",
    "<tel:+123>",
    "<sip:w@198.51.100.1>, <sip:v@198.51.100.1>",
    "*",
    "",
};
constexpr std::array<std::string_view, 6> kRoutes = {
    "",
    "Record-Route: <sip:192.0.2.70;lr>",
    "Record-Route: <sip:p.example.com;lr>,<sip:192.0.2.71;lr>",
    "Record-Route: <sip:strict@192.0.2.72>",
    "Record-Route: <sip:192.0.2.70:5070;transport=tcp;lr>",
    "Record-Route: <sip:[2001:db8::7];lr>",
};
constexpr std::array<std::string_view, 6> kEvents = {
    "reg",
    "reg;id=7",
    "reg;id=8;max-rate=0.01",
    "reg;min-rate=0.2;adaptive-min-rate=0.1",
    "reg;max-rate=1;min-rate=1",
    "presence",
};
constexpr std::array<std::string_view, 6> kUserAgents = {
    "",
    "User-Agent: kamailio (5.6.3)",
    "User-Agent: partial/1",
    "User-Agent: ims/1",
    "User-Agent: Linphone/5",
    "User-Agent: pcscf/1",
};
constexpr std::array<int, 24> kStatuses = {
    200, 200, 200, 202, 100, 183, 301, 401, 404, 405, 407, 408,
    481, 482, 489, 491, 500, 501, 502, 503, 513, 600, 604, 699,
};
constexpr std::array<std::string_view, 6> kAnswerFields = {
    "",
    "Retry-After: 5",
    "Retry-After: 99999999;duration=1",
    "Event: reg;max-rate=0.1",
    "Event: reg;min-rate=0.5",
    "Contact: <sip:new@198.51.100.9>",
};
constexpr std::array<std::string_view, 5> kMethods = {
    "OPTIONS",
    "NOTIFY",
    "CANCEL",
    "INVITE",
    "REGISTER",
};

/// The attributes of a contact, chosen by the bits of a byte.
test::ContactText contact_of(unsigned number, unsigned bits) {
    static constexpr std::array<std::int64_t, 4> kTimes = {600, 3, 60, 0};
    static constexpr std::array<std::string_view, 4> kStarts = {
        "registered", "refreshed", "shortened", "created"
    };
    static constexpr std::array<std::string_view, 4> kEnds = {
        "unregistered", "expired", "probation", "rejected"
    };
    test::ContactText contact{.uri = "sip:c" + std::to_string(number % 4) + "@192.0.2.50"};
    const bool ended = bits % 4 == 3;
    contact.expires = of(kTimes, bits >> 2U);
    contact.cseq = 1 + (bits >> 4U) % 4;
    if ((bits & 0x40U) != 0) contact.callid = number % 2 == 0 ? "" : "c2";
    if ((bits & 0x80U) != 0) {
        contact.attributes = R"( q="0.5" received="sip:1.2.3.4" xmlns:x="urn:x" x:y="z")";
        contact.children = R"(<unknown-param name="+sip.instance">"i)" +
                           std::to_string(number % 2) +
                           R"("</unknown-param><unknown-param name="reg-id">1</unknown-param>)";
    }
    if (ended) contact.state = "terminated";
    contact.event = ended ? of(kEnds, bits >> 4U) : of(kStarts, bits >> 5U);
    return contact;
}

void add_line(test::RequestText& request, std::string_view line) {
    if (!line.empty()) request.more.emplace_back(line);
}

}  // namespace

std::string_view some_aor(unsigned choice) { return of(kAors, choice); }

Flow some_flow(unsigned choice) {
    const auto address = [&](std::uint32_t network) {
        return IpAddress::v4(network + 1 + choice / 8 % 4);
    };
    switch (choice % 8) {
        case 0:
        case 1:
        case 2:
            return {Transport::udp, 0, {address(0xc6336400U), 5060}, 0};
        case 3:
        case 4:
        case 5: {
            const ConnectionId connection = 1 + choice / 8 % 4;
            return {Transport::tcp, 1, {address(0xc6336400U), 40'000}, 0, connection};
        }
        case 6:
            return {Transport::udp, 2, {*IpAddress::parse("2001:db8::2"), 5062}, 0};
        default:
            return {Transport::udp, 0, {address(0x08080800U), 5060}, 0};  // not trusted
    }
}

std::string document_of(std::string_view aor, const Step& step) {
    test::BodyText body{.aor = std::string(aor)};
    const unsigned shape = step.how();
    for (unsigned i = 0; i < shape % 4; ++i) {
        body.contacts.push_back(contact_of(shape / 4 + i, step.option(i)));
    }
    if ((shape & 0x40U) != 0) body.state = "partial";
    if ((shape & 0x80U) != 0) {
        body.more = R"(<registration aor="tel:+15551234" id="s" state="active"><contact id="t" )"
                    R"(state="active" event="registered"><uri>sip:t@192.0.2.51</uri></contact>)"
                    R"(</registration>)";
    }
    if (body.contacts.empty()) body.registration_state = "terminated";
    std::string text = body.text();
    if (step.option(4) >= 0xe0U) {
        Chance chance(step.option(3) * 256U + step.option(4));
        text = mutate_reginfo(text, chance);
    }
    return text;
}

test::RequestText publish_of(const Published& publication, const Step& step) {
    test::RequestText request;
    request.method = "PUBLISH";
    request.uri = publication.aor;
    request.to = "<" + publication.aor + ">";
    request.event = "reg";
    request.expires = of(kExpires, step.option(3));
    if (!publication.etag.empty()) request.more.push_back("SIP-If-Match: " + publication.etag);
    return request;
}

test::RequestText subscribe_of(const Subscribed& dialog, const Step& step) {
    test::RequestText request;
    request.method = "SUBSCRIBE";
    request.uri = dialog.to_tag.empty() ? dialog.aor : "sip:192.0.2.1:5060";
    request.from = "<sip:w@example.org>;tag=" + dialog.from_tag;
    request.to = "<" + dialog.aor + ">";
    if (!dialog.to_tag.empty()) request.to += ";tag=" + dialog.to_tag;
    request.call_id = dialog.call_id;
    request.cseq = std::to_string(dialog.cseq);
    request.event = of(kEvents, step.option(0));
    request.expires = of(kExpires, step.option(1));
    request.contact = of(kContacts, step.option(2));
    add_line(request, of(kRoutes, step.option(3) % 16U));
    add_line(request, of(kUserAgents, step.option(3) / 16U));
    if (step.option(4) % 8 == 1) request.more.emplace_back("Suppress-If-Match: *");
    if (step.option(4) % 8 == 2) request.more.emplace_back("Suppress-If-Match: 0123456789abcdef");
    if (step.option(4) % 8 == 3) request.more.emplace_back("Accept: application/pidf+xml");
    return request;
}

test::RequestText other_of(const Step& step) {
    test::RequestText request;
    request.method = of(kMethods, step.how());
    request.uri = some_aor(step.who());
    request.event = "reg";
    if (step.option(0) % 4 == 1) request.more.emplace_back("Require: eventlist");
    if (step.option(0) % 4 == 2) request.more.emplace_back("Content-Encoding: gzip");
    return request;
}

std::string answer_of(const sip::Message& notify, const Step& step) {
    std::vector<std::string> more;
    const std::string_view field = of(kAnswerFields, step.option(0));
    if (!field.empty()) more.emplace_back(field);
    return test::response_text(notify, of(kStatuses, step.how()), more);
}

}  // namespace reginfo::fuzz

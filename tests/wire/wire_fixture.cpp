/// @file

#include "tests/wire/wire_fixture.hpp"

#include "core/sip/headers.hpp"
#include "core/sip/uri.hpp"

namespace reginfo::test {

std::string wire(std::string_view text) {
    std::string out;
    if (text.starts_with('\n')) text.remove_prefix(1);
    for (const char c : text) {
        if (c == '\n') out.push_back('\r');
        out.push_back(c);
    }
    return out;
}

std::string with(std::string text, std::string_view part, std::string_view other) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
    for (std::size_t at = text.find(part); at != std::string::npos;
         at = text.find(part, at + other.size())) {
        text.replace(at, part.size(), other);
    }
    return text;
}

std::string param_of(const std::string& header_value, std::string_view name) {
    const std::size_t params = header_value.find(';');
    if (params == std::string::npos) return "-";
    const auto value = sip::find_param(std::string_view(header_value).substr(params + 1), name);
    return value ? std::string(*value) : "-";
}

std::vector<Sent> WireTest::hear(std::string_view text) {
    world.take();
    world.receive(flow, text);
    return world.take();
}

RequestText WireTest::options() const {
    RequestText request;
    request.call_id = next_branch();
    request.via = "SIP/2.0/" + std::string(name_of(flow.transport)) + " " + flow.peer.to_string() +
                  ";branch=" + request.call_id;
    return request;
}

RequestText WireTest::publish() const {
    RequestText request = options();
    request.method = "PUBLISH";
    request.event = "reg";
    request.expires = "600";
    request.content_type = "application/reginfo+xml";
    request.body = BodyText{.contacts = {{.uri = "sip:x@192.0.2.10"}}}.text();
    return request;
}

RequestText WireTest::subscribe() const {
    RequestText request = options();
    request.method = "SUBSCRIBE";
    request.event = "reg";
    request.expires = "600";
    request.contact = "<sip:w@" + flow.peer.to_string() + ">";
    return request;
}

}  // namespace reginfo::test

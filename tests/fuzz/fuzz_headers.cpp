/// @file
/// Header values and URIs: parsed views point into the text, normal forms are stable, and
/// comparison is an equivalence as far as RFC 3261 §19.1.4 allows. Input: two texts, parted by the
/// first LF.

#include "core/base/address.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/uri_comparison.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace reginfo;
using namespace reginfo::sip;

void require(bool condition) {
    if (!condition) std::abort();
}

void check_uri(std::string_view text) {
    const std::string contact = canonical_contact(text);
    require(canonical_contact(contact) == contact);
    require(equal_uris(text, text));
    const auto uri = parse_uri(text);
    if (!uri) {
        require(contact == text);
        return;
    }
    require(equal_uris(text, contact) || uri->scheme == Uri::Scheme::other);
    require(uri->host.empty() != uri->is_sip());
    const auto aor = canonical_aor(*uri);
    require(aor.has_value() == (uri->scheme != Uri::Scheme::other));
    if (!aor) return;
    const auto again = parse_uri(*aor);
    require(again && canonical_aor(*again) == aor);
    require(aor->find_first_of(std::string_view("\0\r\n \"<>", 7)) == std::string::npos);
}

void check_pair(std::string_view a, std::string_view b) {
    require(equal_uris(a, b) == equal_uris(b, a));
    // One normal form is stricter than equality: parameters in one URI alone count.
    const bool parsed = parse_uri(a) && parse_uri(b);
    if (parsed && canonical_contact(a) == canonical_contact(b)) require(equal_uris(a, b));
}

void check_values(std::string_view text) {
    if (const auto via = parse_via(text)) {
        require(!via->host.empty() && !via->transport.empty());
        require(via->branch.empty() || find_param(via->params, "branch") == via->branch);
    }
    if (const auto address = parse_name_addr(text)) {
        require(!address->uri.empty());
        require(find_param(address->params, "tag").value_or("") == address->tag);
    }
    if (const auto cseq = parse_cseq(text)) require(cseq->number < (1U << 31));
    if (const auto event = parse_event(text)) {
        require(is_token(event->package) && find_param(event->params, "id") == event->id);
    }
    const auto seconds = parse_delta_seconds(text);
    require(!seconds || (seconds->count() >= 0 && seconds->count() <= UINT32_MAX));
    if (seconds) require(parse_retry_after(text) == seconds);
    if (const auto media = parse_media_type(text)) require(is_media_type(text, *media));
    if (const auto address = IpAddress::parse(text)) {
        require(IpAddress::parse(address->to_uri_host()) == address);
    }
    if (const auto network = Network::parse(text)) {
        require(Network::parse(network->to_string()) == network);
    }
    std::size_t size = 0;
    ValueList values(text);
    while (const auto value = values.next()) {
        require(!value->empty());
        size += value->size();
    }
    require(size <= text.size());
    Message message;
    message.add({HeaderName::accept, "Accept", text});
    accepts(message, "application/reginfo+xml");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t line = text.find('\n');
    const std::string_view a = text.substr(0, line);
    const std::string_view b = line == std::string_view::npos ? "" : text.substr(line + 1);
    for (const std::string_view one : {a, b, text}) {
        check_uri(one);
        check_values(one);
    }
    check_pair(a, b);
    return 0;
}

/// @file
/// Header values and URIs: parsed views point into the text, normal forms are stable and name the
/// same resource. Input: two texts, parted by the first LF.

#include "core/base/address.hpp"
#include "core/base/network.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/uri_comparison.hpp"
#include "core/sip/value_list.hpp"

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

std::string contact_of(std::string_view text, const Uri& uri) {
    std::string out;
    append_canonical_contact(out, text, uri);
    return out;
}

void check_contact(std::string_view text, const Uri& uri) {
    const std::string contact = contact_of(text, uri);
    const auto again = parse_uri(contact);
    require(again && again->scheme == uri.scheme);
    require(contact_of(contact, *again) == contact);
    if (uri.is_sip()) require(canonical_aor(*again) == canonical_aor(uri));
}

void check_uri(std::string_view text) {
    const auto uri = parse_uri(text);
    if (!uri) return;
    check_contact(text, *uri);
    require(uri->host.empty() != uri->is_sip());
    const auto aor = canonical_aor(*uri);
    require(aor.has_value() == (uri->scheme != Uri::Scheme::other));
    if (!aor) return;
    const auto again = parse_uri(*aor);
    require(again && canonical_aor(*again) == aor);
    require(aor->find_first_of(std::string_view("\0\r\n \"<>", 7)) == std::string::npos);
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
    return 0;
}

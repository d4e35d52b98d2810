#include "core/request_shard.hpp"

#include "core/base/local_tag.hpp"
#include "core/event/package.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/uri.hpp"

namespace reginfo {

std::optional<Shard> shard_of_request(
    const sip::Message& request,
    std::uint64_t seed,
    std::string& scratch
) {
    if (request.method != sip::Method::publish) {  // which is in no dialog
        const auto to = request.first(sip::HeaderName::to);
        const auto address = to ? sip::parse_name_addr(*to) : std::nullopt;
        if (address && !address->tag.empty()) return shard_in(address->tag);
    }
    const bool names_aor = request.method == sip::Method::publish ||
                           request.method == sip::Method::subscribe ||
                           request.method == sip::Method::cancel;
    if (!names_aor) return std::nullopt;
    const auto aor = aor_of(sip::parse_uri(request.request_uri), scratch);
    if (!aor) return std::nullopt;
    return shard_of(seed, *aor);
}

}  // namespace reginfo

#include "metrics/http_target.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace reginfo::metrics {
namespace {

namespace urls = boost::urls;

/// By hand: urls::parse_origin_form refuses what people and browsers write without escapes, such as
/// "[2001:db8::1]". A broken escape is seen where the part is decoded.
Target parse_origin_form(std::string_view text) {
    const std::size_t mark = std::min(text.find('?'), text.size());
    return {{}, text.substr(0, mark), text.substr(std::min(mark + 1, text.size()))};
}

std::string_view view_of(urls::pct_string_view part) { return {part.data(), part.size()}; }

}  // namespace

std::optional<Target> parse_target(std::string_view text) {
    if (text.starts_with('/')) return parse_origin_form(text);
    const auto uri = urls::parse_absolute_uri(text);
    if (!uri || uri->scheme_id() != urls::scheme::http) return std::nullopt;
    const std::string_view authority = view_of(uri->encoded_authority());
    const std::string_view path = view_of(uri->encoded_path());
    // Boost 1.81 takes "http://host:80:0" for one with the path ":0".
    if (authority.empty() || !(path.empty() || path.starts_with('/'))) return std::nullopt;
    return Target{authority, path.empty() ? "/" : path, view_of(uri->encoded_query())};
}

std::optional<std::string> percent_decoded(std::string_view text) {
    const auto encoded = urls::make_pct_string_view(text);
    if (!encoded) return std::nullopt;
    return encoded->decode();
}

std::optional<Query> parse_query(std::string_view query) {
    const auto encoded = urls::make_pct_string_view(query);
    if (!encoded) return std::nullopt;
    urls::url url;  // urls::parse_query reads beyond the text it is given (boostorg/url 757, 946)
    url.set_encoded_query(*encoded);
    Query values;
    for (const auto& [name, value, has_value] : url.encoded_params()) {
        if (name.empty() && !has_value) continue;  // "a&&b"
        values.emplace_back(name.decode(), value.decode());
    }
    return values;
}

}  // namespace reginfo::metrics

/// @file
/// A SIP message as views into the bytes that carried it (RFC 3261 §7).
#pragma once

#include <boost/container/small_vector.hpp>

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace reginfo::sip {

enum class Method : std::uint8_t {
    invite,
    ack,
    bye,
    cancel,
    options,
    register_,
    publish,
    subscribe,
    notify,
    prack,
    update,
    info,
    refer,
    message,
    other,
};

/// Methods are case-sensitive (RFC 3261 §7.1).
Method method_of(std::string_view text);

struct NamedMethod {
    std::string_view text;
    Method method;
};

/// All but `other`.
std::span<const NamedMethod> known_methods();

/// The header fields that this server reads. All others are `other`.
enum class HeaderName : std::uint8_t {
    accept,
    accept_encoding,
    allow_events,
    call_id,
    contact,
    content_encoding,
    content_length,
    content_type,
    cseq,
    event,
    expires,
    from,
    max_forwards,
    min_expires,
    p_asserted_identity,
    proxy_require,
    record_route,
    require,
    retry_after,
    route,
    sip_etag,
    sip_if_match,
    subscription_state,
    supported,
    suppress_if_match,
    to,
    user_agent,
    via,
    other,
};

/// By full name or compact form, without regard to case (RFC 3261 §7.3.3, RFC 6665 §8.2).
HeaderName header_name_of(std::string_view text);

/// The full name, in the spelling of the RFCs. @pre `name` is not `other`
std::string_view text_of(HeaderName name);

struct HeaderField {
    HeaderName name = HeaderName::other;
    std::string_view text;   ///< the name as written
    std::string_view value;  ///< without white space around it; unfolded
};

/// Has views only: valid as long as the bytes given to parse_message, and the Message itself.
class Message {
public:
    bool is_request = true;
    Method method = Method::other;  ///< of the request line
    std::string_view method_text;
    std::string_view request_uri;
    std::string_view version;  ///< "SIP/2.0" as written
    int status = 0;            ///< of a response
    std::string_view reason;
    boost::container::small_vector<HeaderField, 32> headers;  ///< grows by add()
    std::string_view body;

    /// A defect of a message that can still be answered, as a reason phrase for the 400:
    /// "Malformed header line", "Bad Content-Length", "Body shorter than Content-Length". Empty if
    /// there is none.
    std::string_view defect;
    bool is_cut_short = false;  ///< the body is shorter than Content-Length

    void add(const HeaderField& field) {
        Place& place = places_[static_cast<std::size_t>(field.name)];
        if (place.count == 0) place.first = static_cast<std::uint16_t>(headers.size());
        if (place.count < std::numeric_limits<std::uint16_t>::max()) ++place.count;
        headers.push_back(field);
    }

    /// The value of the first field of that name; nothing if there is none. @pre not `other`
    std::optional<std::string_view> first(HeaderName name) const {
        assert(name != HeaderName::other);
        if (count(name) == 0) return std::nullopt;
        return headers[position(name)].value;
    }
    std::size_t count(HeaderName name) const {
        return places_[static_cast<std::size_t>(name)].count;
    }
    /// The place in `headers` of the first field of that name. @pre there is one
    std::size_t position(HeaderName name) const {
        return places_[static_cast<std::size_t>(name)].first;
    }

    /// Empties the message, but keeps its memory.
    void clear();

    std::string unfolded;  ///< the head, if header lines were folded (RFC 3261 §7.3.1)

private:
    struct Place {
        std::uint16_t first = 0;  ///< in `headers`
        std::uint16_t count = 0;
    };
    std::array<Place, static_cast<std::size_t>(HeaderName::other) + 1> places_{};
};

}  // namespace reginfo::sip

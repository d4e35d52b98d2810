/// @file
/// SIP and reginfo text for the simulated peers, without the parsers of the core.
#pragma once

#include "tests/sim/model.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::sim {

/// The engine broke a rule.
struct Violation : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The parts of one message.
struct Wire {
    std::string first_line;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    explicit Wire(std::string_view bytes);

    bool is_response() const { return first_line.starts_with("SIP/2.0 "); }
    int status() const { return std::stoi(first_line.substr(8, 3)); }
    /// The first field of that name; empty if there is none.
    std::string header(std::string_view name) const;
    std::string uri(std::string_view name) const;  ///< the URI in brackets
    std::string param(std::string_view name, std::string_view param) const;
    std::string branch() const { return param("Via", "branch"); }
    std::string method() const;  ///< of CSeq
    std::uint32_t cseq() const;
};

/// A contact in the document of a NOTIFY.
struct ToldContact {
    std::string id;
    std::string callid;
    std::optional<std::uint32_t> cseq;
    bool active = true;
    std::int64_t expires = -1;  ///< -1 if absent
};

/// The document of a NOTIFY.
struct Told {
    std::uint32_t version = 0;
    bool full = true;
    std::string state;                            ///< of the registration
    std::map<std::string, ToldContact> contacts;  ///< by URI

    explicit Told(const std::string& body);
};

/// The document of a publisher.
std::string reginfo_text(const std::string& aor, const Body& body);

/// A response to a request, with the fields that RFC 3261 §8.2.6 copies.
std::string response_text(
    const Wire& request,
    int status,
    const std::string& to_tag,
    const std::string& extra
);

}  // namespace reginfo::sim

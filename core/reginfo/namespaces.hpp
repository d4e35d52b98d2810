/// @file
/// Names and namespaces in XML 1.0.
#pragma once

#include "core/reginfo/document.hpp"

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace reginfo::xml {

/// A namespace name. Equal names that are in force at the same time have the same id.
struct Namespace {
    std::uint32_t id = 0;
    std::string_view uri;

    friend bool operator==(Namespace a, Namespace b) { return a.id == b.id; }
};

inline constexpr Namespace kNoNamespace{0, {}};
inline constexpr Namespace kXml{1, "http://www.w3.org/XML/1998/namespace"};
inline constexpr Namespace kReginfo{2, kReginfoNamespace};

/// A name in a document, and its namespace.
struct Name {
    explicit Name(std::string_view qname);
    Name() = default;

    /// Whether it is the name `wanted` of the reginfo namespace.
    bool is_core(std::string_view wanted) const { return space == kReginfo && local == wanted; }
    /// Whether it is of another namespace than reginfo: an extension (RFC 3680 §5.4).
    bool is_foreign() const { return !(space == kReginfo) && !(space == kNoNamespace); }

    std::string_view text;    ///< "prefix:local" or "local"
    std::string_view prefix;  ///< empty if there is none
    std::string_view local;
    Namespace space;
};

struct Attribute {
    Name name;
    std::string_view raw;  ///< the text between the quotes, with references
};

using Attributes = boost::container::small_vector<Attribute, 16>;

}  // namespace reginfo::xml

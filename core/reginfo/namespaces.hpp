/// @file
/// Namespaces in XML 1.0: declarations in force, and names resolved by them.
#pragma once

#include "core/reginfo/document.hpp"

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo::xml {

/// A namespace name; equal ones that are in force at the same time have the same id.
struct Namespace {
    std::uint32_t id = 0;
    std::string_view uri;

    friend bool operator==(Namespace a, Namespace b) { return a.id == b.id; }
};

inline constexpr Namespace kNoNamespace{0, {}};
inline constexpr Namespace kXml{1, "http://www.w3.org/XML/1998/namespace"};
inline constexpr Namespace kReginfo{2, kReginfoNamespace};

/// A name as it stands in a document, and what it means.
struct Name {
    explicit Name(std::string_view qname);
    Name() = default;

    /// Whether it is `wanted` of the reginfo namespace.
    bool is_core(std::string_view wanted) const { return space == kReginfo && local == wanted; }
    /// Whether it is of a namespace, and not of reginfo's: an extension (RFC 3680 §5.4).
    bool is_foreign() const { return !(space == kReginfo) && !(space == kNoNamespace); }

    std::string_view text;    ///< "prefix:local" or "local"
    std::string_view prefix;  ///< empty if there is none
    std::string_view local;
    Namespace space;
};

struct Attribute {
    Name name;
    std::string_view raw;  ///< the value with its references, as between the quotes
};

using Attributes = boost::container::small_vector<Attribute, 16>;

/// A stack of bindings of prefixes; the empty prefix is that of the default namespace.
class Bindings {
public:
    static constexpr std::size_t kPredeclared = 1;  ///< `xml`, which the stack begins with

    Bindings();

    std::size_t size() const { return bindings_.size(); }
    void bind(std::string_view prefix, Namespace space) { bindings_.push_back({prefix, space}); }
    /// Forgets all that was bound after size() was this.
    void release(std::size_t size) { bindings_.resize(size); }

    /// Nothing if the prefix is not bound.
    std::optional<Namespace> find(std::string_view prefix) const;
    /// The namespace of that name if it is bound.
    std::optional<Namespace> find_uri(std::string_view uri) const;

private:
    struct Binding {
        std::string_view prefix;
        Namespace space;
    };

    boost::container::small_vector<Binding, 8> bindings_;
};

/// Resolves the names of elements from the root downwards.
class Resolver {
public:
    /// Begins anew, with another document.
    /// @param limit  how many declarations may be in force at once, which bounds each look-up
    void restart(std::size_t limit);

    /// Takes the declarations out of `attributes` and resolves the other names and `element`.
    /// Returns  nullptr, or the reason for a ReadError: an unbound prefix, an attribute twice, a
    ///          declaration that is not allowed (Namespaces in XML 1.0 §3, §5, §6.3).
    const char* open(Name& element, Attributes& attributes);

    std::size_t mark() const { return bindings_.size(); }
    void close(std::size_t mark) { bindings_.release(mark); }

private:
    const char* declare(std::string_view prefix, std::string_view raw);

    static constexpr std::uint32_t kLastFixedId = 3;

    std::size_t limit_ = 0;
    Bindings bindings_;
    std::uint32_t last_id_ = kLastFixedId;      ///< the ids up to it are in use
    std::forward_list<std::string> unescaped_;  ///< names that had references in them
};

}  // namespace reginfo::xml

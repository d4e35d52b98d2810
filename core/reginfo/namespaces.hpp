/// @file
/// Namespaces in XML 1.0: the declarations in force, and the resolution of names.
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

/// A stack of bindings of prefixes. The default namespace has the empty prefix.
class Bindings {
public:
    static constexpr std::size_t kPredeclared = 1;  ///< `xml`, at the bottom of the stack

    Bindings();

    std::size_t size() const { return bindings_.size(); }
    void bind(std::string_view prefix, Namespace space) { bindings_.push_back({prefix, space}); }
    /// Removes all bindings made since size() had this value.
    void release(std::size_t size) { bindings_.resize(size); }

    /// Nothing if the prefix is not bound.
    std::optional<Namespace> find(std::string_view prefix) const;
    /// The namespace of that name; nothing if it is not bound.
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
    /// Starts a new document.
    /// @param limit  of declarations in force at once, which bounds each look-up
    void restart(std::size_t limit);

    /// Removes the declarations from `attributes` and resolves the other names and `element`.
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
    std::uint32_t last_id_ = kLastFixedId;      ///< the ids up to this one are in use
    std::forward_list<std::string> unescaped_;  ///< namespace names that had references
};

}  // namespace reginfo::xml

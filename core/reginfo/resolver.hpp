/// @file
/// The resolution of names by the declarations in force (Namespaces in XML 1.0).
#pragma once

#include "core/reginfo/bindings.hpp"
#include "core/reginfo/namespaces.hpp"

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <string>
#include <string_view>

namespace reginfo::xml {

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

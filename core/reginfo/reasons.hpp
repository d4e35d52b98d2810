/// @file
/// Reasons to refuse a document because of its size, not because of an error.
#pragma once

#include <algorithm>
#include <iterator>

namespace reginfo::over_limit {

inline constexpr char kBody[] = "reginfo: body too large";
inline constexpr char kElements[] = "reginfo: too many elements";
inline constexpr char kDepth[] = "reginfo: elements nested too deep";
inline constexpr char kAttributes[] = "reginfo: too many attributes";
inline constexpr char kNamespaces[] = "reginfo: too many namespaces";
inline constexpr char kDeclarations[] = "reginfo: too many namespace declarations";
inline constexpr char kRegistrations[] = "reginfo: too many registrations";
inline constexpr char kContacts[] = "reginfo: too many contacts in registration";

/// Whether the reason is one of those above: the same pointer, not an equal text.
inline bool is_reason(const char* reason) {
    constexpr const char* kAll[] = {
        kElements, kDepth, kAttributes, kNamespaces, kDeclarations, kRegistrations, kContacts
    };
    return std::find(std::begin(kAll), std::end(kAll), reason) != std::end(kAll);
}

}  // namespace reginfo::over_limit

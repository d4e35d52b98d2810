/// @file
/// Namespaces in XML 1.0.

#include "core/reginfo/namespaces.hpp"

#include <cstddef>

namespace reginfo::xml {
Name::Name(std::string_view qname) : text(qname), local(qname) {
    const std::size_t colon = qname.find(':');
    if (colon == std::string_view::npos) return;
    prefix = qname.substr(0, colon);
    local = qname.substr(colon + 1);
}

}  // namespace reginfo::xml

#include "core/reginfo/bindings.hpp"

namespace reginfo::xml {

Bindings::Bindings() { bind("xml", kXml); }

std::optional<Namespace> Bindings::find(std::string_view prefix) const {
    for (auto binding = bindings_.rbegin(); binding != bindings_.rend(); ++binding) {
        if (binding->prefix == prefix) return binding->space;
    }
    if (prefix.empty()) return kNoNamespace;
    return std::nullopt;
}

std::optional<Namespace> Bindings::find_uri(std::string_view uri) const {
    for (const Binding& binding : bindings_) {
        if (binding.space.uri == uri) return binding.space;
    }
    return std::nullopt;
}

}  // namespace reginfo::xml

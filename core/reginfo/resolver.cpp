#include "core/reginfo/resolver.hpp"

#include "core/reginfo/reasons.hpp"
#include "core/reginfo/xml_text.hpp"

#include <algorithm>
#include <utility>

namespace reginfo::xml {
namespace {

constexpr std::string_view kXmlnsUri = "http://www.w3.org/2000/xmlns/";

/// The namespace of declarations, which distinguishes them from other attributes.
constexpr Namespace kXmlns{3, kXmlnsUri};
constexpr const char* kUnbound = "reginfo: unbound prefix";

bool is_declaration(const Name& name) { return name.prefix == "xmlns" || name.text == "xmlns"; }

// Quadratic in the attributes of one element, which check_document bounds.
bool has_duplicate(const Attributes& attributes) {
    for (std::size_t i = 1; i < attributes.size(); ++i) {
        const Name& name = attributes[i].name;
        for (std::size_t j = 0; j < i; ++j) {
            const Name& other = attributes[j].name;
            if (name.local == other.local && name.space == other.space) return true;
        }
    }
    return false;
}

}  // namespace

void Resolver::restart(std::size_t limit) {
    limit_ = limit;
    bindings_.release(Bindings::kPredeclared);
    last_id_ = kLastFixedId;
    unescaped_.clear();
}

const char* Resolver::open(Name& element, Attributes& attributes) {
    const auto resolve = [this](Name& name) {
        const auto space = bindings_.find(name.prefix);
        if (space) name.space = *space;
        return space.has_value();
    };
    constexpr const char* kDuplicate = "reginfo: duplicate attribute";
    const auto is_plain = [](const Attribute& attribute) {
        return attribute.name.prefix.empty() && attribute.name.text != "xmlns";
    };
    if (std::all_of(attributes.begin(), attributes.end(), is_plain)) {
        if (!resolve(element)) return kUnbound;
        return has_duplicate(attributes) ? kDuplicate : nullptr;
    }
    for (Attribute& attribute : attributes) {
        if (!is_declaration(attribute.name)) continue;
        const bool is_default = attribute.name.prefix.empty();
        const auto prefix = is_default ? std::string_view{} : attribute.name.local;
        if (const char* error = declare(prefix, attribute.raw)) return error;
        attribute.name.space = kXmlns;
    }
    if (!resolve(element)) return kUnbound;
    for (Attribute& attribute : attributes) {
        const Name& name = attribute.name;
        if (name.prefix.empty() || name.space == kXmlns) continue;  // no default for attributes
        if (!resolve(attribute.name)) return kUnbound;
    }
    if (has_duplicate(attributes)) return kDuplicate;

    const auto declared =
        std::remove_if(attributes.begin(), attributes.end(), [](const Attribute& attribute) {
            return attribute.name.space == kXmlns;
        });
    attributes.erase(declared, attributes.end());
    return nullptr;
}

const char* Resolver::declare(std::string_view prefix, std::string_view raw) {
    std::string scratch;
    std::string_view uri = attribute_value(raw, scratch);
    if (prefix == "xmlns" || uri == kXmlnsUri || (prefix == "xml") != (uri == kXml.uri)) {
        return "reginfo: reserved namespace";
    }
    if (prefix == "xml") return nullptr;
    if (bindings_.size() > limit_) return over_limit::kNamespaces;
    if (uri.empty()) {
        if (!prefix.empty()) return "reginfo: empty namespace of a prefix";
        bindings_.bind(prefix, kNoNamespace);
        return nullptr;
    }
    if (uri == kReginfo.uri) {
        bindings_.bind(prefix, kReginfo);
    } else if (const auto same = bindings_.find_uri(uri)) {
        bindings_.bind(prefix, *same);
    } else {
        if (uri.data() == scratch.data()) uri = unescaped_.emplace_front(std::move(scratch));
        bindings_.bind(prefix, {++last_id_, uri});
    }
    return nullptr;
}

}  // namespace reginfo::xml

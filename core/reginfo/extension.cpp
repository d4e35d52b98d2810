/// @file

#include "core/reginfo/extension.hpp"

#include "core/reginfo/values.hpp"
#include "core/reginfo/xml_text.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace reginfo {
namespace {

constexpr std::string_view kGruuinfo = "urn:ietf:params:xml:ns:gruuinfo";

bool is_cseq(std::string_view text) { return parse_cseq(text).has_value(); }

/// pub-gruu has the attribute `uri`, temp-gruu also `first-cseq`, and no others.
bool is_gruu(const xml::Attributes& attributes, bool is_temporary) {
    std::string scratch;
    const auto fits = [&](const xml::Attribute& attribute) {
        if (!(attribute.name.space == xml::kNoNamespace)) return false;
        const std::string_view value = xml::trimmed(xml::attribute_value(attribute.raw, scratch));
        if (attribute.name.local == "uri") return is_any_uri(value);
        return is_temporary && attribute.name.local == "first-cseq" && is_cseq(value);
    };
    const std::size_t wanted = is_temporary ? 2 : 1;
    return attributes.size() == wanted && std::all_of(attributes.begin(), attributes.end(), fits);
}

bool is_no_language(const xml::Attribute& attribute) {
    if (!(attribute.name.space == xml::kXml) || attribute.name.local != "lang") return false;
    std::string scratch;
    return !is_language(xml::trimmed(xml::attribute_value(attribute.raw, scratch)));
}

}  // namespace

const char* defect_of_extension(
    const xml::Name& name,
    const xml::Attributes& attributes,
    bool is_empty
) {
    if (name.space == xml::kReginfo) return "reginfo: core element in an extension";
    if (std::any_of(attributes.begin(), attributes.end(), is_no_language)) {
        return "reginfo: xml:lang of extension is no language";
    }
    if (name.space.uri != kGruuinfo) return nullptr;
    const bool is_temporary = name.local == "temp-gruu";
    if (!is_temporary && name.local != "pub-gruu") return nullptr;
    return is_empty && is_gruu(attributes, is_temporary) ? nullptr
                                                         : "reginfo: GRUU is not as RFC 5628 says";
}

}  // namespace reginfo

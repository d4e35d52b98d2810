/// @file
/// Puts a Contact together from the attributes and children of a <contact> element.
#pragma once

#include "core/reginfo/document.hpp"
#include "core/reginfo/fragment.hpp"
#include "core/reginfo/namespaces.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// The attribute of that name without a namespace; nullptr if there is none.
const xml::Attribute* find_attribute(const xml::Attributes& attributes, std::string_view name);

/// Takes the pieces in any order and puts them in the order of Contact. The functions that return
/// a text return nullptr, or the reason for a ReadError. What they are given lies in the document,
/// or in nothing that lasts: then it is kept there.
class ContactBuilder {
public:
    explicit ContactBuilder(TextArena& texts) : texts_(texts) {}

    /// Begins anew.
    void restart();

    const char* read_attributes(const xml::Attributes& attributes, xml::FragmentWriter& fragments);
    /// @param lasts  the text lies in the document
    const char* read_uri(std::string_view text, bool lasts);
    void read_display_name(const xml::Attributes& attributes, std::string_view text);
    void read_unknown_param(const xml::Attributes& attributes, std::string_view text);
    /// To append extension elements to.
    std::string& extensions() { return extensions_; }

    const char* finish(Contact& contact);

private:
    std::string_view kept(std::string_view value);

    TextArena& texts_;
    Contact contact_;
    bool has_uri_ = false;
    std::string attributes_;
    std::string display_name_;
    std::string unknown_params_;
    std::string extensions_;
    std::optional<std::string> instance_;
    std::optional<std::string> reg_id_;
    std::string scratch_;
};

}  // namespace reginfo

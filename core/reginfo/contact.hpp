/// @file
/// Puts a Contact together from the attributes and children of a <contact> element.
#pragma once

#include "core/reginfo/document.hpp"
#include "core/reginfo/fragment.hpp"
#include "core/reginfo/namespaces.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// The attribute of that name without a namespace; nullptr if there is none.
const xml::Attribute* find_attribute(const xml::Attributes& attributes, std::string_view name);

/// Takes the pieces in any order and puts them in the order of Contact. What is odd about one hurts
/// only itself: an attribute or a child that cannot be told is left out, counted in the document,
/// and a contact only if nothing is left that makes it one. What the functions are given lies in
/// the document, or in nothing that lasts: then it is kept there.
class ContactBuilder {
public:
    explicit ContactBuilder(Document& document) : document_(document) {}

    /// Begins anew.
    /// @param text_bytes  the longest text that is taken
    void restart(std::size_t text_bytes);

    /// Returns nullptr, or the reason for a ReadError.
    const char* read_attributes(const xml::Attributes& attributes, xml::FragmentWriter& fragments);
    /// Of several the first counts that is one.
    /// @param lasts  the text lies in the document
    void read_uri(std::string_view text, bool lasts);
    /// A <uri> that has more than text in it, or too much.
    void refuse_uri(const char* reason);
    void read_display_name(const xml::Attributes& attributes, std::string_view text);
    void read_unknown_param(const xml::Attributes& attributes, std::string_view text);
    /// To append extension elements to.
    std::string& extensions() { return extensions_; }

    /// Returns nullptr, or why there is no such contact.
    const char* finish(Contact& contact);

private:
    std::string_view kept(std::string_view value);
    bool is_too_long(const xml::Attribute& attribute);

    Document& document_;
    std::size_t text_bytes_ = 0;
    Contact contact_;
    const char* defect_ = nullptr;      ///< why it is no contact, whatever else is there
    const char* uri_defect_ = nullptr;  ///< why it has no URI, unless another one is there
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

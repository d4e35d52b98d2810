/// @file
/// Builds a Contact from the attributes and children of a <contact> element.
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

/// Takes the pieces in any order, and puts them in the order of Contact. An attribute or a child
/// that cannot be passed on is left out alone, and counted in the document; a contact is left out
/// only if it has no usable address, or neither state nor event. Texts that are not in the document
/// yet are copied into it.
class ContactBuilder {
public:
    explicit ContactBuilder(Document& document) : document_(document) {}

    /// Starts a new contact.
    /// @param text_bytes  the longest text that is accepted
    void restart(std::size_t text_bytes);

    /// Returns nullptr, or the reason for a ReadError.
    const char* read_attributes(const xml::Attributes& attributes, xml::FragmentWriter& fragments);
    /// Of several <uri> elements the first valid one counts.
    /// @param lasts  the text is in the document
    void read_uri(std::string_view text, bool lasts);
    /// For a <uri> that contains elements, or too much text.
    void refuse_uri(const char* reason);
    void read_display_name(const xml::Attributes& attributes, std::string_view text);
    void read_unknown_param(const xml::Attributes& attributes, std::string_view text);
    /// Extension elements are appended here.
    std::string& extensions() { return extensions_; }

    /// Returns nullptr, or the reason why the contact is left out.
    const char* finish(Contact& contact);

private:
    std::string_view kept(std::string_view value);
    bool is_too_long(const xml::Attribute& attribute);

    Document& document_;
    std::size_t text_bytes_ = 0;
    Contact contact_;
    const char* defect_ = nullptr;      ///< why the contact is left out
    const char* uri_defect_ = nullptr;  ///< why the last <uri> is not valid
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

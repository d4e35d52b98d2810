/// @file
/// Writes extensions so that they stand on their own in any reginfo document.
#pragma once

#include "core/reginfo/namespaces.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace reginfo::xml {

/// Appends ` name="value"`, escaped.
void append_attribute(std::string& out, std::string_view name, std::string_view value);

/// Writes elements and attributes of other namespaces, with the prefixes that they had and exactly
/// the declarations that they need. Around them reginfo is the default namespace, and no prefix
/// but `xml` is bound. Compact: an element without content is `<name/>`, a text of nothing but
/// blanks is left out, comments and processing instructions never come here.
class FragmentWriter {
public:
    /// Begins anew, with another document.
    /// @param declaration_bytes  how much the namespace names that it writes may take: a long one,
    ///                           declared once and used everywhere, is repeated at each use
    void restart(std::size_t declaration_bytes);
    /// Begins anew, with another element of it: nothing is declared.
    void restart();

    /// One attribute with its declaration, for the start tag of an element that stands in the
    /// default namespace. False if there are too many declarations.
    bool append_foreign_attribute(std::string& out, const Attribute& attribute);

    /// The start tag. False if there are too many declarations.
    bool open_element(std::string& out, const Name& name, std::span<const Attribute> attributes);
    /// Character data, not escaped: the whole text between two tags.
    static void append_text(std::string& out, std::string_view text);
    /// The end tag of the element that was opened last.
    void close_element(std::string& out);

    /// How many elements are open.
    std::size_t depth() const { return open_.size(); }

private:
    struct Open {
        std::string_view name;
        std::size_t bindings;       ///< to release to
        std::size_t content_start;  ///< in the output
    };

    bool declare(std::string& out, const Name& name);

    std::size_t declaration_bytes_ = 0;
    Bindings written_;
    boost::container::small_vector<Open, 4> open_;
    std::string scratch_;
};

}  // namespace reginfo::xml

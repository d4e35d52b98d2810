/// @file
/// Writes extensions so that they are valid in any reginfo document.
#pragma once

#include "core/reginfo/bindings.hpp"
#include "core/reginfo/namespaces.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace reginfo::xml {

/// Appends ` name="value"`, escaped.
void append_attribute(std::string& out, std::string_view name, std::string_view value);

/// Writes elements and attributes of other namespaces with their prefixes and exactly the
/// declarations that they need. In the document around them reginfo is the default namespace, and
/// no prefix but `xml` is bound. The output is compact: an element without content is `<name/>`,
/// and a text of blanks only is left out. Comments and processing instructions never get here.
class FragmentWriter {
public:
    /// Starts a new document.
    /// @param declaration_bytes  bound for all namespace names written: a long name that was
    /// declared
    ///                           once is repeated at each use
    void restart(std::size_t declaration_bytes);
    /// Starts another element of the same document, with nothing declared.
    void restart();

    /// Appends an attribute with its declaration, for the start tag of an element in the default
    /// namespace. False if there are too many declarations.
    bool append_foreign_attribute(std::string& out, const Attribute& attribute);

    /// Appends the start tag. False if there are too many declarations.
    bool open_element(std::string& out, const Name& name, std::span<const Attribute> attributes);
    /// Appends the whole text between two tags. It is not escaped yet.
    static void append_text(std::string& out, std::string_view text);
    /// Appends the end tag of the innermost open element.
    void close_element(std::string& out);

private:
    struct Open {
        std::string_view name;
        std::size_t bindings;       ///< the size to release bindings to
        std::size_t content_start;  ///< in the output
    };

    bool declare(std::string& out, const Name& name);

    std::size_t declaration_bytes_ = 0;
    Bindings written_;
    boost::container::small_vector<Open, 4> open_;
    std::string scratch_;
};

}  // namespace reginfo::xml

/// @file
/// Writes extensions with the namespace declarations that they need.

#include "core/reginfo/fragment.hpp"

#include "core/reginfo/bindings.hpp"
#include "core/reginfo/writer.hpp"
#include "core/reginfo/xml_text.hpp"

#include <cassert>

namespace reginfo::xml {

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
    out += ' ';
    out += name;
    out += "=\"";
    append_escaped(out, value);
    out += '"';
}

void FragmentWriter::restart(std::size_t declaration_bytes) {
    declaration_bytes_ = declaration_bytes;
    restart();
}

void FragmentWriter::restart() {
    open_.clear();
    written_.release(Bindings::kPredeclared);
    written_.bind({}, kReginfo);
}

bool FragmentWriter::append_foreign_attribute(std::string& out, const Attribute& attribute) {
    if (!attribute.name.prefix.empty() && !declare(out, attribute.name)) return false;
    append_attribute(out, attribute.name.text, attribute_value(attribute.raw, scratch_));
    return true;
}

bool FragmentWriter::open_element(
    std::string& out,
    const Name& name,
    std::span<const Attribute> attributes
) {
    const std::size_t bindings = written_.size();
    out += '<';
    out += name.text;
    if (!declare(out, name)) return false;
    for (const Attribute& attribute : attributes) {
        if (!append_foreign_attribute(out, attribute)) return false;
    }
    out += '>';
    open_.push_back({name.text, bindings, out.size()});
    return true;
}

void FragmentWriter::append_text(std::string& out, std::string_view text) {
    if (text.find_first_not_of(' ') != std::string_view::npos) append_escaped(out, text);
}

void FragmentWriter::close_element(std::string& out) {
    assert(!open_.empty());
    const Open& element = open_.back();
    if (out.size() == element.content_start) {
        out.back() = '/';
        out += '>';
    } else {
        out += "</";
        out += element.name;
        out += '>';
    }
    written_.release(element.bindings);
    open_.pop_back();
}

// Appends the declaration of the prefix, unless it is in force already.
bool FragmentWriter::declare(std::string& out, const Name& name) {
    if (written_.find(name.prefix) == name.space) return true;
    const std::size_t bytes = name.prefix.size() + name.space.uri.size();
    if (bytes > declaration_bytes_) return false;
    declaration_bytes_ -= bytes;

    out += name.prefix.empty() ? " xmlns" : " xmlns:";
    out += name.prefix;
    out += "=\"";
    append_escaped(out, name.space.uri);
    out += '"';
    written_.bind(name.prefix, name.space);
    return true;
}

}  // namespace reginfo::xml

/// @file
/// Walks the tree of RapidXML, which no other file uses. Its exceptions stay here too.

#include "core/reginfo/reader.hpp"

#include "core/reginfo/contact.hpp"
#include "core/reginfo/extension.hpp"
#include "core/reginfo/fragment.hpp"
#include "core/reginfo/guard.hpp"
#include "core/reginfo/namespaces.hpp"
#include "core/reginfo/reasons.hpp"
#include "core/reginfo/resolver.hpp"
#include "core/reginfo/values.hpp"
#include "core/reginfo/xml_text.hpp"
#include "core/sip/uri.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <string>
#include <utility>

// The nodes of a usual document are on the stack; a larger one uses the heap as well.
#define RAPIDXML_STATIC_POOL_SIZE (16 * 1024)
#include <rapidxml/rapidxml.hpp>

namespace reginfo {
namespace {

constexpr const char* kLongText = "reginfo: text of extension too long";

using Node = rapidxml::xml_node<char>;

// References stay as written: RapidXML loses literal white space, overflows on long character
// references, and accepts malformed references.
constexpr int kParseFlags = rapidxml::parse_non_destructive | rapidxml::parse_no_element_values |
                            rapidxml::parse_validate_closing_tags;

// Room for texts that differ from the body: an estimate.
constexpr std::size_t kMoreTexts = 256;

std::string_view name_of(const rapidxml::xml_base<char>& item) {
    return {item.name(), item.name_size()};
}

std::string_view value_of(const rapidxml::xml_base<char>& item) {
    return {item.value(), item.value_size()};
}

bool is_element(const Node& node) { return node.type() == rapidxml::node_element; }

ReadError error_of(const char* reason) {
    using Kind = ReadError::Kind;
    return {reason, over_limit::is_reason(reason) ? Kind::over_limit : Kind::wrong};
}

// Appends the text from `node` on. Returns the next element; nullptr if there is none.
const Node* append_text_run(std::string& out, const Node* node) {
    for (; node && !is_element(*node); node = node->next_sibling()) {
        xml::append_text(out, value_of(*node), node->type() == rapidxml::node_cdata);
    }
    return node;
}

}  // namespace

// Reads each element once, parents before children. Every bool function sets error_ and returns
// false on an error.
class DocumentReader::Walk {
public:
    boost::system::result<Document*, ReadError> read(
        std::string_view body,
        const ReaderLimits& limits,
        std::string_view uri
    );

private:
    void restart(const ReaderLimits& limits, std::string_view uri, std::size_t bytes);
    bool check(const char* error) {
        if (error) error_ = error;
        return error == nullptr;
    }

    bool open(const Node& element);
    template <class Visit>
    bool visit_children(const Node& parent, Visit visit);

    bool read_root(const Node& root);
    bool read_registration(const Node& element);
    const char* read_registration_attributes(Registration& registration);
    bool read_contact(const Node& element, Registration& registration);
    bool read_child(const Node& element);
    bool read_text(const Node& element);
    bool has_long_attribute() const;
    bool text_lasts() const { return text_.data() != text_buffer_.data(); }
    bool append_extension(std::string& out, const Node& top);
    bool check_ignored(const Node& element);

    ReaderLimits limits_;
    std::string_view uri_;
    Document document_;
    const char* error_ = nullptr;
    xml::Resolver resolver_;
    xml::FragmentWriter fragments_;
    xml::Name name_;                     ///< of the last opened element
    xml::Attributes attributes_;         ///< of the last opened element, without declarations
    std::string_view text_;              ///< the result of the last read_text
    const char* text_defect_ = nullptr;  ///< why text_ is not valid
    std::string text_buffer_;            ///< has text_ if that differs from the document
    std::string scratch_;
    ContactBuilder builder_{document_};
};

bool DocumentReader::Walk::open(const Node& element) {
    name_ = xml::Name(name_of(element));
    attributes_.clear();
    for (const auto* item = element.first_attribute(); item; item = item->next_attribute()) {
        attributes_.push_back({xml::Name(name_of(*item)), value_of(*item)});
    }
    return check(resolver_.open(name_, attributes_));
}

// Opens each child element, and calls `visit` with it.
template <class Visit>
bool DocumentReader::Walk::visit_children(const Node& parent, Visit visit) {
    for (const Node* child = parent.first_node(); child; child = child->next_sibling()) {
        if (!is_element(*child)) continue;
        const std::size_t mark = resolver_.mark();
        if (!open(*child) || !visit(*child)) return false;
        resolver_.close(mark);
    }
    return true;
}

bool DocumentReader::Walk::read_root(const Node& root) {
    if (!open(root)) return false;
    if (!name_.is_core("reginfo")) {
        return check("reginfo: root element is not {urn:ietf:params:xml:ns:reginfo}reginfo");
    }
    const xml::Attribute* const state = find_attribute(attributes_, "state");
    if (!state) return check("reginfo: missing attribute state of reginfo");
    const std::string_view value = xml::attribute_value(state->raw, scratch_);
    document_.full = value == "full";
    if (!document_.full && value != "partial") {
        return check("reginfo: attribute state of reginfo is neither full nor partial");
    }
    const bool is_read = visit_children(root, [this](const Node& child) {
        return name_.is_core("registration") ? read_registration(child) : check_ignored(child);
    });
    if (!is_read) return false;
    if (!document_.registrations.empty()) return true;
    return check(document_.left_out.any() ? document_.left_out.reason : "reginfo: no registration");
}

bool DocumentReader::Walk::read_registration(const Node& element) {
    if (document_.registrations.size() >= limits_.registrations) {
        return check(over_limit::kRegistrations);
    }
    Registration& registration = document_.registrations.emplace_back();
    if (const char* why = read_registration_attributes(registration)) {
        document_.registrations.pop_back();
        document_.left_out.add(&LeftOutOf::registrations, why);
        return check_ignored(element);
    }
    std::string extensions;
    const bool is_read = visit_children(element, [&](const Node& child) {
        if (name_.is_core("contact")) {
            if (registration.contacts.size() >= limits_.contacts) {
                return check(over_limit::kContacts);
            }
            return read_contact(child, registration);
        }
        if (name_.is_foreign()) return append_extension(extensions, child);
        return check_ignored(child);
    });
    registration.extensions_xml = document_.texts.keep(extensions);
    return is_read;
}

// Returns nullptr, or the reason why the registration is left out. A state that is missing or not
// in RFC 3680 is accepted: the state follows from the contacts.
const char* DocumentReader::Walk::read_registration_attributes(Registration& registration) {
    const xml::Attribute* const aor = find_attribute(attributes_, "aor");
    if (!aor) return "reginfo: missing attribute aor of registration";
    if (aor->raw.size() > limits_.text_bytes) return "reginfo: aor of registration too long";
    const std::string_view name = xml::attribute_value(aor->raw, scratch_);
    const bool lasts = name.data() == aor->raw.data();
    registration.aor = xml::trimmed(lasts ? name : document_.texts.keep(name));
    const bool is_known = !uri_.empty() && registration.aor == uri_;
    const bool is_address =
        is_known || sip::parse_uri(registration.aor) || is_any_uri(registration.aor);
    if (!is_address) return "reginfo: attribute aor of registration is not a URI";
    if (const xml::Attribute* const state = find_attribute(attributes_, "state")) {
        const auto value = parse_registration_state(xml::attribute_value(state->raw, scratch_));
        registration.state = value.value_or(RegistrationState::active);
    }
    return nullptr;
}

bool DocumentReader::Walk::read_contact(const Node& element, Registration& registration) {
    builder_.restart(limits_.text_bytes);
    if (!check(builder_.read_attributes(attributes_, fragments_))) return false;
    if (!visit_children(element, [this](const Node& child) { return read_child(child); })) {
        return false;
    }
    if (const char* why = builder_.finish(registration.contacts.emplace_back())) {
        registration.contacts.pop_back();
        document_.left_out.add(&LeftOutOf::contacts, why);
    }
    return true;
}

// Reads a child of a contact.
bool DocumentReader::Walk::read_child(const Node& element) {
    const bool is_uri = name_.is_core("uri");
    const bool is_display_name = !is_uri && name_.is_core("display-name");
    if (!is_uri && !is_display_name && !name_.is_core("unknown-param")) {
        if (name_.is_foreign()) return append_extension(builder_.extensions(), element);
        return check_ignored(element);
    }
    if (!read_text(element)) return false;
    if (is_uri) {
        if (text_defect_) {
            builder_.refuse_uri(text_defect_);
        } else {
            builder_.read_uri(text_, text_lasts());
        }
    } else if (text_defect_) {
        document_.left_out.add(&LeftOutOf::details, text_defect_);
    } else if (is_display_name) {
        builder_.read_display_name(attributes_, text_);
    } else {
        builder_.read_unknown_param(attributes_, text_);
    }
    return true;
}

bool DocumentReader::Walk::read_text(const Node& element) {
    text_defect_ = nullptr;
    const Node* const node = element.first_node();
    if (node && !node->next_sibling() && !is_element(*node) &&
        xml::is_plain_text(value_of(*node))) {
        text_ = value_of(*node);
    } else {
        text_buffer_.clear();
        const Node* const element_in_it = append_text_run(text_buffer_, node);
        text_ = text_buffer_;
        if (element_in_it) {
            text_defect_ = "reginfo: element in a uri, display-name or unknown-param";
            return check_ignored(element);
        }
    }
    if (text_.size() > limits_.text_bytes) text_defect_ = "reginfo: text of contact too long";
    return true;
}

bool DocumentReader::Walk::has_long_attribute() const {
    return std::any_of(
        attributes_.begin(),
        attributes_.end(),
        [this](const xml::Attribute& attribute) {
            return attribute.raw.size() > limits_.text_bytes;
        }
    );
}

// Appends `top`, which is the last opened element, with all that is in it. Not recursive: the open
// elements of fragments_ are the levels. An extension is left out whole if a text in it is too
// long, or if its schema does not allow it.
bool DocumentReader::Walk::append_extension(std::string& out, const Node& top) {
    const std::size_t begin = out.size();
    const char* defect = nullptr;
    const auto look_at = [&](const Node& element) {
        if (has_long_attribute()) defect = kLongText;
        if (!defect) defect = defect_of_extension(name_, attributes_, !element.first_node());
    };
    look_at(top);
    struct Level {
        const Node* next;
        std::size_t mark;  ///< the mark of resolver_ to go back to at the end of the element
    };
    fragments_.restart();
    if (!fragments_.open_element(out, name_, attributes_)) return check(over_limit::kDeclarations);
    boost::container::small_vector<Level, 8> levels{{top.first_node(), resolver_.mark()}};

    while (!levels.empty()) {
        Level& level = levels.back();
        const Node* const node = level.next;
        if (!node) {
            fragments_.close_element(out);
            resolver_.close(level.mark);
            levels.pop_back();
        } else if (!is_element(*node)) {
            text_buffer_.clear();
            level.next = append_text_run(text_buffer_, node);
            if (text_buffer_.size() > limits_.text_bytes) defect = kLongText;
            xml::FragmentWriter::append_text(out, text_buffer_);
        } else {
            level.next = node->next_sibling();
            const std::size_t mark = resolver_.mark();
            if (!open(*node)) return false;
            look_at(*node);
            if (!fragments_.open_element(out, name_, attributes_)) {
                return check(over_limit::kDeclarations);
            }
            levels.push_back({node->first_node(), mark});
        }
    }
    if (defect) {
        out.resize(begin);
        document_.left_out.add(&LeftOutOf::details, defect);
    }
    return true;
}

// An unknown element is no error (RFC 3680 §5.2), but the prefixes in it must be bound.
bool DocumentReader::Walk::check_ignored(const Node& element) {
    std::string ignored;
    const LeftOutOf before = document_.left_out;
    if (!append_extension(ignored, element)) return false;
    document_.left_out = before;
    return true;
}

void DocumentReader::Walk::restart(
    const ReaderLimits& limits,
    std::string_view uri,
    std::size_t bytes
) {
    limits_ = limits;
    uri_ = uri;
    document_.registrations.clear();
    document_.left_out = {};
    document_.texts.restart(2 * bytes + kMoreTexts);
    resolver_.restart(limits.namespaces);
    fragments_.restart(limits.bytes);
}

boost::system::result<Document*, ReadError> DocumentReader::Walk::read(
    std::string_view body,
    const ReaderLimits& limits,
    std::string_view uri
) {
    if (body.size() > limits.bytes) return ReadError{over_limit::kBody, ReadError::Kind::too_large};
    restart(limits, uri, body.size());
    char* const text = document_.texts.keep_terminated(body);
    if (const char* error = xml::check_document({text, body.size()}, limits)) {
        return error_of(error);
    }

    rapidxml::xml_document<char> tree;
    try {
        tree.parse<kParseFlags>(text);
    } catch (const rapidxml::parse_error& error) {
        return ReadError{std::string("reginfo: ") + error.what()};
    }
    if (!read_root(*tree.first_node())) return error_of(error_);
    return &document_;
}

DocumentReader::DocumentReader() : walk_(std::make_unique<Walk>()) {}
DocumentReader::~DocumentReader() = default;

boost::system::result<Document*, ReadError> DocumentReader::read(
    std::string_view body,
    const ReaderLimits& limits,
    std::string_view uri
) {
    return walk_->read(body, limits, uri);
}

boost::system::result<Document, ReadError> read_document(
    std::string_view body,
    const ReaderLimits& limits
) {
    DocumentReader reader;
    const auto document = reader.read(body, limits);
    if (!document) return document.error();
    return std::move(**document);
}

}  // namespace reginfo

/// @file
/// The attributes and children of <contact> (RFC 3680 §5.4).

#include "core/reginfo/contact.hpp"

#include "core/reginfo/values.hpp"
#include "core/reginfo/writer.hpp"
#include "core/reginfo/xml_text.hpp"
#include "core/sip/grammar.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/uri.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace reginfo {
namespace {

// Those from q on are passed on, in this order.
constexpr std::array<std::string_view, 11> kNames = {
    "state",
    "event",
    "expires",
    "retry-after",
    "duration-registered",
    "q",
    "callid",
    "cseq",
    "received",
    "path",
    "user_agent",
};

// Of the attributes of one contact, as a registrar writes them.
constexpr std::size_t kUsualBytes = 256;

using KnownAttributes = std::array<const xml::Attribute*, kNames.size()>;

// Where the attribute is in KnownAttributes.
consteval std::size_t at(std::string_view name) {
    const auto found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) throw "no such name";
    return static_cast<std::size_t>(found - kNames.begin());
}

KnownAttributes find_known(const xml::Attributes& attributes) {
    KnownAttributes known{};
    for (const xml::Attribute& attribute : attributes) {
        if (!(attribute.name.space == xml::kNoNamespace)) continue;
        const auto name = std::find(kNames.begin(), kNames.end(), attribute.name.local);
        if (name != kNames.end()) {
            known[static_cast<std::size_t>(name - kNames.begin())] = &attribute;
        }
    }
    return known;
}

// Empty as well if the attribute is absent.
std::string_view value_of(const xml::Attribute* attribute, std::string& scratch) {
    return attribute ? xml::attribute_value(attribute->raw, scratch) : std::string_view{};
}

const char* read_values(const KnownAttributes& known, Contact& contact, std::string& scratch) {
    if (!known[at("state")]) return "reginfo: missing attribute state of contact";
    const std::string_view state = value_of(known[at("state")], scratch);
    contact.active = state == "active";
    if (!contact.active && state != "terminated") {
        return "reginfo: attribute state of contact is neither active nor terminated";
    }
    if (!known[at("event")]) return "reginfo: missing attribute event of contact";
    const auto event = parse_contact_event(value_of(known[at("event")], scratch));
    if (!event) return "reginfo: unknown event of contact";
    contact.event = *event;

    const auto seconds_of = [&](std::size_t name) {
        return parse_seconds(value_of(known[name], scratch));
    };
    contact.expires = seconds_of(at("expires"));
    contact.retry_after = seconds_of(at("retry-after"));
    contact.duration_registered = seconds_of(at("duration-registered"));
    return nullptr;
}

// A q and a cseq that are none are left out.
void pass_on_known(
    const KnownAttributes& known,
    Contact& contact,
    std::string& out,
    std::string& scratch
) {
    for (std::size_t i = at("q"); i < known.size(); ++i) {
        if (!known[i]) continue;
        std::string_view value = value_of(known[i], scratch);
        switch (i) {
            case at("q"):
                value = xml::trimmed(value);
                if (!is_qvalue(value)) continue;
                break;
            case at("cseq"):
                value = xml::trimmed(value);
                contact.cseq = parse_cseq(value);
                if (!contact.cseq) continue;
                break;
            default:
                break;
        }
        xml::append_attribute(out, kNames[i], value);
    }
}

const char* pass_on_foreign(
    const xml::Attributes& attributes,
    xml::FragmentWriter& fragments,
    std::string& out
) {
    fragments.restart();
    for (const xml::Attribute& attribute : attributes) {
        if (!attribute.name.is_foreign()) continue;
        if (!fragments.append_foreign_attribute(out, attribute)) return xml::kTooManyDeclarations;
    }
    return nullptr;
}

// Of equal URNs one (RFC 5626 §4.1, RFC 9562 §4), with quotes, which some leave out.
std::string normal_instance(std::string_view instance) {
    constexpr std::string_view kUuid = "<urn:uuid:";
    if (instance.size() > 1 && instance.starts_with('"') && instance.ends_with('"')) {
        instance = instance.substr(1, instance.size() - 2);
    }
    std::string normal = "\"";
    const bool is_uuid = sip::equal_ignoring_case(instance.substr(0, kUuid.size()), kUuid);
    for (const char c : instance) normal += is_uuid ? sip::lower(c) : c;
    return normal += '"';
}

// Blanks are in no URI, and the length says where the reg-id ends, whatever is in it.
std::string instance_identity(std::string_view instance, std::string_view reg_id) {
    std::string identity = "instance ";
    identity += std::to_string(reg_id.size());
    identity += ' ';
    identity += reg_id;
    identity += ' ';
    identity += normal_instance(instance);
    return identity;
}

}  // namespace

const xml::Attribute* find_attribute(const xml::Attributes& attributes, std::string_view name) {
    const auto found =
        std::find_if(attributes.begin(), attributes.end(), [name](const xml::Attribute& attribute) {
            return attribute.name.local == name && attribute.name.space == xml::kNoNamespace;
        });
    return found == attributes.end() ? nullptr : &*found;
}

void ContactBuilder::restart() {
    contact_ = {};
    has_uri_ = false;
    for (std::string* text : {&attributes_, &display_name_, &unknown_params_, &extensions_}) {
        text->clear();
    }
    instance_.reset();
    reg_id_.reset();
}

/// What references were replaced in lies in `scratch_`, else in the document.
std::string_view ContactBuilder::kept(std::string_view value) {
    return value.data() == scratch_.data() ? texts_.keep(value) : value;
}

const char* ContactBuilder::read_attributes(
    const xml::Attributes& attributes,
    xml::FragmentWriter& fragments
) {
    const KnownAttributes known = find_known(attributes);
    if (const char* error = read_values(known, contact_, scratch_)) return error;
    contact_.callid = kept(value_of(known[at("callid")], scratch_));
    attributes_.reserve(kUsualBytes);
    pass_on_known(known, contact_, attributes_, scratch_);
    return pass_on_foreign(attributes, fragments, attributes_);
}

const char* ContactBuilder::read_uri(std::string_view text, bool lasts) {
    if (std::exchange(has_uri_, true)) return "reginfo: more than one uri in contact";
    const std::string_view uri = xml::trimmed(text);
    if (uri.empty()) return "reginfo: empty uri of contact";
    const auto parsed = sip::parse_uri(uri);
    if (!parsed) return "reginfo: uri of contact is not a URI";
    contact_.uri = lasts ? uri : texts_.keep(uri);
    scratch_.clear();
    sip::append_canonical_contact(scratch_, uri, *parsed);
    contact_.identity = scratch_ == uri ? contact_.uri : texts_.keep(scratch_);
    contact_.uri_xml = kept(escaped(contact_.uri, scratch_));
    return nullptr;
}

// An empty one is left out, as there are watchers that crash on it; of several the first counts.
void ContactBuilder::read_display_name(const xml::Attributes& attributes, std::string_view text) {
    const std::string_view name = xml::trimmed(text);
    if (name.empty() || !display_name_.empty()) return;
    display_name_ = "<display-name";
    for (const xml::Attribute& attribute : attributes) {
        if (!(attribute.name.space == xml::kXml) || attribute.name.local != "lang") continue;
        const std::string_view language = xml::attribute_value(attribute.raw, scratch_);
        xml::append_attribute(display_name_, attribute.name.text, language);
    }
    display_name_ += '>';
    append_escaped(display_name_, name);
    display_name_ += "</display-name>";
}

// One without a name says nothing.
void ContactBuilder::read_unknown_param(const xml::Attributes& attributes, std::string_view text) {
    const xml::Attribute* const attribute = find_attribute(attributes, "name");
    if (!attribute) return;
    const std::string_view name = xml::trimmed(xml::attribute_value(attribute->raw, scratch_));
    if (name.empty()) return;
    const std::string_view value = xml::trimmed(text);
    unknown_params_ += "<unknown-param";
    xml::append_attribute(unknown_params_, "name", name);
    unknown_params_ += '>';
    append_escaped(unknown_params_, value);
    unknown_params_ += "</unknown-param>";
    if (!instance_ && sip::equal_ignoring_case(name, "+sip.instance")) instance_ = value;
    if (!reg_id_ && sip::equal_ignoring_case(name, "reg-id")) reg_id_ = value;
}

const char* ContactBuilder::finish(Contact& contact) {
    if (!has_uri_) return "reginfo: missing uri of contact";
    if (instance_ && reg_id_) {
        contact_.identity = texts_.keep(instance_identity(*instance_, *reg_id_));
    }
    contact_.attributes_xml = texts_.keep(attributes_);
    display_name_ += unknown_params_;
    display_name_ += extensions_;
    contact_.children_xml = texts_.keep(display_name_);
    contact = contact_;
    return nullptr;
}

}  // namespace reginfo

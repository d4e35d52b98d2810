/// @file
/// The attributes and children of <contact> (RFC 3680 §5.4).

#include "core/reginfo/contact.hpp"

#include "core/base/ascii.hpp"
#include "core/reginfo/reasons.hpp"
#include "core/reginfo/values.hpp"
#include "core/reginfo/writer.hpp"
#include "core/reginfo/xml_text.hpp"
#include "core/sip/grammar.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/uri.hpp"
#include "core/sip/uri_comparison.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace reginfo {
namespace {

// The attributes from q on are passed on in this order, those of the schema first.
constexpr std::array<std::string_view, 11> kAttributeNames = {
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

// The usual size of the attributes of one contact.
constexpr std::size_t kUsualBytes = 256;

using KnownAttributes = std::array<const xml::Attribute*, kAttributeNames.size()>;

// The index of the attribute in KnownAttributes.
consteval std::size_t at(std::string_view name) {
    const auto found = std::find(kAttributeNames.begin(), kAttributeNames.end(), name);
    if (found == kAttributeNames.end()) throw "no such name";
    return static_cast<std::size_t>(found - kAttributeNames.begin());
}

KnownAttributes find_known(const xml::Attributes& attributes) {
    KnownAttributes known{};
    for (const xml::Attribute& attribute : attributes) {
        if (!(attribute.name.space == xml::kNoNamespace)) continue;
        const auto name =
            std::find(kAttributeNames.begin(), kAttributeNames.end(), attribute.name.local);
        if (name != kAttributeNames.end()) {
            known[static_cast<std::size_t>(name - kAttributeNames.begin())] = &attribute;
        }
    }
    return known;
}

// Whether the event leads to the state active (RFC 3680 §5.3.2).
bool leads_to_active(ContactEvent event) {
    switch (event) {
        case ContactEvent::registered:
        case ContactEvent::created:
        case ContactEvent::refreshed:
        case ContactEvent::shortened:
            return true;
        case ContactEvent::expired:
        case ContactEvent::deactivated:
        case ContactEvent::probation:
        case ContactEvent::unregistered:
        case ContactEvent::rejected:
        case ContactEvent::terminated:
            return false;
    }
    return false;
}

// The value of the attribute; empty if it is absent.
std::string_view value_of(const xml::Attribute* attribute, std::string& scratch) {
    return attribute ? xml::attribute_value(attribute->raw, scratch) : std::string_view{};
}

// If state or event is missing or not in RFC 3680, it follows from the other one.
const char* read_values(const KnownAttributes& known, Contact& contact, std::string& scratch) {
    const std::string_view state = value_of(known[at("state")], scratch);
    const bool is_active = state == "active";
    const bool has_state = is_active || state == "terminated";
    const auto event = parse_contact_event(value_of(known[at("event")], scratch));
    if (!has_state && !event) return "reginfo: neither state nor event of contact is known";
    contact.active = has_state ? is_active : leads_to_active(*event);
    contact.event =
        event.value_or(is_active ? ContactEvent::registered : ContactEvent::unregistered);

    const auto seconds_of = [&](std::size_t name) {
        return parse_seconds(value_of(known[name], scratch));
    };
    contact.expires = seconds_of(at("expires"));
    contact.retry_after = seconds_of(at("retry-after"));
    contact.duration_registered = seconds_of(at("duration-registered"));
    return nullptr;
}

// A malformed q or cseq is left out.
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
        xml::append_attribute(out, kAttributeNames[i], value);
    }
}

// The same text for equal URNs (RFC 5626 §4.1, RFC 9562 §4), with quotes: some peers omit them.
std::string normal_instance(std::string_view instance) {
    constexpr std::string_view kUuid = "<urn:uuid:";
    if (instance.size() > 1 && instance.starts_with('"') && instance.ends_with('"')) {
        instance = instance.substr(1, instance.size() - 2);
    }
    std::string normal = "\"";
    const bool is_uuid = equal_ignoring_case(instance.substr(0, kUuid.size()), kUuid);
    for (const char c : instance) normal += is_uuid ? lower(c) : c;
    return normal += '"';
}

// The beginning of an identity that is not the URI. No URI of RFC 3261 contains a blank.
constexpr std::string_view kInstance = "instance ";
constexpr std::string_view kText = "text ";

// The length of the reg-id makes the text unambiguous, whatever the reg-id contains.
std::string instance_identity(std::string_view instance, std::string_view reg_id) {
    std::string identity(kInstance);
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

void ContactBuilder::restart(std::size_t text_bytes) {
    text_bytes_ = text_bytes;
    contact_ = {};
    defect_ = nullptr;
    uri_defect_ = nullptr;
    has_uri_ = false;
    for (std::string* text : {&attributes_, &display_name_, &unknown_params_, &extensions_}) {
        text->clear();
    }
    instance_.reset();
    reg_id_.reset();
}

/// A value with replaced references is in `scratch_`, and is copied. Others are in the document.
std::string_view ContactBuilder::kept(std::string_view value) {
    return value.data() == scratch_.data() ? document_.texts.keep(value) : value;
}

bool ContactBuilder::is_too_long(const xml::Attribute& attribute) {
    if (attribute.raw.size() <= text_bytes_) return false;
    document_.left_out.add(&LeftOutOf::details, "reginfo: attribute value too long");
    return true;
}

const char* ContactBuilder::read_attributes(
    const xml::Attributes& attributes,
    xml::FragmentWriter& fragments
) {
    KnownAttributes known = find_known(attributes);
    for (const xml::Attribute*& attribute : known) {
        if (!attribute || !is_too_long(*attribute)) continue;
        // Without its Call-ID the contact would be another registration.
        if (attribute == known[at("callid")]) defect_ = "reginfo: callid of contact too long";
        attribute = nullptr;
    }
    if (const char* why = read_values(known, contact_, scratch_)) defect_ = why;
    contact_.callid = kept(value_of(known[at("callid")], scratch_));
    attributes_.reserve(kUsualBytes);
    pass_on_known(known, contact_, attributes_, scratch_);

    fragments.restart();
    for (const xml::Attribute& attribute : attributes) {
        if (!attribute.name.is_foreign() || is_too_long(attribute)) continue;
        if (!fragments.append_foreign_attribute(attributes_, attribute)) {
            return over_limit::kDeclarations;
        }
    }
    return nullptr;
}

void ContactBuilder::refuse_uri(const char* reason) {
    if (!uri_defect_) uri_defect_ = reason;
}

void ContactBuilder::read_uri(std::string_view text, bool lasts) {
    if (has_uri_) return;
    const std::string_view uri = xml::trimmed(text);
    if (uri.empty()) return refuse_uri("reginfo: empty uri of contact");
    const auto parsed = sip::parse_uri(uri);
    if (!parsed && !is_any_uri(uri)) return refuse_uri("reginfo: uri of contact is not a URI");
    has_uri_ = true;
    contact_.uri = lasts ? uri : document_.texts.keep(uri);
    if (parsed) {
        scratch_.clear();
        sip::append_canonical_contact(scratch_, uri, *parsed);
        contact_.identity = scratch_ == uri ? contact_.uri : document_.texts.keep(scratch_);
    } else if (uri.starts_with(kInstance) || uri.starts_with(kText)) {
        contact_.identity = document_.texts.keep(std::string(kText).append(uri));
    } else {
        contact_.identity = contact_.uri;
    }
    contact_.uri_xml = kept(escaped(contact_.uri, scratch_));
}

// An empty display-name is left out: some watchers crash on it. Of several the first counts.
void ContactBuilder::read_display_name(const xml::Attributes& attributes, std::string_view text) {
    const std::string_view name = xml::trimmed(text);
    if (name.empty() || !display_name_.empty()) return;
    display_name_ = "<display-name";
    for (const xml::Attribute& attribute : attributes) {
        if (!(attribute.name.space == xml::kXml) || attribute.name.local != "lang") continue;
        if (is_too_long(attribute)) continue;
        const std::string_view language =
            xml::trimmed(xml::attribute_value(attribute.raw, scratch_));
        if (!is_language(language)) continue;
        xml::append_attribute(display_name_, attribute.name.text, language);
    }
    display_name_ += '>';
    append_escaped(display_name_, name);
    display_name_ += "</display-name>";
}

// An unknown-param without a name has no meaning and is left out.
void ContactBuilder::read_unknown_param(const xml::Attributes& attributes, std::string_view text) {
    const xml::Attribute* const attribute = find_attribute(attributes, "name");
    if (!attribute || is_too_long(*attribute)) return;
    const std::string_view name = xml::trimmed(xml::attribute_value(attribute->raw, scratch_));
    if (name.empty()) return;
    const std::string_view value = xml::trimmed(text);
    unknown_params_ += "<unknown-param";
    xml::append_attribute(unknown_params_, "name", name);
    unknown_params_ += '>';
    append_escaped(unknown_params_, value);
    unknown_params_ += "</unknown-param>";
    if (!instance_ && equal_ignoring_case(name, "+sip.instance")) instance_ = value;
    if (!reg_id_ && equal_ignoring_case(name, "reg-id")) reg_id_ = value;
}

const char* ContactBuilder::finish(Contact& contact) {
    if (defect_) return defect_;
    if (!has_uri_) return uri_defect_ ? uri_defect_ : "reginfo: missing uri of contact";
    if (instance_ && reg_id_) {
        contact_.identity = document_.texts.keep(instance_identity(*instance_, *reg_id_));
    }
    contact_.attributes_xml = document_.texts.keep(attributes_);
    display_name_ += unknown_params_;
    display_name_ += extensions_;
    contact_.children_xml = document_.texts.keep(display_name_);
    contact = contact_;
    return nullptr;
}

}  // namespace reginfo

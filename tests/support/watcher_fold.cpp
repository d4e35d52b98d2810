/// @file

#include "tests/support/watcher_fold.hpp"

#include <rapidxml/rapidxml.hpp>

#include <charconv>
#include <exception>
#include <vector>

namespace reginfo::test {
namespace {

using Node = rapidxml::xml_node<>;

std::string text_of(const rapidxml::xml_base<>& node) { return {node.value(), node.value_size()}; }

std::string attribute_of(const Node& node, const char* name) {
    const auto* attribute = node.first_attribute(name);
    return attribute ? text_of(*attribute) : "";
}

std::optional<ToldContact> read_contact(const Node& node) {
    ToldContact contact;
    for (auto* at = node.first_attribute(); at; at = at->next_attribute()) {
        const auto [it, is_new] =
            contact.attributes.emplace(std::string(at->name(), at->name_size()), text_of(*at));
        if (!is_new) return std::nullopt;
    }
    contact.id = attribute_of(node, "id");
    contact.state = attribute_of(node, "state");
    contact.event = attribute_of(node, "event");
    const Node* uri = node.first_node("uri");
    if (!uri || contact.id.empty() || contact.state.empty() || contact.event.empty()) {
        return std::nullopt;
    }
    contact.uri = text_of(*uri);
    return contact;
}

std::optional<ToldDocument> read_root(const Node& root) {
    const Node* registration = root.first_node("registration");
    if (!registration || registration->next_sibling("registration")) return std::nullopt;
    ToldDocument told;
    const std::string version = attribute_of(root, "version");
    std::from_chars(version.data(), version.data() + version.size(), told.version);
    if (std::to_string(told.version) != version) return std::nullopt;
    told.full = attribute_of(root, "state") == "full";
    told.aor = attribute_of(*registration, "aor");
    told.registration_id = attribute_of(*registration, "id");
    told.registration_state = attribute_of(*registration, "state");
    for (auto* node = registration->first_node("contact"); node;
         node = node->next_sibling("contact")) {
        auto contact = read_contact(*node);
        if (!contact) return std::nullopt;
        if (!told.contacts.emplace(contact->uri, *contact).second) return std::nullopt;
    }
    return told;
}

}  // namespace

std::int64_t ToldContact::expires() const {
    const auto at = attributes.find("expires");
    return at == attributes.end() ? -1 : std::stoll(at->second);
}

std::optional<ToldDocument> read_told(std::string_view body) {
    std::vector<char> text(body.begin(), body.end());
    text.push_back('\0');
    rapidxml::xml_document<> xml;
    try {
        xml.parse<rapidxml::parse_validate_closing_tags>(text.data());
    } catch (const std::exception&) {
        return std::nullopt;
    }
    const Node* root = xml.first_node("reginfo");
    return root ? read_root(*root) : std::nullopt;
}

std::string WatcherFold::take(std::string_view body) {
    auto told = read_told(body);
    if (!told) return "not a document: " + std::string(body);
    if (!last_ && !told->full) return "the first document is partial";
    if (version_ && told->version != *version_ + 1) {
        return "version " + std::to_string(told->version) + " after " + std::to_string(*version_);
    }
    version_ = told->version;
    registration_state_ = told->registration_state;
    if (told->full) active_.clear();
    for (const auto& [uri, contact] : told->contacts) {
        if (contact.is_active()) {
            active_[uri] = contact;
        } else {
            active_.erase(uri);
        }
    }
    last_ = std::move(told);
    return "";
}

std::string WatcherFold::uris() const {
    std::string all;
    for (const auto& [uri, contact] : active_) all.append(all.empty() ? "" : " ").append(uri);
    return all;
}

}  // namespace reginfo::test

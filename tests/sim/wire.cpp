/// @file

#include "tests/sim/wire.hpp"

namespace reginfo::sim {
namespace {

/// The value of ` name="value"` in a tag.
std::optional<std::string> attribute(std::string_view tag, const std::string& name) {
    const std::string key = " " + name + "=\"";
    const std::size_t at = tag.find(key);
    if (at == std::string_view::npos) return std::nullopt;
    const std::size_t begin = at + key.size();
    return std::string(tag.substr(begin, tag.find('"', begin) - begin));
}

std::string demand(std::string_view tag, const std::string& name) {
    const auto value = attribute(tag, name);
    if (!value) throw Violation("no attribute " + name + " in " + std::string(tag));
    return *value;
}

}  // namespace

Wire::Wire(std::string_view bytes) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) throw Violation("a message without end of head");
    body = bytes.substr(end + 4);
    std::string_view head = bytes.substr(0, end + 2);
    first_line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(first_line.size() + 2);
    while (!head.empty()) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(line.size() + 2);
        const std::size_t colon = line.find(": ");
        if (colon == std::string_view::npos) throw Violation("header " + std::string(line));
        headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    if (header("Content-Length") != std::to_string(body.size())) {
        throw Violation("Content-Length of " + std::string(bytes));
    }
}

std::string Wire::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (key == name) return value;
    }
    return {};
}

std::string Wire::uri(std::string_view name) const {
    const std::string value = header(name);
    const std::size_t begin = value.find('<') + 1;
    return value.substr(begin, value.find('>') - begin);
}

std::string Wire::param(std::string_view name, std::string_view param) const {
    const std::string value = header(name);
    const std::string key = ";" + std::string(param) + "=";
    const std::size_t at = value.rfind(key);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + key.size();
    return value.substr(begin, value.find_first_of(";>, ", begin) - begin);
}

std::string Wire::method() const {
    const std::string value = header("CSeq");
    return value.substr(value.find(' ') + 1);
}

std::uint32_t Wire::cseq() const { return static_cast<std::uint32_t>(std::stoul(header("CSeq"))); }

Told::Told(const std::string& body) {
    const std::string_view text = body;
    const std::size_t root = text.find("<reginfo ");
    const std::size_t registration = text.find("<registration ");
    if (root == std::string_view::npos || registration == std::string_view::npos) {
        throw Violation("no reginfo document: " + body);
    }
    const std::string_view root_tag = text.substr(root, text.find('>', root) - root);
    version = static_cast<std::uint32_t>(std::stoul(demand(root_tag, "version")));
    full = demand(root_tag, "state") == "full";
    const std::string_view tag =
        text.substr(registration, text.find('>', registration) - registration);
    state = demand(tag, "state");
    if (text.find("<registration ", registration + 1) != std::string_view::npos) {
        throw Violation("two registrations: " + body);
    }

    for (std::size_t at = text.find("<contact "); at != std::string_view::npos;
         at = text.find("<contact ", at + 1)) {
        const std::string_view contact = text.substr(at, text.find("</contact>", at) - at);
        const std::string_view open = contact.substr(0, contact.find('>'));
        ToldContact told;
        told.id = demand(open, "id");
        told.callid = attribute(open, "callid").value_or("");
        if (const auto cseq = attribute(open, "cseq")) {
            told.cseq = static_cast<std::uint32_t>(std::stoul(*cseq));
        }
        told.active = demand(open, "state") == "active";
        const auto expires = attribute(open, "expires");
        if (expires) told.expires = std::stoll(*expires);
        if (told.active != (told.expires != 0)) throw Violation("expires of " + std::string(open));
        const std::size_t uri = contact.find("<uri>") + 5;
        const std::string key(contact.substr(uri, contact.find("</uri>") - uri));
        if (!contacts.emplace(key, told).second) throw Violation("told twice in one: " + body);
    }
}

std::string reginfo_text(const std::string& aor, const Body& body) {
    std::string out =
        "<?xml version=\"1.0\"?>\n<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" "
        "version=\"0\" state=\"";
    out += body.full ? "full" : "partial";
    out += "\"><registration aor=\"" + aor + "\" id=\"0x1\" state=\"active\">";
    for (const Listing& listing : body.listings) {
        out += listing.active ? "<contact id=\"0x2\" state=\"active\" event=\"registered\""
                              : "<contact id=\"0x2\" state=\"terminated\" event=\"unregistered\"";
        if (listing.expires) out += " expires=\"" + std::to_string(listing.expires->count()) + "\"";
        if (!listing.callid.empty()) out += " callid=\"" + listing.callid + "\"";
        if (listing.cseq) out += " cseq=\"" + std::to_string(*listing.cseq) + "\"";
        out += "><uri>" + listing.uri + "</uri></contact>";
    }
    return out + "</registration></reginfo>";
}

std::string response_text(
    const Wire& request,
    int status,
    const std::string& to_tag,
    const std::string& extra
) {
    std::string out = "SIP/2.0 " + std::to_string(status) + " Reason\r\n";
    for (const auto& [name, value] : request.headers) {
        if (name == "Via" || name == "From" || name == "Call-ID" || name == "CSeq") {
            out += name + ": " + value + "\r\n";
        } else if (name == "To") {
            out += "To: " + value;
            if (value.find(";tag=") == std::string::npos) out += ";tag=" + to_tag;
            out += "\r\n";
        }
    }
    return out + extra + "Content-Length: 0\r\n\r\n";
}

}  // namespace reginfo::sim

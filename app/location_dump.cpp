#include "app/location_dump.hpp"

#include "core/event/persistence/location_import.hpp"
#include "core/reginfo/bindings.hpp"
#include "core/reginfo/fragment.hpp"
#include "core/reginfo/writer.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string_view>
#include <utility>

namespace reginfo {
namespace {

using Json = nlohmann::json;

const Json& member(const Json& object, const char* name) {
    if (!object.is_object() || !object.contains(name)) {
        throw DumpError(
            std::string("not a dump of a location table: there is no \"") + name + "\""
        );
    }
    return object[name];
}

const Json& list(const Json& object, const char* name) {
    const Json& found = member(object, name);
    if (!found.is_array()) {
        throw DumpError(std::string("not a dump of a location table: \"") + name + "\" is no list");
    }
    return found;
}

/// A value as text; empty where usrloc has none.
std::string text_of(const Json& contact, const char* name) {
    if (!contact.contains(name)) return "";
    const Json& value = contact[name];
    if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
    if (!value.is_string()) return "";
    const auto text = value.get<std::string>();
    return text == "[not set]" || text == "n/a" ? "" : text;
}

/// As pua_reginfo writes it. Returns false for a contact that is of no use any more.
bool append_contact(std::string& out, const Json& contact, std::size_t number) {
    const std::string address = text_of(contact, "Address");
    const std::string expires = text_of(contact, "Expires");
    const bool permanent = expires == "permanent";
    const bool has_time = !expires.empty() &&
                          expires.find_first_not_of("0123456789") == std::string::npos &&
                          expires.find_first_not_of('0') != std::string::npos;
    if (address.empty() || (!permanent && !has_time)) return false;
    out.append("<contact");
    xml::append_attribute(out, "id", "c" + std::to_string(number));
    xml::append_attribute(out, "state", "active");
    xml::append_attribute(out, "event", "registered");
    if (!permanent) xml::append_attribute(out, "expires", expires);
    const std::string callid = text_of(contact, "Call-ID");
    if (!callid.empty()) xml::append_attribute(out, "callid", callid);
    const std::string cseq = text_of(contact, "CSeq");
    if (!cseq.empty()) xml::append_attribute(out, "cseq", cseq);
    xml::append_attribute(out, "received", text_of(contact, "Received"));
    xml::append_attribute(out, "path", text_of(contact, "Path"));
    xml::append_attribute(out, "user_agent", text_of(contact, "User-Agent"));
    out.append("><uri>");
    append_escaped(out, address);
    out.append("</uri></contact>");
    return true;
}

/// The live contacts of one AOR, of wherever the dump has some.
struct Bindings {
    std::string aor;  ///< as the first of them has it
    std::string contacts;
};

class DumpReader {
public:
    explicit DumpReader(std::string domain) : domain_(std::move(domain)) {}

    void read(const Json& result) {
        for (const Json& entry : list(result, "Domains")) {
            for (const Json& record : list(member(entry, "Domain"), "AoRs")) {
                read_aor(member(record, "Info"));
            }
        }
    }

    LocationDump finish() {
        for (const auto& [key, found] : bindings_) {
            std::string document =
                "<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"0\" state=\"full\">"
                "<registration";
            xml::append_attribute(document, "aor", found.aor);
            document +=
                " id=\"r\" state=\"active\">" + found.contacts + "</registration></reginfo>";
            dump_.documents.emplace(key, std::move(document));
        }
        return std::move(dump_);
    }

private:
    std::string uri_of(const Json& info) const {
        const Json& name = member(info, "AoR");
        if (!name.is_string()) {
            throw DumpError("not a dump of a location table: an \"AoR\" is no text");
        }
        auto aor = name.get<std::string>();
        if (aor.find('@') == std::string::npos) {
            if (domain_.empty()) {
                throw DumpError("AOR \"" + aor + "\" has no domain: say which with --domain");
            }
            aor += "@" + domain_;
        }
        if (aor.find(':') == std::string::npos) aor.insert(0, "sip:");
        return aor;
    }

    void read_aor(const Json& info) {
        std::string aor = uri_of(info);
        std::string contacts;
        for (const Json& entry : list(info, "Contacts")) {
            if (!append_contact(contacts, member(entry, "Contact"), number_++)) ++dump_.expired;
        }
        if (contacts.empty()) return;
        const auto key = aor_key_of(aor);
        if (!key) return dump_.strangers.push_back(std::move(aor));
        Bindings& found = bindings_[*key];
        if (found.aor.empty()) found.aor = std::move(aor);
        found.contacts += contacts;
    }

    std::string domain_;
    std::map<std::string, Bindings> bindings_;
    LocationDump dump_;
    std::size_t number_ = 0;  ///< of contacts
};

Json parsed_dump(const std::string& text) {
    try {
        return Json::parse(text);
    } catch (const Json::parse_error& error) {
        throw DumpError(
            "not a dump of a location table: it is not JSON, from byte " +
            std::to_string(error.byte) +
            " on; take what Kamailio's JSON-RPC answers to ul.dump, "
            "as reginfod(8) says how"
        );
    } catch (const Json::out_of_range&) {
        throw DumpError("not a dump of a location table: it has a number that is too large");
    }
}

}  // namespace

LocationDump read_location_dump(const std::string& json, const std::string& domain) {
    const Json answer = parsed_dump(json);
    if (answer.is_object() && answer.contains("error")) {
        throw DumpError("Kamailio answered with an error: " + answer["error"].dump());
    }
    DumpReader reader(domain);
    reader.read(answer.is_object() && answer.contains("result") ? answer["result"] : answer);
    return reader.finish();
}

}  // namespace reginfo

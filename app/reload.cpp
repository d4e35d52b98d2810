#include "app/reload.hpp"

#include "app/config_keys.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace reginfo {
namespace {

constexpr std::string_view kReloaded[] =
    {"access", "publish", "subscribe", "watchers", "notify", "limits", "drain"};
constexpr std::string_view kToken = "http.token";  // reads as stars
constexpr std::string_view kLevel = "log.level";

bool can_change(const Key& key) {
    const bool by_section =
        std::find(std::begin(kReloaded), std::end(kReloaded), key.section) != std::end(kReloaded);
    return by_section || key.path() == kToken || key.path() == kLevel;
}

bool differs(const Key& key, const Config& a, const Config& b) {
    if (key.path() == kToken) return a.http.token != b.http.token;
    return toml_value(key, a) != toml_value(key, b);
}

struct Copy {
    const Config& from;
    Config& to;

    void operator()(const NumberField& field) const { field.write(to, field.read(from)); }
    void operator()(const TimeField& field) const { field.write(to, field.read(from)); }
    void operator()(const SwitchField& field) const { field.write(to, field.read(from)); }
    void operator()(const TextField& field) const { field.write(to, field.read(from)); }
    void operator()(const ListField& field) const {
        field.clear(to);
        for (const std::string& item : field.read(from)) field.add(to, item);
    }
};

void take(const Key& key, const Config& from, Config& to) {
    if (key.path() == kToken) {
        to.http.token = from.http.token;
    } else {
        std::visit(Copy{from, to}, key.field);
    }
}

}  // namespace

Reload reload(const Config& running, const Config& fresh) {
    Reload result{running, {}, {}};
    for (const Key& key : all_keys()) {
        if (!differs(key, running, fresh)) continue;
        if (can_change(key)) {
            take(key, fresh, result.config);
            result.changed.push_back(key.path());
        } else {
            result.kept.push_back(key.path());
        }
    }
    return result;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(name);
    return text;
}

}  // namespace reginfo

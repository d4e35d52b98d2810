#include "app/ready_report.hpp"

#include "app/config_words.hpp"
#include "app/side_port.hpp"
#include "app/version.hpp"

#include <string_view>

namespace reginfo {
namespace {

using Severity = Note::Severity;

std::string name_of(StorageKind kind) {
    for (const auto& [name, value] : Storages::kValues) {
        if (value == kind) return std::string(name);
    }
    return {};
}

std::string text_of(const ListenerSettings& listener) {
    const std::string_view scheme = listener.transport == Transport::udp ? "udp:" : "tcp:";
    return std::string(scheme) + listener.bound.to_string();
}

}  // namespace

void tell_ready(
    Log& log,
    const Config& config,
    const std::optional<Endpoint>& http,
    const std::string& too_few
) {
    if (!too_few.empty()) log.write(Severity::warning, "few connections", {{"why", too_few}});
    for (const ListenerSettings& listener : config.settings.listeners) {
        const std::string port = std::to_string(listener.advertise_port);
        log.write(
            Severity::info,
            "listening",
            {{"listen", text_of(listener)}, {"advertise", listener.advertise_host + ":" + port}}
        );
    }
    if (http) {
        log.write(Severity::info, "listening", {{"http", http->to_string()}});
        const std::string warning = SidePort::warning_for(config.http);
        if (!warning.empty()) log.write(Severity::warning, "http is open", {{"why", warning}});
    }
    log.write(
        Severity::info,
        "ready",
        {{"version", std::string(version())}, {"storage", name_of(config.storage.kind)}}
    );
}

}  // namespace reginfo

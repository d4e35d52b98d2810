#include "core/event/publish/publish_log.hpp"

#include <string>

namespace reginfo {

void note_left_out(const Request& request, const Document& document, Stats& stats, Outbox& outbox) {
    const LeftOutOf& parts = document.left_out;
    if (!parts.any()) return;
    auto& counters = stats.left_out;
    counters[index_of(LeftOut::contact)] += parts.contacts;
    counters[index_of(LeftOut::registration)] += parts.registrations;
    counters[index_of(LeftOut::detail)] += parts.details;
    const auto counted = [](std::size_t count, const char* what) {
        return count == 0 ? std::string() : what + std::to_string(count);
    };
    outbox.note(
        Note::Severity::warning,
        "parts of a PUBLISH left out",
        parts.reason + counted(parts.contacts, ", contacts: ") +
            counted(parts.registrations, ", registrations: ") +
            counted(parts.details, ", details: ") + ", Request-URI " +
            std::string(request.message.request_uri),
        request.flow
    );
}

TraceId trace_publish(
    Tracer& tracer,
    std::string_view aor,
    const Request& request,
    Outbox& outbox
) {
    if (tracer.size() == 0) return 0;
    const TraceId id = tracer.published(aor);
    const sip::Message& message = request.message;
    std::string line = "PUBLISH received, " + std::to_string(message.body.size()) + " bytes";
    if (const auto tag = message.first(sip::HeaderName::sip_if_match)) {
        line.append(", SIP-If-Match ").append(*tag);
    }
    line.append(", Call-ID ").append(request.call_id);
    line.append(", CSeq ").append(std::to_string(request.cseq.number));
    tracer.log(id, aor, line, request.flow, outbox);
    return id;
}

void trace_in_force(
    Tracer& tracer,
    TraceId id,
    const Aor& aor,
    const InForce& what,
    Outbox& outbox
) {
    if (id == 0) return;
    std::string line = "in force, entity-tag " + tag_text(what.etag).text();
    if (what.visible) {
        tracer.in_force(aor.name, id);
        line += ", makes revision " + std::to_string(aor.revision()) + ", " +
                std::to_string(aor.watcher_count) + " watchers are told";
    } else {
        line += ", changes nothing that watchers see";
    }
    tracer.log(id, aor.name, line, {}, outbox);
}

}  // namespace reginfo

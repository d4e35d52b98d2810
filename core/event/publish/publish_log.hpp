/// @file
/// Lines of the log about PUBLISH requests.
#pragma once

#include "core/base/entity_tag.hpp"
#include "core/event/records/aor.hpp"
#include "core/event/records/tracer.hpp"
#include "core/outbox.hpp"
#include "core/reginfo/document.hpp"
#include "core/stats.hpp"
#include "core/transaction/responder.hpp"

#include <string_view>

namespace reginfo {

/// Notes and counts the parts of a document that are not taken.
void note_left_out(const Request& request, const Document& document, Stats& stats, Outbox& outbox);

/// A PUBLISH for the AOR is carried out. Returns 0 unless the AOR is traced.
TraceId trace_publish(Tracer& tracer, std::string_view aor, const Request& request, Outbox& outbox);

/// What a PUBLISH has come to.
struct InForce {
    EntityTag etag = 0;
    bool visible = false;  ///< it makes a new revision
};

/// What that PUBLISH published is in force.
void trace_in_force(
    Tracer& tracer,
    TraceId id,
    const Aor& aor,
    const InForce& what,
    Outbox& outbox
);

}  // namespace reginfo

/// @file
/// What a PUBLISH asks for.
#pragma once

#include "core/base/entity_tag.hpp"
#include "core/base/time.hpp"
#include "core/event/state/aor_state.hpp"
#include "core/reginfo/document.hpp"
#include "core/reginfo/reader.hpp"
#include "core/settings.hpp"
#include "core/stats.hpp"
#include "core/transaction/reply.hpp"
#include "core/transaction/responder.hpp"

#include <cstddef>
#include <string_view>

namespace reginfo {

/// The header fields and the body of a PUBLISH, checked.
struct PublishRequest {
    EntityTag current = 0;  ///< 0: an initial publication
    Seconds expires{0};
    const Document* document = nullptr;  ///< null in a refresh or a removal; the reader's
    std::size_t own = 0;                 ///< the registration of this AOR
};

/// Reads PUBLISH requests, one after the other in the same memory (RFC 3903 §6, steps 3 to 5).
class PublishReader {
public:
    /// Both must outlive this.
    PublishReader(const Settings& settings, Stats& stats) : settings_(settings), stats_(stats) {}

    /// The result is good until the next call.
    /// Rejects  400 malformed, no body in an initial one, body without this AOR; 412 no such
    ///          publication of this AOR; 413 too large; 415 not reginfo; 423 too brief.
    /// @param name  of the AOR
    Result<PublishRequest> read(
        const Request& request,
        std::string_view name,
        const AorState& state
    );

private:
    const Settings& settings_;
    Stats& stats_;
    DocumentReader reader_;
};

}  // namespace reginfo

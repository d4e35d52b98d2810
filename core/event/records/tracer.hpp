/// @file
/// Follows each PUBLISH of a few chosen AORs in the log: what came of it, which NOTIFYs pass it on,
/// and how those end.
#pragma once

#include "core/base/time.hpp"
#include "core/base/token_source.hpp"
#include "core/outbox.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// Names one PUBLISH of a traced AOR, and all that comes of it; 0 names none.
using TraceId = std::uint64_t;

class Tracer {
public:
    static constexpr std::size_t kMost = 16;       ///< AORs at a time
    static constexpr std::size_t kLines = 20'000;  ///< of one AOR: more end its trace

    /// @param tokens  must outlive this
    explicit Tracer(TokenSource& tokens) : tokens_(tokens) {}

    /// Traces the AOR until then, or from now on until then if it is traced already. Returns
    /// whether there was room for it.
    bool start(TimePoint until, std::string_view aor, Outbox& outbox);
    /// Returns whether it was traced.
    bool stop(std::string_view aor, Outbox& outbox);

    /// A PUBLISH is being carried out. Returns 0 unless its AOR is traced.
    TraceId published(std::string_view aor);
    /// Of the last PUBLISH of that AOR; 0 unless it is traced.
    TraceId latest(std::string_view aor) const;
    /// What that PUBLISH published is in force from now on.
    void in_force(std::string_view aor, TraceId id);
    /// Of the PUBLISH that is in force; 0 unless the AOR is traced.
    TraceId current(std::string_view aor) const;

    /// A line about that PUBLISH; of what is not traced none.
    void log(
        TraceId id,
        std::string_view aor,
        std::string_view what,
        const std::optional<Flow>& flow,
        Outbox& outbox
    );

    std::size_t size() const { return traced_.size(); }
    std::optional<TimePoint> next_deadline() const;
    void expire(TimePoint now, Outbox& outbox);

private:
    struct Traced {
        TimePoint until;
        TraceId latest = 0;
        TraceId current = 0;
        std::size_t lines = 0;
    };

    TokenSource& tokens_;
    std::map<std::string, Traced, std::less<>> traced_;
};

}  // namespace reginfo

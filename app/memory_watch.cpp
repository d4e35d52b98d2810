#include "app/memory_watch.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace reginfo {
namespace {

constexpr std::chrono::seconds kInterval{1};

/// By how much of the limit, as a divisor, what is counted grows at most before the next look: what
/// nobody counts grows with it.
constexpr std::uint64_t kStep = 64;

/// The allocator walks its free lists meanwhile, so it is asked rarely, and only if that may help.
constexpr std::chrono::minutes kTrimInterval{1};

/// What of the process is in memory (proc(5)), in bytes; 0 if it cannot be read.
std::uint64_t resident_memory() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    if (!(file >> size >> resident)) return 0;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void MemoryWatch::turn_ended(TimePoint now) {
    if (is_due(now)) look(now);
}

bool MemoryWatch::is_due(TimePoint now) const {
    if (!looked_ || now - *looked_ >= kInterval) return true;
    const MemoryUse use = access_.engine().inspection().memory();
    return use.limit != 0 && use.counted() + access_.queued() > seen_ + use.limit / kStep;
}

/// What was freed of things that nobody counts is still resident: if that is what keeps new state
/// out, it goes back to the system.
void MemoryWatch::look(TimePoint now) {
    Engine& engine = access_.engine();
    const MemoryUse use = engine.inspection().memory();
    const std::uint64_t queued = access_.queued();
    looked_ = now;
    seen_ = use.counted() + queued;
    const auto uncounted = [&] {
        return queued + meter_.uncounted(use.counted() + queued, resident_memory());
    };
    engine.set_uncounted_memory(uncounted());
    const bool is_short =
        use.limit != 0 && engine.inspection().memory().used() > use.limit / 10 * 9;
    const bool may_help = use.counted() + queued < use.limit / 4 * 3;
    if (!is_short || !may_help || (trimmed_ && now - *trimmed_ < kTrimInterval)) return;
    trimmed_ = now;
    ::malloc_trim(0);
    engine.set_uncounted_memory(uncounted());
}

}  // namespace reginfo

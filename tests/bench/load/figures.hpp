/// @file
/// What a run of the load generator has found.
#pragma once

#include "tests/bench/load/options.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace reginfo::bench {

/// Times in microseconds, all of them kept.
class Latencies {
public:
    void add(double microseconds) { samples_.push_back(static_cast<float>(microseconds)); }
    std::size_t size() const { return samples_.size(); }

    /// @param part  from 0 to 1
    double percentile(double part) {
        if (samples_.empty()) return 0;
        const auto at =
            static_cast<std::ptrdiff_t>(part * static_cast<double>(samples_.size() - 1));
        std::nth_element(samples_.begin(), samples_.begin() + at, samples_.end());
        return static_cast<double>(samples_[static_cast<std::size_t>(at)]);
    }

private:
    std::vector<float> samples_;
};

/// One part of a run: initial publications, subscriptions, changes.
struct Stage {
    std::string name;
    std::uint64_t requests = 0;  ///< PUBLISHes or SUBSCRIBEs, each done to the last NOTIFY
    std::uint64_t notifies = 0;  ///< without repetitions
    double seconds = 0;
    double cpu_seconds = 0;
    std::uint64_t resident_bytes = 0;  ///< at its end
    Latencies latencies;               ///< from the request to the last of its NOTIFYs
};

/// The faults in messages of the server, and the cost of receiving them.
struct Faults {
    std::uint64_t malformed = 0;
    std::uint64_t refused = 0;
    std::uint64_t cseq_gaps = 0;      ///< CSeqs of a dialog that do not grow by one
    std::uint64_t version_gaps = 0;   ///< likewise, versions of its documents
    std::uint64_t old_after_new = 0;  ///< older state after newer
    std::uint64_t ended = 0;          ///< subscriptions that the server ended
    std::uint64_t not_newest = 0;     ///< watchers without the newest state at the end
    std::uint64_t unasked = 0;        ///< messages for no peer here

    std::uint64_t total() const {
        return malformed + refused + cseq_gaps + version_gaps + old_after_new + ended + not_newest +
               unasked;
    }
};

struct Sizes {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;

    void add(std::size_t size) { ++count, bytes += size; }
    std::uint64_t mean() const { return count == 0 ? 0 : bytes / count; }
};

struct Figures {
    std::vector<Stage> stages;
    Faults faults;
    std::uint64_t requests_repeated = 0;  ///< by us, unanswered for T1
    std::uint64_t notifies_repeated = 0;  ///< by the server
    std::uint64_t resident_bytes_empty = 0;
    std::uint64_t resident_bytes_quiet = 0;
    Sizes publish, publish_response, subscribe, subscribe_response, notify, answer;
};

void print_table(Figures& figures);
void write_json(const Options& options, Figures& figures);

}  // namespace reginfo::bench

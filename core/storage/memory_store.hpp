/// @file
/// The store that keeps nothing: every commit is done at once.
#pragma once

#include "core/event/journal.hpp"

#include <utility>

namespace reginfo {

class MemoryStore final : public Journal {
public:
    void on_done(Done done) override { done_ = std::move(done); }
    void commit(Commit commit) override { done_(commit.id, true); }

private:
    Done done_;
};

}  // namespace reginfo

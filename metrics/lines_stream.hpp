/// @file
/// Whole tables as a body, made a step at a time.
#pragma once

#include "metrics/body_stream.hpp"
#include "metrics/list_step.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::metrics {

/// Several tables one after the other, an entry a line.
class LinesStream final : public BodyStream {
public:
    explicit LinesStream(std::vector<ListStep> tables) : tables_(std::move(tables)) {}

    Step next(std::string& out) override;

private:
    std::vector<ListStep> tables_;
    std::size_t table_ = 0;
    std::size_t cursor_ = 0;
};

}  // namespace reginfo::metrics

/// @file
/// A page of a list, made a step at a time.
#pragma once

#include "metrics/body_stream.hpp"
#include "metrics/list_step.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace reginfo::metrics {

/// `{"NAME":[...],"next":CURSOR}`, where next is null at the end of the table.
class PageStream final : public BodyStream {
public:
    /// @param limit  entries of the page; a step may go beyond it
    PageStream(std::string name, std::size_t cursor, std::size_t limit, ListStep step);

    Step next(std::string& out) override;

private:
    std::string name_;
    std::optional<std::size_t> cursor_;
    std::size_t left_;
    ListStep step_;
    bool begun_ = false;
    bool any_ = false;
};

}  // namespace reginfo::metrics

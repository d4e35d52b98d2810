/// @file
/// A long text as a body.
#pragma once

#include "metrics/body_stream.hpp"

#include <cstddef>
#include <string>
#include <utility>

namespace reginfo::metrics {

/// A text that there is, in pieces, so that compressing a long one holds nobody up.
class TextStream final : public BodyStream {
public:
    static constexpr std::size_t kPieceBytes = 65'536;

    explicit TextStream(std::string text) : text_(std::move(text)) {}

    Step next(std::string& out) override;

private:
    std::string text_;
    std::size_t at_ = 0;
};

}  // namespace reginfo::metrics

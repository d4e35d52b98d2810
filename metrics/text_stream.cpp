#include "metrics/text_stream.hpp"

#include <algorithm>

namespace reginfo::metrics {

BodyStream::Step TextStream::next(std::string& out) {
    out.append(text_, at_, kPieceBytes);
    at_ = std::min(at_ + kPieceBytes, text_.size());
    return at_ == text_.size() ? Step::end : Step::more;
}

}  // namespace reginfo::metrics

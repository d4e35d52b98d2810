#include "metrics/list_stream.hpp"

#include <algorithm>
#include <utility>

namespace reginfo::metrics {
namespace {

/// Of entries without contacts. What a step of Inspection::list may weigh bounds it as well: some
/// 20 kB and a few hundred microseconds.
constexpr std::size_t kEntriesPerStep = 32;

}  // namespace

PageStream::PageStream(std::string name, std::size_t cursor, std::size_t limit, ListStep step)
    : name_(std::move(name)), cursor_(cursor), left_(limit), step_(std::move(step)) {}

BodyStream::Step PageStream::next(std::string& out) {
    if (!begun_) out.append("{\"").append(name_).append("\":[");
    begun_ = true;
    std::vector<std::string> entries;
    cursor_ = step_(*cursor_, std::min(left_, kEntriesPerStep), entries);
    for (const std::string& entry : entries) {
        out.append(any_ ? ",\n" : "\n").append(entry);
        any_ = true;
    }
    left_ -= std::min(left_, entries.size());
    if (cursor_ && left_ > 0) return Step::more;
    out.append("],\"next\":");
    cursor_ ? out.append("\"").append(std::to_string(*cursor_)).append("\"") : out.append("null");
    out.append("}\n");
    return Step::end;
}

BodyStream::Step TextStream::next(std::string& out) {
    out.append(text_, at_, kPieceBytes);
    at_ = std::min(at_ + kPieceBytes, text_.size());
    return at_ == text_.size() ? Step::end : Step::more;
}

BodyStream::Step LinesStream::next(std::string& out) {
    if (table_ == tables_.size()) return Step::end;
    std::vector<std::string> entries;
    const auto cursor = tables_[table_](cursor_, kEntriesPerStep, entries);
    for (const std::string& entry : entries) out.append(entry).push_back('\n');
    cursor_ = cursor.value_or(0);
    if (!cursor) ++table_;
    return table_ == tables_.size() ? Step::end : Step::more;
}

}  // namespace reginfo::metrics

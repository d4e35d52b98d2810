#include "metrics/lines_stream.hpp"

namespace reginfo::metrics {

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

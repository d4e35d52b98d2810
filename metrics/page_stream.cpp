#include "metrics/page_stream.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace reginfo::metrics {

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

}  // namespace reginfo::metrics

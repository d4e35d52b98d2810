/// @file
/// Bodies that are made a step at a time: lists, and long texts.
#pragma once

#include "metrics/body_stream.hpp"
#include "metrics/core_access.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace reginfo::metrics {

/// One step through a table: appends entries as JSON text.
/// @param most  entries
/// @return the next cursor; nothing at the end
using ListStep = std::function<std::optional<
    std::size_t>(std::size_t cursor, std::size_t most, std::vector<std::string>& out)>;

/// Through all that Inspection lists as View and that passes the filter.
/// @param write  an entry as JSON
/// @param keep   what else is asked of an entry; empty: nothing
template <class View>
ListStep steps_through(
    const CoreAccess& core,
    const RegistrationFilter& filter,
    std::string (*write)(const View&),
    std::function<bool(const View&)> keep = {}
) {
    return [=](std::size_t from, std::size_t most, std::vector<std::string>& out) {
        Inspection::Step step;
        step.results = most;
        std::vector<View> views;
        const auto next = core.inspection().list(core.now(), from, step, filter, views);
        for (const View& view : views) {
            if (!keep || keep(view)) out.push_back(write(view));
        }
        return next;
    };
}

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

/// @file
/// A queue in one block of memory, which an idle queue gives back.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace reginfo {

/// First in, first out, with a look at any element. Each operation is O(1), amortized. Once empty
/// it keeps room for `Keep` elements at most: a std::deque would hold half a kilobyte in each of
/// very many idle queues.
template <class T, std::size_t Keep>
class Fifo {
public:
    bool empty() const { return begin_ == items_.size(); }
    std::size_t size() const { return items_.size() - begin_; }
    T& operator[](std::size_t index) { return items_[begin_ + index]; }
    const T& operator[](std::size_t index) const { return items_[begin_ + index]; }

    void push(T item) { items_.push_back(std::move(item)); }

    void pop() {
        items_[begin_] = T();
        if (++begin_ == items_.size()) {
            clear();
        } else if (begin_ >= kCompactAt && begin_ * 2 >= items_.size()) {
            items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(begin_));
            begin_ = 0;
        }
    }

    void clear() {
        begin_ = 0;
        items_.clear();
        if (items_.capacity() > Keep) items_.shrink_to_fit();
    }

private:
    static constexpr std::size_t kCompactAt = 64;

    std::vector<T> items_;
    std::size_t begin_ = 0;
};

}  // namespace reginfo

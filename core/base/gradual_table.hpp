/// @file
/// A hash table that grows without a pause.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

namespace reginfo {

/// A boost flat set or map for very many elements. When it is full, it allocates a larger table,
/// and each insertion and removal then moves a few elements over. (A flat table alone moves all at
/// once, and stops the reactor for a quarter of a second at a million elements.) shrink() does the
/// same with a smaller table.
///
/// Elements move: a pointer to one lasts until the next insertion or removal.
///
/// @tparam Table  boost::unordered_flat_set or boost::unordered_flat_map
template <class Table>
class GradualTable {
public:
    using value_type = typename Table::value_type;
    using hasher = typename Table::hasher;
    using key_equal = typename Table::key_equal;

    explicit GradualTable(const hasher& hash = {}, const key_equal& equal = {})
        : table_(0, hash, equal), old_(0, hash, equal), next_(old_.end()) {}

    GradualTable(const GradualTable&) = delete;
    GradualTable& operator=(const GradualTable&) = delete;

    /// nullptr if there is none.
    template <class Key>
    value_type* find(const Key& key) {
        if (const auto at = table_.find(key); at != table_.end()) return pointer_to(*at);
        if (old_.empty()) return nullptr;
        const auto at = old_.find(key);
        return at == old_.end() ? nullptr : pointer_to(*at);
    }
    template <class Key>
    const value_type* find(const Key& key) const {
        return const_cast<GradualTable*>(this)->find(key);
    }

    /// @pre no element has that key
    template <class... Args>
    void emplace(Args&&... args) {
        if (table_.size() == table_.max_load()) renew();
        table_.emplace(std::forward<Args>(args)...);
        move_some();
    }

    /// Returns whether there was such an element.
    template <class Key>
    bool erase(const Key& key) {
        if (const auto at = table_.find(key); at != table_.end()) {
            table_.erase(at);
        } else if (const auto before = old_.find(key); before != old_.end()) {
            if (before == next_) ++next_;
            old_.erase(before);
        } else {
            return false;
        }
        move_some();
        return true;
    }

    /// Begins to return memory if the table is much too large for its elements.
    void shrink() {
        constexpr std::size_t kSmall = 4096;
        if (is_moving() || table_.bucket_count() <= kSmall) return;
        if (size() < table_.bucket_count() / 8) renew();
    }

    std::size_t size() const { return table_.size() + old_.size(); }

    template <class Visitor>
    void for_each(Visitor visit) const {
        for (const auto& element : table_) visit(element);
        for (const auto& element : old_) visit(element);
    }

    std::size_t bytes() const {
        return (table_.bucket_count() + old_.bucket_count()) * (sizeof(value_type) + 1);
    }

private:
    /// Elements moved at each change. All are moved before the new table, half as large again, is
    /// full.
    static constexpr int kStep = 4;

    // The elements of a set are const; callers do not change one through this pointer.
    static value_type* pointer_to(const value_type& element) {
        return const_cast<value_type*>(&element);
    }

    bool is_moving() const { return old_.bucket_count() > 0; }

    void renew() {
        while (is_moving()) move_some();
        old_.swap(table_);
        table_.reserve(std::max<std::size_t>(old_.size() + old_.size() / 2, 16));
        next_ = old_.begin();
        if (old_.empty()) forget_old();
    }

    void move_some() {
        if (!is_moving()) return;
        for (int n = 0; n < kStep && next_ != old_.end(); ++n) {
            const auto at = next_++;
            if constexpr (requires { typename Table::mapped_type; }) {
                table_.emplace(at->first, std::move(at->second));
            } else {
                table_.emplace(*at);
            }
            old_.erase(at);
        }
        if (next_ == old_.end()) forget_old();
    }

    void forget_old() {
        old_ = Table(0, table_.hash_function(), table_.key_eq());
        next_ = old_.end();
    }

    Table table_;
    Table old_;  ///< elements still to be moved, from next_ on
    typename Table::iterator next_;
};

}  // namespace reginfo

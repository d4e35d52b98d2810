/// @file
/// A line in which each far end, and behind it each watcher, gets its turn.
#pragma once

#include "core/base/address.hpp"

#include <boost/intrusive/list.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <list>

namespace reginfo {

/// @tparam Item  an intrusive list's element that leaves it by itself (auto_unlink), and tells
///               `asker.from` and `asker.watcher`
template <class Item>
class FairLine {
public:
    void push_back(Item& item) { lane_of(item).push_back(item); }

    /// The next one, which is in no list any more; null if there is none.
    Item* pop() {
        while (!turns_.empty()) {
            Source& source = turns_.front();
            Item* const item = source.pop();
            if (source.turns.empty()) {
                sources_.erase(source.from);
                turns_.pop_front();
            } else {
                turns_.splice(turns_.end(), turns_, turns_.begin());
            }
            if (item) return item;
        }
        return nullptr;
    }

private:
    using Items = boost::intrusive::list<Item, boost::intrusive::constant_time_size<false>>;

    struct Watcher {
        explicit Watcher(std::uint64_t id_) : id(id_) {}

        std::uint64_t id;
        Items items;
    };
    using Watchers = std::list<Watcher>;

    struct Source {
        explicit Source(const Endpoint& from_) : from(from_) {}

        /// Null if all of its next watcher's have left.
        Item* pop() {
            Items& items = turns.front().items;
            Item* const item = items.empty() ? nullptr : &items.front();
            if (item) items.pop_front();
            if (items.empty()) {
                watchers.erase(turns.front().id);
                turns.pop_front();
            } else {
                turns.splice(turns.end(), turns, turns.begin());
            }
            return item;
        }

        Endpoint from;
        Watchers turns;
        boost::unordered_flat_map<std::uint64_t, typename Watchers::iterator> watchers;
    };
    using Sources = std::list<Source>;

    Items& lane_of(const Item& item) {
        const auto [source, is_new] = sources_.try_emplace(item.asker.from);
        if (is_new) source->second = turns_.emplace(turns_.end(), item.asker.from);
        Source& at = *source->second;
        const auto [watcher, is_first] = at.watchers.try_emplace(item.asker.watcher);
        if (is_first) watcher->second = at.turns.emplace(at.turns.end(), item.asker.watcher);
        return watcher->second->items;
    }

    Sources turns_;
    boost::unordered_flat_map<Endpoint, typename Sources::iterator> sources_;
};

}  // namespace reginfo

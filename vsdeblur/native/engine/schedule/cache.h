// A bounded map that forgets what was used longest ago.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>

namespace vsdeblur {

// Holds shared, immutable values under keys. When the costs of all values exceed `budget`, or they are more than `most`, the
// least recently used are dropped, but `keep` values always stay. A value that a caller holds lives on. Thread-safe.
template <typename Key, typename Value>
class Cache {
public:
    using Handle = std::shared_ptr<const Value>;

    // budget: in the unit of put()'s cost. keep, most: numbers of values; the first goes before the second.
    Cache(std::size_t budget, std::size_t keep, std::size_t most = default_most)
        : budget_(budget), keep_(keep), most_(most) {}

    // So that small values do not gather by the ten thousand in a budget that is meant for large ones.
    static constexpr std::size_t default_most = 512;

    // Null if the key is not there.
    Handle get(const Key& key) {
        std::lock_guard lock(mutex_);
        const auto found = entries_.find(key);
        return found == entries_.end() ? nullptr : touch(found);
    }

    // The value under the largest key in [low, high]; its key goes to `key`. Null if there is none.
    Handle latest(const Key& low, const Key& high, Key& key) {
        std::lock_guard lock(mutex_);
        auto above = entries_.upper_bound(high);
        if (above == entries_.begin()) return nullptr;
        const auto found = std::prev(above);
        if (found->first < low) return nullptr;
        key = found->first;
        return touch(found);
    }

    // Stores a value; one that is there already stays. Does nothing when it throws std::bad_alloc.
    void put(const Key& key, Handle value, std::size_t cost) {
        std::lock_guard lock(mutex_);
        std::list<Key> place{key};
        if (!entries_.try_emplace(key, Entry{std::move(value), cost, place.begin()}).second) return;
        order_.splice(order_.begin(), place);
        total_ += cost;
        shrink(0, 0);
    }

    // Drops what put() would drop for a new value of this cost. Before the value is made, so that memory never holds both.
    void make_room(std::size_t cost) {
        std::lock_guard lock(mutex_);
        shrink(1, cost);
    }

private:
    struct Entry {
        Handle value;
        std::size_t cost;
        typename std::list<Key>::iterator place;
    };
    using Entries = std::map<Key, Entry>;

    Handle touch(typename Entries::iterator entry) {
        order_.splice(order_.begin(), order_, entry->second.place);
        return entry->second.value;
    }

    // Until there is room for so many values more of this cost together.
    void shrink(std::size_t more, std::size_t cost) {
        const auto is_full = [&] { return total_ + cost > budget_ || entries_.size() + more > most_; };
        while (!entries_.empty() && is_full() && entries_.size() + more > keep_) drop_oldest();
    }

    void drop_oldest() {
        const auto oldest = entries_.find(order_.back());
        total_ -= oldest->second.cost;
        order_.pop_back();
        entries_.erase(oldest);
    }

    std::mutex mutex_;
    Entries entries_;
    std::list<Key> order_;  // most recently used first
    std::size_t total_ = 0;
    const std::size_t budget_;
    const std::size_t keep_;
    const std::size_t most_;
};

}  // namespace vsdeblur

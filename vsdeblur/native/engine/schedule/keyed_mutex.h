// A mutex for each key, so that two requests for one run do not both make it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>

namespace vsdeblur {

class KeyedMutex {
public:
    // Holds the key from construction to destruction; waits while another Lock holds the same key.
    class Lock {
    public:
        Lock(KeyedMutex& owner, int key) : owner_(owner), key_(key) {
            std::unique_lock lock(owner_.mutex_);
            owner_.released_.wait(lock, [&] { return owner_.held_.insert(key_).second; });
        }
        ~Lock() {
            {
                std::lock_guard lock(owner_.mutex_);
                owner_.held_.erase(key_);
            }
            owner_.released_.notify_all();
        }
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;

    private:
        KeyedMutex& owner_;
        int key_;
    };

private:
    std::mutex mutex_;
    std::condition_variable released_;
    std::set<int> held_;
};

}  // namespace vsdeblur

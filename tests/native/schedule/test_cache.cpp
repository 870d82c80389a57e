#include "schedule/cache.h"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace vsdeblur;

namespace {

std::shared_ptr<const std::string> text(const char* value) { return std::make_shared<const std::string>(value); }

}  // namespace

TEST_CASE("a cache returns what was put and forgets what was used longest ago") {
    Cache<int, std::string> cache(2, 0);
    cache.put(1, text("one"), 1);
    cache.put(2, text("two"), 1);
    CHECK(*cache.get(1) == "one");
    cache.put(3, text("three"), 1);
    CHECK(cache.get(2) == nullptr);
    CHECK(*cache.get(1) == "one");
    CHECK(*cache.get(3) == "three");
}

TEST_CASE("the kept values stay whatever they cost") {
    Cache<int, std::string> cache(0, 2);
    for (int i = 0; i < 5; ++i) cache.put(i, text("x"), 100);
    CHECK(cache.get(2) == nullptr);
    CHECK(cache.get(3));
    CHECK(cache.get(4));
}

TEST_CASE("a value that is there already stays, and a held value outlives the cache's memory of it") {
    Cache<int, std::string> cache(1, 0);
    cache.put(1, text("first"), 1);
    cache.put(1, text("second"), 1);
    const auto held = cache.get(1);
    cache.put(2, text("two"), 1);
    CHECK(cache.get(1) == nullptr);
    CHECK(*held == "first");
}

TEST_CASE("latest finds the largest key in a range") {
    Cache<int, std::string> cache(10, 0);
    for (const int key : {2, 5, 9}) cache.put(key, text("x"), 1);
    int found = -1;
    CHECK(cache.latest(0, 8, found));
    CHECK(found == 5);
    CHECK(cache.latest(6, 8, found) == nullptr);
    CHECK(cache.latest(0, 1, found) == nullptr);
    CHECK(cache.latest(9, 9, found));
    CHECK(found == 9);
}

TEST_CASE("no more than the most values stay, however little they cost") {
    Cache<int, std::string> cache(100, 0, 3);
    for (int i = 0; i < 5; ++i) cache.put(i, text("x"), 0);
    CHECK(cache.get(1) == nullptr);
    for (int i = 2; i < 5; ++i) CHECK(cache.get(i));
}

TEST_CASE("room is made for a value that is yet to come") {
    Cache<int, std::string> cache(2, 2);
    const auto held = text("one");
    cache.put(1, held, 1);
    cache.put(2, text("two"), 1);
    cache.make_room(0);
    CHECK(cache.get(1));
    cache.make_room(1);
    CHECK(cache.get(2) == nullptr);
    CHECK(held.use_count() == 2);
    cache.make_room(100);
    CHECK(cache.get(1));  // it and the value to come are the two that are kept
    Cache<int, std::string> empty(0, 0);
    empty.make_room(1);
    CHECK(empty.get(1) == nullptr);
}

TEST_CASE("threads: a cache is read and written at once") {
    Cache<int, int> cache(16, 4);
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 20'000; ++i) {
                const int key = (i * 7 + t * 5) % 32;
                if (i % 2 == 0) cache.put(key, std::make_shared<const int>(key), 1);
                const auto found = cache.get(key);
                wrong += found && *found != key;
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
}

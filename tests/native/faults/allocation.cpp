#include "faults/allocation.h"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

thread_local long until_failure = 0;  // allocations up to the one that fails, this one included; 0: none fails
thread_local bool has_failed = false;

bool fails() {
    if (until_failure == 0 || --until_failure != 0) return false;
    has_failed = true;
    return true;
}

void* allocate(std::size_t bytes) noexcept { return fails() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes); }

void* allocate(std::size_t bytes, std::align_val_t alignment) noexcept {
    const auto unit = static_cast<std::size_t>(alignment);
    return fails() ? nullptr : std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
}

void* checked(void* memory) {
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

}  // namespace

void* operator new(std::size_t bytes) { return checked(allocate(bytes)); }
void* operator new[](std::size_t bytes) { return checked(allocate(bytes)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) { return checked(allocate(bytes, alignment)); }
void* operator new[](std::size_t bytes, std::align_val_t alignment) { return checked(allocate(bytes, alignment)); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace vsdeblur::test {

FailedAllocation::FailedAllocation(long number) {
    has_failed = false;
    until_failure = number;
}

FailedAllocation::~FailedAllocation() { until_failure = 0; }

bool FailedAllocation::end() {
    until_failure = 0;
    return has_failed;
}

}  // namespace vsdeblur::test

// Memory that is not there: fault_tests replaces the program's operator new, so that one allocation can fail.
#pragma once

namespace vsdeblur::test {

// Lets allocation number `number` of this thread, counted from 1 from here on, throw std::bad_alloc. Every other succeeds.
class FailedAllocation {
public:
    explicit FailedAllocation(long number);
    ~FailedAllocation();
    FailedAllocation(const FailedAllocation&) = delete;
    FailedAllocation& operator=(const FailedAllocation&) = delete;

    // No allocation fails from here on. Returns whether one has.
    bool end();
};

}  // namespace vsdeblur::test

// Repeatable arithmetic on numbers too small for full precision.
#pragma once

namespace vsdeblur {

// While it lives, this thread's arithmetic takes numbers too small for full precision as 0. The runtime's own threads
// are set so for good (recurrent states decay into such numbers, which are very slow). A host's thread that joins them
// must compute alike, or results would depend on which thread got which part. Restores the thread's mode.
class FlushDenormals {
public:
    FlushDenormals();
    ~FlushDenormals();
    FlushDenormals(const FlushDenormals&) = delete;
    FlushDenormals& operator=(const FlushDenormals&) = delete;

private:
    [[maybe_unused]] unsigned mode_;
};

}  // namespace vsdeblur

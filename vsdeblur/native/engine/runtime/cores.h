// Processors, as far as speed and repeatable arithmetic need to know them.
#pragma once

namespace vsdeblur {

// Physical cores that this process may run on, at least 1. Two hardware threads of one core share its arithmetic units,
// so a network gains nothing from the second. The environment variable VSDEBLUR_THREADS, read at every call, takes the
// place of that number; throws Error when it is not a whole number of at least 1.
int usable_cores();

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
    unsigned mode_;
};

}  // namespace vsdeblur

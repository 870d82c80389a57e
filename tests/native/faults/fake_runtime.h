// A runtime behind the seam that fails when it is told to. fault_tests is linked with it in ONNX Runtime's place.
//
// It runs any network whose contract it can read: every state out is frames + state, where their shapes are the same, else
// twice the state; frames_out is the window's middle frame plus the first state, plus 1/16 for each output before.
#pragma once

#include <atomic>

namespace vsdeblur::test {

enum class Failure { none, error, foreign, memory };

struct FakeRuntime {
    std::atomic<int> runs = 0;      // of all sessions
    std::atomic<int> sessions = 0;  // that are open
    std::atomic<int> threads = -1;  // that the session opened last was told to take; 0: all
    int pause_ms = 0;               // that every run takes at least
    int failing_run = -1;           // the number, from 0, of the run that fails
    bool is_lost = false;           // that run and all after it fail, and no session opens any more
    Failure failure = Failure::none;
};

// The one of this process.
FakeRuntime& fake_runtime();

// Lets run number `run` from here on fail, and with `is_lost` all that follow, while this lives.
class FailedRun {
public:
    FailedRun(Failure failure, int run, bool is_lost = false);
    ~FailedRun();
    FailedRun(const FailedRun&) = delete;
    FailedRun& operator=(const FailedRun&) = delete;
};

}  // namespace vsdeblur::test

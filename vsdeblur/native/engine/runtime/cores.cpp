#include "runtime/cores.h"

#include "error.h"

#include <sched.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

namespace vsdeblur {
namespace {

constexpr const char* environment_name = "VSDEBLUR_THREADS";

// What the environment says; 0 where it says nothing.
int wanted_cores() {
    const char* environment = std::getenv(environment_name);
    if (environment == nullptr || *environment == '\0') return 0;
    const std::string_view text = environment;
    int count = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (failure != std::errc() || end != text.data() + text.size() || count < 1) {
        throw Error(std::string(environment_name) + " must be a whole number of at least 1, not " + environment);
    }
    return count;
}

}  // namespace

int usable_cores() {
    if (const int wanted = wanted_cores(); wanted > 0) return wanted;
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    // Fails only on machines with more processors than the set holds; they have at least that many.
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return CPU_SETSIZE;
    std::set<std::string> cores;  // each by the list of its hardware threads
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed)) continue;
        const std::string number = std::to_string(cpu);
        std::ifstream file("/sys/devices/system/cpu/cpu" + number + "/topology/thread_siblings_list");
        std::string siblings;
        if (!std::getline(file, siblings)) siblings = "unknown " + number;
        cores.insert(siblings);
    }
    return std::max(1, static_cast<int>(cores.size()));
}

#if defined(__SSE2__)

namespace {
constexpr unsigned flush_to_zero = 0x8000;
constexpr unsigned denormals_are_zero = 0x0040;
}  // namespace

FlushDenormals::FlushDenormals() : mode_(_mm_getcsr()) { _mm_setcsr(mode_ | flush_to_zero | denormals_are_zero); }
FlushDenormals::~FlushDenormals() { _mm_setcsr(mode_); }

#else

// Elsewhere ONNX Runtime leaves the mode of its threads alone, and so does this.
FlushDenormals::FlushDenormals() : mode_(0) {}
FlushDenormals::~FlushDenormals() = default;

#endif

}  // namespace vsdeblur

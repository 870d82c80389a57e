// The entry that libFuzzer calls, of the target that VSDEBLUR_FUZZ_TARGET names.
#include "fuzz/targets.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vsdeblur::test;
    static const FuzzTarget& target = *std::ranges::find(fuzz_targets, VSDEBLUR_FUZZ_TARGET, &FuzzTarget::name);
    target.run({reinterpret_cast<const char*>(data), size});
    return 0;
}

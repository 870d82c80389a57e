#include "runtime/denormals.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace vsdeblur {

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

// Internal: reading and writing single samples of every kind that check_format takes, without branches, so that loops
// over rows vectorise. Each codec offers:
//   Raw                  the sample as it lies in memory
//   load(raw)            its number, not yet normalised
//   store(number)        rounded and clipped as planes.h says; NaN gives any sample
//   change(raw, delta)   raw itself where delta is 0 or NaN, else store(load(raw) + delta)
#pragma once

#include "picture/frame.h"

#include <bit>
#include <cstdint>

namespace vsdeblur::detail {

template <class T>
struct IntegerCodec {
    using Raw = T;
    float peak;  // 2^bits - 1

    float load(T raw) const { return static_cast<float>(static_cast<int>(raw)); }
    T store(float number) const {
        const float above = number > 0.0f ? number : 0.0f;  // NaN gives 0
        const float inside = above < peak ? above : peak;
        return static_cast<T>(static_cast<int>(inside + 0.5f));
    }
    T change(T raw, float delta) const {
        const float number = load(raw);
        const float sum = number + delta;
        return store(sum == sum ? sum : number);
    }
};

struct FloatCodec {
    using Raw = float;

    float load(float raw) const { return raw; }
    float store(float number) const { return number; }
    float change(float raw, float delta) const {
        const float sum = raw + delta;
        // A delta of 0 must not turn -0 into 0.
        return ((delta < 0.0f) | (delta > 0.0f)) ? sum : raw;
    }
};

struct HalfCodec {
    using Raw = std::uint16_t;

    float load(std::uint16_t raw) const {
        const std::uint32_t sign = static_cast<std::uint32_t>(raw & 0x8000u) << 16;
        const std::uint32_t exponent = raw & 0x7c00u;
        const std::uint32_t fraction = raw & 0x03ffu;
        const std::uint32_t shifted = static_cast<std::uint32_t>(raw & 0x7fffu) << 13;
        const std::uint32_t normal = shifted + ((127u - 15u) << 23);
        const std::uint32_t special = shifted | 0x7f800000u;  // infinity or NaN
        const std::uint32_t tiny = std::bit_cast<std::uint32_t>(static_cast<float>(static_cast<int>(fraction)) * 0x1p-24f);
        const std::uint32_t finite = exponent == 0 ? tiny : normal;
        return std::bit_cast<float>(sign | (exponent == 0x7c00u ? special : finite));
    }
    std::uint16_t store(float number) const {
        const std::uint32_t bits = std::bit_cast<std::uint32_t>(number);
        const std::uint32_t sign = (bits >> 16) & 0x8000u;
        const std::uint32_t size = bits & 0x7fffffffu;
        // Round to nearest, ties to even, at the last bit that stays; a carry into the exponent is right, up to infinity.
        const std::uint32_t normal = (size - ((127u - 15u) << 23) + 0x0fffu + ((size >> 13) & 1u)) >> 13;
        // Adding 0.5, whose last bit weighs 2^-24, rounds to a multiple of the smallest half.
        const float small = std::bit_cast<float>(size < 0x38800000u ? size : 0u);
        const std::uint32_t tiny = std::bit_cast<std::uint32_t>(small + 0.5f) - 0x3f000000u;
        // A NaN keeps what fits of its payload, which must not become 0: that would be infinity.
        const std::uint32_t payload = (size >> 13) & 0x03ffu;
        const std::uint32_t nan = 0x7c00u | (payload == 0 ? 0x0200u : payload);
        const std::uint32_t finite = size < 0x38800000u ? tiny : normal;
        const std::uint32_t bounded = size >= 0x47800000u ? 0x7c00u : finite;
        return static_cast<std::uint16_t>(sign | (size > 0x7f800000u ? nan : bounded));
    }
    std::uint16_t change(std::uint16_t raw, float delta) const {
        const std::uint16_t sum = store(load(raw) + delta);
        return ((delta < 0.0f) | (delta > 0.0f)) ? sum : raw;
    }
};

// Calls f with the codec of a format that passed check_format.
template <class F>
decltype(auto) with_codec(const Format& format, F&& f) {
    if (format.sample == Sample::floating) return format.bits == 32 ? f(FloatCodec{}) : f(HalfCodec{});
    const float peak = static_cast<float>((1 << format.bits) - 1);
    return format.bits == 8 ? f(IntegerCodec<std::uint8_t>{peak}) : f(IntegerCodec<std::uint16_t>{peak});
}

// The samples of a row. The host's memory holds objects of type Raw.
template <class Codec>
const typename Codec::Raw* row(const FrameView& frame, int plane, int y, const Codec&) {
    return reinterpret_cast<const typename Codec::Raw*>(frame.data[plane] + frame.stride[plane] * y);
}

}  // namespace vsdeblur::detail

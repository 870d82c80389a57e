// Memory of images and tensors.
//
// Blocks as large as a frame come and go with every frame, among small values that stay for hundreds of frames. In the C
// library's heap the small ones settle in what the large ones left, which then no longer fits: the heap grows by a block
// with every frame. So large blocks come from the system, and few that were given back are kept for the next frame.
#pragma once

#include <cstddef>
#include <memory>

namespace vsdeblur::detail {

inline constexpr std::size_t image_alignment = 64;  // bytes: a cache line and the widest vector register

// Uninitialised memory, aligned to image_alignment. Throws std::bad_alloc. Thread-safe.
std::byte* take_block(std::size_t bytes);
// Gives a block of that size back. Thread-safe.
void give_block(std::byte* block, std::size_t bytes) noexcept;

struct AlignedDelete {
    std::size_t bytes = 0;
    void operator()(std::byte* block) const { give_block(block, bytes); }
};
using AlignedMemory = std::unique_ptr<std::byte[], AlignedDelete>;

inline AlignedMemory allocate_aligned(std::size_t bytes) { return AlignedMemory(take_block(bytes), {bytes}); }

}  // namespace vsdeblur::detail

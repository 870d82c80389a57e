#include "runtime/memory.h"

#include "system/system.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <new>
#include <utility>

namespace vsdeblur::detail {

namespace {

constexpr std::size_t least_large = std::size_t{128} << 10;  // bytes, as in the C library's own rule
constexpr std::size_t most_kept = std::size_t{64} << 20;     // bytes of blocks that no one uses

// The address sanitizer watches over the heap only.
#ifdef __SANITIZE_ADDRESS__
constexpr bool has_large = false;
#else
constexpr bool has_large = true;
#endif

struct Block {
    std::byte* start = nullptr;
    std::size_t bytes = 0;
};

// Blocks that were given back, the oldest first. Never destroyed: hosts may free images while they end.
class Kept {
public:
    std::byte* take(std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        const auto found = std::find_if(blocks_.begin(), blocks_.begin() + count_,
                                        [&](const Block& block) { return block.bytes == bytes; });
        if (found == blocks_.begin() + count_) return nullptr;
        return remove(found - blocks_.begin()).start;
    }

    void give(Block block) {
        const std::lock_guard lock(mutex_);
        while (count_ > 0 && (count_ == blocks_.size() || total_ + block.bytes > most_kept)) unmap(remove(0));
        if (total_ + block.bytes > most_kept) return unmap(block);
        blocks_[count_++] = block;
        total_ += block.bytes;
    }

private:
    static void unmap(Block block) { system::unmap_memory(block.start, block.bytes); }

    Block remove(std::size_t index) {
        const Block block = blocks_[index];
        std::move(blocks_.begin() + index + 1, blocks_.begin() + count_, blocks_.begin() + index);
        --count_;
        total_ -= block.bytes;
        return block;
    }

    std::mutex mutex_;
    std::array<Block, 16> blocks_;
    std::size_t count_ = 0;
    std::size_t total_ = 0;
};

Kept& kept() {
    static Kept* const blocks = new Kept;
    return *blocks;
}

}  // namespace

std::byte* take_block(std::size_t bytes) {
    if (!has_large || bytes < least_large)
        return static_cast<std::byte*>(::operator new(bytes, std::align_val_t{image_alignment}));
    if (std::byte* block = kept().take(bytes)) return block;
    return system::map_memory(bytes);
}

void give_block(std::byte* block, std::size_t bytes) noexcept {
    if (!has_large || bytes < least_large) return ::operator delete(block, std::align_val_t{image_alignment});
    kept().give({block, bytes});
}

}  // namespace vsdeblur::detail

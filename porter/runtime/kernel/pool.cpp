#include "pool.h"

#include <mutex>
#include <new>
#include <unordered_map>
#include <vector>

#if defined(__unix__)
#include <pthread.h>
#include <sys/mman.h>
#endif

namespace porter {
namespace {

constexpr size_t kGrain = 128 << 10;  // so that outputs of nearly one size share blocks
constexpr size_t kLargePage = 2 << 20;

size_t round_up(size_t value, size_t to) { return (value + to - 1) / to * to; }

#if defined(__unix__)
// A large block begins where a large page may begin, which the system is asked for: 512 faults become one.
void *map(size_t bytes) {
  const size_t slack = bytes < kLargePage ? 0 : kLargePage;
  void *all = mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) return nullptr;
  if (!slack) return all;
  char *from = static_cast<char *>(all);
  const size_t before = round_up(reinterpret_cast<uintptr_t>(from), kLargePage) - reinterpret_cast<uintptr_t>(from);
  if (before) munmap(from, before);
  if (before < kLargePage) munmap(from + before + bytes, kLargePage - before);
#if defined(MADV_HUGEPAGE)
  madvise(from + before, bytes, MADV_HUGEPAGE);  // a wish: to be refused is no error
#endif
  return from + before;
}
void unmap(void *block, size_t bytes) { munmap(block, bytes); }
#else
void *map(size_t) { return nullptr; }
void unmap(void *, size_t) {}
#endif

struct Block {
  void *start;
  size_t bytes;
};

struct Pool {
  std::mutex mutex;
  size_t limit = 0, idle = 0;
  std::vector<Block> blocks;                 // idle, the oldest first
  std::unordered_map<void *, size_t> lent;

  // The smallest that fits, unless a quarter of it would be wasted; the newest of those, which the caches may know.
  Block find(size_t bytes) {
    size_t best = blocks.size();
    for (size_t i = 0; i < blocks.size(); i++)
      if (blocks[i].bytes >= bytes && blocks[i].bytes - bytes <= bytes / 4 &&
          (best == blocks.size() || blocks[i].bytes <= blocks[best].bytes))
        best = i;
    if (best == blocks.size()) return {nullptr, bytes};
    const Block found = blocks[best];
    blocks.erase(blocks.begin() + int64_t(best));
    idle -= found.bytes;
    return found;
  }

  void trim() {
    size_t gone = 0;
    for (; idle > limit; gone++) {
      unmap(blocks[gone].start, blocks[gone].bytes);
      idle -= blocks[gone].bytes;
    }
    blocks.erase(blocks.begin(), blocks.begin() + int64_t(gone));
  }
};

// Never destroyed: an output may die after everything else at the end of the process. A child of a fork finds the lock
// open, and its own copy of all blocks.
Pool &pool() {
  static Pool *const only = [] {
    static Pool *const made = new Pool;
#if defined(__unix__)
    pthread_atfork([] { made->mutex.lock(); }, [] { made->mutex.unlock(); }, [] { made->mutex.unlock(); });
#endif
    return made;
  }();
  return *only;
}

using Lock = std::lock_guard<std::mutex>;

}  // namespace

void limit_pool(int64_t bytes) {
  const Lock lock(pool().mutex);
  pool().limit = size_t(bytes > 0 ? bytes : 0);
  pool().trim();
}

void *take(int64_t bytes) try {
  const Lock lock(pool().mutex);
  Pool &own = pool();
  if (!own.limit || bytes <= 0) return nullptr;
  own.blocks.reserve(own.blocks.size() + own.lent.size() + 1);  // so that give() never has to ask for memory
  Block block = own.find(round_up(size_t(bytes), kGrain));
  if (!block.start) block.start = map(block.bytes);
  if (block.start) own.lent[block.start] = block.bytes;
  return block.start;
} catch (const std::bad_alloc &) {
  return nullptr;
}

void give(void *start) {
  const Lock lock(pool().mutex);
  Pool &own = pool();
  const auto found = own.lent.find(start);
  if (found == own.lent.end()) return;
  own.blocks.push_back({start, found->second});
  own.idle += found->second;
  own.lent.erase(found);
  own.trim();
}

int64_t idle_bytes() {
  const Lock lock(pool().mutex);
  return int64_t(pool().idle);
}

}  // namespace porter

#include "plan.h"

#include <algorithm>
#include <cstdlib>

namespace porter {
namespace {

// Measured on AMD Milan (512 KB of L2, 32 MB of L3), and not critical: half or twice as much changes little.
constexpr int64_t kChunkElements = 32768;
// Where channels are last: long chunks keep what reads ahead busy, and there are enough of them for many threads.
constexpr int64_t kParts = 64, kMostElements = 524288;
constexpr int64_t kShortestChunk = 64;
constexpr int64_t kWholeLines = 32;  // positions: so many fill lines of the cache, whatever the width and the type
constexpr int64_t kBytesPerThread = 256 << 10;
constexpr int64_t kStreamFrom = 8 << 20;

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

Plan plan_of(const Job &job) {
  Plan plan{};
  plan.width = job.channels_last ? job.c : 1;
  plan.units = job.channels_last ? job.n : job.n * job.c;
  const int64_t width = std::max<int64_t>(plan.width, 1), part = job.s * width / kParts;
  const int64_t elements = job.channels_last ? std::clamp(part, kChunkElements, kMostElements) : kChunkElements;
  plan.chunk = std::max(kShortestChunk, elements / width / kWholeLines * kWholeLines);
  plan.chunks = divide_up(job.s, plan.chunk);
  const int64_t bytes = job.n * job.c * job.s * size_of(job.dtype);
  const int64_t most = std::max<int64_t>(std::abs(int64_t(job.threads)), 1);
  const int threads = int(std::clamp<int64_t>(bytes / kBytesPerThread, 1, most));
  plan.crew = {threads, job.threads < 0};
  const bool even = plan.units % threads == 0 || plan.units >= 4 * threads;
  plan.split = threads > 1 && !even && plan.chunks > 1;
  plan.stream = bytes >= kStreamFrom;
  return plan;
}

Unit unit_of(const Job &job, const Plan &plan, int64_t u) {
  if (job.channels_last) return {u, 0, plan.width};
  const int64_t sample = u < job.c ? 0 : u / job.c;  // a division of this size takes as long as a short channel
  return {sample, u - sample * job.c, 1};
}

Slice slice_of(const Job &job, const Plan &plan, const Unit &unit, int64_t chunk) {
  const int64_t start = chunk == kWhole ? 0 : chunk * plan.chunk;
  const int64_t length = chunk == kWhole ? job.s : std::min(plan.chunk, job.s - start);
  const int64_t first = job.channels_last ? (unit.sample * job.s + start) * job.c + unit.channel
                                          : (unit.sample * job.c + unit.channel) * job.s + start;
  const int64_t offset = first * size_of(job.dtype);
  const auto at = [offset](const void *base) { return base ? static_cast<const char *>(base) + offset : nullptr; };
  char *out = job.out ? static_cast<char *>(job.out) + offset : nullptr;
  return {at(job.x), at(job.dy), out, length, unit.width, plan.stream};
}

}  // namespace porter

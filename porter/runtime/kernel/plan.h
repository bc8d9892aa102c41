// How one call is cut into units (channels that are summed together), units into chunks, and who works on them.
#pragma once
#include "kernel.h"
#include "threads.h"

namespace porter {

// A unit is a channel of a sample, or, where channels are last, all `width` channels of it: fewer of them would stay in
// the cache for longer, but to read a part of every line took twice the time. Chunks are cut along the positions; their
// length never depends on the threads, so neither does any sum.
struct Plan {
  int64_t width, units;
  int64_t chunk, chunks;
  Crew crew;
  bool split;   // several threads share one unit
  bool stream;  // the output is too large to stay in the caches
};

Plan plan_of(const Job &job);

// The channels of unit `u`: the first of them, and how many.
struct Unit {
  int64_t sample, channel, width;
};
Unit unit_of(const Job &job, const Plan &plan, int64_t u);
constexpr int64_t kWhole = -1;  // all chunks of a unit
Slice slice_of(const Job &job, const Plan &plan, const Unit &unit, int64_t chunk);

}  // namespace porter

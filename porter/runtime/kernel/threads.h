// Work for several threads, which stay for the next call: to start one takes as long as a small call.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

namespace porter {

// How many threads, the caller among them; `borrowed` ones where the process has lent some, else our own.
struct Crew {
  int count = 1;
  bool borrowed = false;
};

// GOMP_parallel of an OpenMP runtime: gcc's, or clang's or Intel's, which have it too. It calls work(data) on `threads`
// threads. A framework's own threads look out for more work for milliseconds, on every core that another thread needs.
using Parallel = void (*)(void (*work)(void *), void *data, unsigned threads, unsigned flags);
void lend(Parallel parallel);

using Part = void (*)(const void *context, int worker);

// part(context, worker) here and on other threads of the crew, as many as are awake in time, each with a number of its
// own below `count`. Returns when all that have begun are over: what is to be done, one part can do alone.
void share(Crew crew, Part part, const void *context);

// The tasks of one worker, in a line of the cache that no other worker's are in: threads that asked one number what comes
// next waited for it as long as a short channel takes.
struct alignas(128) Portion {
  int64_t begin = 0, end = 0;
  std::atomic<int64_t> next{0};

  // Many at first, so that few questions are asked; one by one at the end, so that none waits long for another.
  template <class Work>
  void work_off(const Work &work, bool backwards) {
    for (int64_t from = next.load(std::memory_order_relaxed); from < end;) {
      const int64_t to = from + std::max<int64_t>(1, (end - from) / 4);
      if (!next.compare_exchange_weak(from, to, std::memory_order_relaxed)) continue;
      for (; from < to; from++) work(backwards ? begin + end - 1 - from : from);
      from = next.load(std::memory_order_relaxed);
    }
  }
};

// work(task, worker) for every task below `tasks`: neighbours by one worker, then what others have left by whoever is free.
// kBackwards: each worker begins with what it did last.
constexpr bool kBackwards = true;
template <class Work>
void for_each(int64_t tasks, Crew crew, const Work &work, bool backwards = false) {
  const int64_t count = crew.count;
  std::vector<Portion> portions{size_t(count)};
  for (int64_t i = 0; i < count; i++) {
    portions[i].next = portions[i].begin = tasks * i / count;
    portions[i].end = tasks * (i + 1) / count;
  }
  const auto run = [&](int worker) {
    for (int64_t i = 0; i < count; i++)
      portions[(worker + i) % count].work_off([&](int64_t task) { work(task, worker); }, backwards);
  };
  if (count == 1) return run(0);
  using Run = decltype(run);
  share(crew, [](const void *context, int worker) { (*static_cast<const Run *>(context))(worker); }, &run);
}

}  // namespace porter

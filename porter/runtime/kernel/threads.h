// Work for several threads, which stay for the next call: to start one takes as long as a small call.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>

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

// work(task, worker) for every task below `tasks`, each by whichever worker is free.
template <class Work>
void for_each(int64_t tasks, Crew crew, const Work &work) {
  if (crew.count == 1) {
    for (int64_t task = 0; task < tasks; task++) work(task, 0);
    return;
  }
  std::atomic<int64_t> next{0};
  const auto run = [&](int worker) {
    for (int64_t from = next.load(std::memory_order_relaxed); from < tasks;) {
      // Many at first, so that threads seldom ask; one by one at the end, so that none waits long for another.
      const int64_t to = from + std::max<int64_t>(1, (tasks - from) / (4 * crew.count));
      if (!next.compare_exchange_weak(from, to, std::memory_order_relaxed)) continue;
      for (; from < to; from++) work(from, worker);
      from = next.load(std::memory_order_relaxed);
    }
  };
  using Run = decltype(run);
  share(crew, [](const void *context, int worker) { (*static_cast<const Run *>(context))(worker); }, &run);
}

}  // namespace porter

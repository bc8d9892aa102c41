// Work for several threads, which stay for the next call: to start one takes as long as a small call.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>

namespace porter {

using Part = void (*)(const void *context, int worker);

// part(context, 0) here, and part(context, 1) to part(context, workers - 1) on as many other threads as are awake in
// time. Returns when the part here and all that have begun are over: what is to be done, the part here can do alone.
void share(int workers, Part part, const void *context);

// work(task, worker) for every task below `tasks`, each by whichever worker is free.
template <class Work>
void for_each(int64_t tasks, int workers, const Work &work) {
  if (workers == 1) {
    for (int64_t task = 0; task < tasks; task++) work(task, 0);
    return;
  }
  std::atomic<int64_t> next{0};
  const auto run = [&](int worker) {
    for (int64_t from = next.load(std::memory_order_relaxed); from < tasks;) {
      // Many at first, so that threads seldom ask; one by one at the end, so that none waits long for another.
      const int64_t to = from + std::max<int64_t>(1, (tasks - from) / (4 * workers));
      if (!next.compare_exchange_weak(from, to, std::memory_order_relaxed)) continue;
      for (; from < to; from++) work(from, worker);
      from = next.load(std::memory_order_relaxed);
    }
  };
  using Run = decltype(run);
  share(workers, [](const void *context, int worker) { (*static_cast<const Run *>(context))(worker); }, &run);
}

}  // namespace porter

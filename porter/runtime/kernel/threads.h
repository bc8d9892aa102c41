// Threads for the length of one call: no pool that a fork would lose, no second OpenMP beside the framework's own.
#pragma once
#include <atomic>
#include <cstdint>
#include <system_error>
#include <thread>
#include <vector>

namespace porter {

// work(task, worker) for every task below `tasks`, each by whichever worker is free.
template <class Work>
void for_each(int64_t tasks, int workers, const Work &work) {
  if (workers == 1) {
    for (int64_t task = 0; task < tasks; task++) work(task, 0);
    return;
  }
  std::atomic<int64_t> next{0};
  const auto run = [&](int worker) {
    for (int64_t task; (task = next.fetch_add(1, std::memory_order_relaxed)) < tasks;) work(task, worker);
  };
  std::vector<std::thread> others;
  others.reserve(workers);
  try {
    for (int worker = 1; worker < workers && worker < tasks; worker++) others.emplace_back(run, worker);
  } catch (const std::system_error &) {
    // No thread to be had: those that did start, or this one alone, do all the work.
  }
  run(0);
  for (auto &other : others) other.join();
}

}  // namespace porter

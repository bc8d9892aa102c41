// How a thread of Python learns that MindSpore's operations have come so far, without looking out for it: an operation
// without a result that anyone reads is issued behind them, and the thread sleeps until that one runs.
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace porter {
namespace {

// Never destroyed: MindSpore's threads may outlive what is destroyed at the end of the process.
struct Arrivals {
  std::mutex mutex;
  std::condition_variable changed;
  int64_t count = 0;
};

Arrivals &arrivals() {
  static Arrivals *const only = new Arrivals;
  return *only;
}

}  // namespace
}  // namespace porter

using porter::arrivals;

#define PORTER_EXPORT extern "C" __attribute__((visibility("default")))

// The operation: anything -> anything, which it does not touch.
PORTER_EXPORT int porter_mindspore_arrive(int, void **, int *, int64_t **, const char **, void *, void *) {
  const std::lock_guard<std::mutex> lock(arrivals().mutex);
  arrivals().count++;
  arrivals().changed.notify_all();
  return 0;
}

// How many have run.
PORTER_EXPORT int64_t porter_arrivals() {
  const std::lock_guard<std::mutex> lock(arrivals().mutex);
  return arrivals().count;
}

// Sleeps until more than `before` have run, `milliseconds` at most; whether they have.
PORTER_EXPORT int32_t porter_await(int64_t before, int64_t milliseconds) {
  std::unique_lock<std::mutex> lock(arrivals().mutex);
  return arrivals().changed.wait_for(lock, std::chrono::milliseconds(milliseconds),
                                     [before] { return arrivals().count > before; });
}

#include "threads.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

namespace porter {
namespace {

using Lock = std::unique_lock<std::mutex>;

// How long a thread looks out for what comes next before it sleeps: about what waking it would take.
constexpr std::chrono::microseconds kPatience{50};

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

template <class Condition>
void look_out_for(const Condition &condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition() && std::chrono::steady_clock::now() < end)
    for (int i = 0; i < 16 && !condition(); i++) pause();
}

// Whoever has the lock soon opens it: to sleep until then, and to be woken, would take as long as a small call.
void lock_soon(Lock &lock) {
  look_out_for([&] { return lock.owns_lock() || lock.try_lock(); });
  if (!lock.owns_lock()) lock.lock();
}

struct Worker {
  std::condition_variable wake;
  bool asleep = false;
};

struct Team {
  std::mutex turn;   // whose call it is that the team works for
  std::mutex mutex;  // of all that follows
  std::deque<Worker> workers;
  std::condition_variable over;
  std::atomic<int64_t> round{0};
  std::atomic<int> active{0};
  int wanted = 0;  // workers of this round, the caller among them: 0 once it is over
  Part part = nullptr;
  const void *context = nullptr;

  void serve(int number);
  void grow(int wanted);
  void begin(int wanted, Part part, const void *context);
  void end();
};

// A worker's life.
void Team::serve(int number) {
  Lock lock(mutex);
  Worker &self = workers[size_t(number) - 1];
  for (int64_t seen = 0;;) {
    lock.unlock();
    look_out_for([&] { return round.load(std::memory_order_relaxed) != seen; });
    lock_soon(lock);
    self.asleep = true;
    self.wake.wait(lock, [&] { return round.load(std::memory_order_relaxed) != seen; });
    self.asleep = false;
    seen = round.load(std::memory_order_relaxed);
    if (number >= wanted) continue;
    active.fetch_add(1, std::memory_order_relaxed);
    const Part run = part;
    const void *with = context;
    lock.unlock();
    run(with, number);
    lock_soon(lock);
    if (active.fetch_sub(1, std::memory_order_relaxed) == 1) over.notify_one();
  }
}

// Where no thread is to be had, fewer do all the work.
void Team::grow(int wanted) {
  while (int(workers.size()) + 1 < wanted) {
    workers.emplace_back();
    try {
      std::thread(&Team::serve, this, int(workers.size())).detach();
    } catch (const std::system_error &) {
      workers.pop_back();
      return;
    }
  }
}

void Team::begin(int count, Part run, const void *with) {
  const Lock lock(mutex);
  grow(count);
  wanted = count, part = run, context = with;
  round.fetch_add(1, std::memory_order_relaxed);
  for (size_t i = 0; i < workers.size() && int(i) + 1 < count; i++)
    if (workers[i].asleep) workers[i].wake.notify_one();
}

void Team::end() {
  const auto all_over = [&] { return active.load(std::memory_order_relaxed) == 0; };
  Lock lock(mutex, std::defer_lock);
  lock_soon(lock);
  wanted = 0;  // who was not awake in time need not come
  lock.unlock();
  look_out_for(all_over);
  lock_soon(lock);
  over.wait(lock, all_over);
}

// Never destroyed, since its threads are never told to end.
std::atomic<Team *> only{nullptr};
std::atomic<Parallel> lent{nullptr};

// A child of a fork has no thread of its parent's: it makes its own. An OpenMP runtime would wait for those it had.
void forget() { only.store(nullptr), lent.store(nullptr); }

void forget_after_a_fork() {
#if defined(__unix__) || defined(__APPLE__)
  static const int registered = pthread_atfork(nullptr, nullptr, forget);
  (void)registered;
#endif
}

Team &team() {
  forget_after_a_fork();
  Team *found = only.load();
  if (found) return *found;
  Team *const made = new Team;
  if (only.compare_exchange_strong(found, made)) return *made;
  delete made;  // another thread was faster
  return *found;
}

struct Borrowed {
  Part part;
  const void *context;
  std::atomic<int> numbers{0};
};

}  // namespace

void lend(Parallel parallel) {
  forget_after_a_fork();
  lent.store(parallel);
}

void share(Crew crew, Part part, const void *context) {
  const Parallel parallel = crew.borrowed ? lent.load() : nullptr;
  if (parallel) {
    Borrowed all{part, context};
    const auto work = [](void *data) {
      auto &own = *static_cast<Borrowed *>(data);
      own.part(own.context, own.numbers.fetch_add(1));
    };
    return parallel(work, &all, unsigned(crew.count), 0);
  }
  Team &own = team();
  const Lock turn(own.turn);
  own.begin(crew.count, part, context);
  part(context, 0);
  own.end();
}

}  // namespace porter

// Calls the kernel over many sizes, types, layouts and threads, and holds it against plain loops. Built by
// test_kernel_sanitizers.py: whatever it does wrong with memory, arithmetic or threads, a sanitizer reports.
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "dispatch.h"
#include "pool.h"
#include "threads.h"

using namespace porter;

extern "C" {
int porter_mindspore_arrive(int, void **, int *, int64_t **, const char **, void *, void *);
int64_t porter_arrivals();
int32_t porter_await(int64_t before, int64_t milliseconds);
}

namespace {

struct Shape {
  int64_t n, c, s;
};
int failures = 0;

void expect(bool good, const char *what, const Shape &shape, const Job &job) {
  if (good) return;
  failures++;
  std::printf("%s: n=%ld c=%ld s=%ld dtype=%d last=%d threads=%d isa=%d\n", what, long(shape.n), long(shape.c),
              long(shape.s), job.dtype, job.channels_last, job.threads, job.isa);
}

// Exactly as large as the array, so that one byte too far is seen; offset by one element, so that nothing is aligned.
struct Array {
  Array(int64_t count, int32_t dtype) : count(count), dtype(dtype), bytes((count + 1) * size_of(dtype)) {}
  void *data() { return bytes.data() + size_of(dtype); }
  void fill(std::mt19937 &random) {
    std::vector<double> values(count);
    for (auto &value : values) value = 1 + 4e-9 * double(random() >> 3);
    baseline::types[dtype].narrow(values.data(), count, data());
  }
  std::vector<double> values() {
    std::vector<double> result(count);
    baseline::types[dtype].widen(data(), count, result.data());
    return result;
  }
  int64_t count;
  int32_t dtype;
  std::vector<char> bytes;
};

int64_t at(const Shape &shape, bool last, int64_t n, int64_t c, int64_t i) {
  return last ? (n * shape.s + i) * shape.c + c : (n * shape.c + c) * shape.s + i;
}

// Every row of y has the mean beta and the variance gamma^2 * v / (v + eps): what is computed at all is computed right.
bool normalized(const Shape &shape, bool last, const std::vector<double> &y, const std::vector<double> &gamma,
                const std::vector<double> &beta, const double *statistics, double eps, double tolerance) {
  for (int64_t n = 0; n < shape.n; n++)
    for (int64_t c = 0; c < shape.c; c++) {
      double mean = 0, square = 0;
      for (int64_t i = 0; i < shape.s; i++) mean += y[at(shape, last, n, c, i)] / double(shape.s);
      for (int64_t i = 0; i < shape.s; i++) square += std::pow(y[at(shape, last, n, c, i)] - mean, 2) / double(shape.s);
      const double variance = statistics[2 * (n * shape.c + c) + 1];
      const double expected = gamma[c] * gamma[c] * variance / (variance + eps);
      if (std::fabs(mean - beta[c]) > tolerance || std::fabs(square - expected) > 10 * tolerance * (1 + expected))
        return false;
    }
  return true;
}

void run(const Shape &shape, int32_t dtype, bool last, int32_t threads, int32_t isa, bool given) {
  std::mt19937 random(7);
  const int64_t count = shape.n * shape.c * shape.s;
  Array x(count, dtype), dy(count, dtype), y(count, dtype), dx(count, dtype);
  Array gamma(shape.c, kFloat32), beta(shape.c, kFloat32), mean(shape.c, kFloat64), variance(shape.c, kFloat64);
  Array dgamma(shape.c, kFloat32), dbeta(shape.c, kFloat32);
  for (Array *array : {&x, &dy, &gamma, &beta, &mean, &variance}) array->fill(random);
  std::vector<double> statistics(2 * shape.n * shape.c);
  Job job{};
  job.n = shape.n, job.c = shape.c, job.s = shape.s, job.dtype = dtype, job.channels_last = last;
  job.threads = threads, job.isa = isa, job.eps = 1e-5, job.affine_dtype = kFloat32, job.given_dtype = kFloat64;
  job.x = x.data(), job.out = y.data(), job.gamma = gamma.data(), job.beta = beta.data();
  job.statistics = statistics.data();
  if (given) job.mean = mean.data(), job.variance = variance.data();
  expect(forward(job) == kDone, "forward", shape, job);
  const double places[] = {1e-5, 1e-12, 2e-2, 2e-1};
  if (!given && shape.s)
    expect(normalized(shape, last, y.values(), gamma.values(), beta.values(), statistics.data(), job.eps, places[dtype]),
           "output", shape, job);
  job.dy = dy.data(), job.out = dx.data(), job.dgamma = dgamma.data(), job.dbeta = dbeta.data();
  expect(backward(job) == kDone, "backward", shape, job);
  job.dgamma = nullptr, job.gamma = nullptr;
  expect(backward(job) == kDone, "backward without weights", shape, job);
}

// Threads take blocks, write all of them, and give them back, also each other's: no two ever hold the same one.
void share_the_pool() {
  limit_pool(3 << 20);
  std::atomic<int> wrong{0};
  for_each(40, Crew{4}, [&](int64_t task, int) {
    const int64_t bytes = (128 << 10) * (1 + task % 9);
    auto *block = static_cast<unsigned char *>(take(bytes));
    if (!block) return void(wrong++);
    std::memset(block, int(task), size_t(bytes));
    for (int64_t i = 0; i < bytes; i += 4096) wrong += block[i] != task;
    give(block);
  });
  if (wrong || idle_bytes() > 3 << 20) failures++, std::printf("the pool lends a block twice, or keeps too much\n");
  limit_pool(0);
  if (idle_bytes() || take(1)) failures++, std::printf("the pool cannot be switched off\n");
}

// Callers take turns with the team, whatever number each wants, and every task is done once.
void share_the_team() {
  std::atomic<int64_t> wrong{0};
  const auto call = [&](int workers) {
    for (int64_t tasks = 0; tasks < 200; tasks++) {
      std::vector<std::atomic<int>> done(size_t(tasks + 1));
      for_each(tasks, Crew{workers}, [&](int64_t task, int worker) { done[size_t(task)] += worker < workers ? 1 : 100; });
      for (int64_t task = 0; task < tasks; task++) wrong += done[size_t(task)] != 1;
    }
  };
  std::thread first(call, 2), second(call, 5);
  call(3);
  first.join(), second.join();
  if (wrong) failures++, std::printf("the team leaves tasks undone, or does them twice\n");
}

// Who waits for an arrival is told of it, by whichever thread; who waits for none is not kept.
void arrive_and_await() {
  const auto arrive = [] { porter_mindspore_arrive(0, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr); };
  const int64_t before = porter_arrivals();
  if (porter_await(before, 1)) failures++, std::printf("an arrival is told of that has not been\n");
  std::thread one(arrive), two(arrive);
  const bool told = porter_await(before, 60000) && porter_await(before + 1, 60000);
  one.join(), two.join();
  if (!told || porter_arrivals() != before + 2) failures++, std::printf("an arrival is not told of, or not counted\n");
}

void every_way_with_one_thread() {
  const Shape small[] = {{1, 1, 1}, {2, 3, 1}, {2, 5, 7}, {1, 16, 33}, {3, 37, 70}, {1, 1, 300}, {0, 3, 4}, {2, 0, 4}, {2, 3, 0}};
  for (int32_t isa = kBaseline; isa <= choose(kBest); isa++)
    for (int32_t dtype = 0; dtype < 4; dtype++)
      for (const bool last : {false, true})
        for (const bool given : {false, true}) {
          for (const auto &shape : small) run(shape, dtype, last, 1, isa, given);
        }
}

}  // namespace

// With any argument: only what needs several threads.
int main(int count, char **) {
  if (count == 1) every_way_with_one_thread();
  share_the_pool();
  share_the_team();
  arrive_and_await();
  for (const bool last : {false, true}) {
    run({1, 3, 150001}, kFloat32, last, 3, kBest, false);  // threads share a channel
    run({2, 20, 9001}, kFloat64, last, 4, kBest, false);   // threads have channels of their own
    run({2, 20, 9001}, kFloat16, last, 4, kBest, true);
    run({1, 32, 70001}, kFloat32, last, 2, kBest, false);  // large enough to be written past the caches
    run({1, 20, 110007}, kFloat32, last, 2, kBest, false);  // and several positions at once
    run({1, 130, 17001}, kFloat32, last, 2, kBest, false);  // or by way of the stage, for lines that no row fills
    run({1, 511, 4301}, kFloat32, last, 2, kBest, false);   // the largest tables of several positions
    run({1, 515, 4301}, kFloat32, last, 2, kBest, false);   // and more channels than they hold
    run({1, 512, 4201}, kFloat32, last, 2, kBest, false);   // and for rows that are alike in their pages
    run({2, 600, 37}, kFloat16, last, 2, kBest, false);
  }
  std::printf("%d failures\n", failures);
  return failures != 0;
}

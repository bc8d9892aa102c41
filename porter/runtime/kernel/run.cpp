// Forward and backward: sums over every unit, statistics from the sums, then the output; one unit after another where
// each thread has units of its own, so that a unit is still in the cache when it is read again.
#include <algorithm>
#include <cmath>
#include <new>

#include "threads.h"
#include "unit.h"

namespace porter {
namespace {

// One call in progress.
struct Run : Call {
  Run(const Job &job, bool backward)
      : Call(job, backward), gradients(backward && (job.dgamma || job.dbeta) ? 2 * job.n * job.c : 0) {}

  Values gradients;  // (n, c, 2), of gamma and of beta

  void sum_chunk(const Unit &unit, int64_t chunk, const State &state, double *sums) const;
  void accumulate(const double *sums, State &state, bool first) const;
  void sum(const Unit &unit, State &state) const;
  void keep_gradients(const Unit &unit, const State &state);
  void write_chunk(const Unit &unit, int64_t chunk, const State &state) const;
  std::vector<State> states_for(int64_t count) const;
  void whole_units();
  void shared_units();
  void sum_shared(std::vector<State> &states, std::vector<char> &open);
  void write_parameter_gradients() const;
};

void Run::sum_chunk(const Unit &unit, int64_t chunk, const State &state, double *sums) const {
  const Loops &loops = state.summing(*this);
  const Slice slice = slice_of(job, plan, unit, chunk);
  const void *pivot = loops.single ? static_cast<const void *>(state.single_pivot) : state.pivot;
  (backward ? loops.products : loops.moments)(slice, pivot, sums, sums + plan.width);
}

void Run::accumulate(const double *sums, State &state, bool first) const {
  state.rounds += first;
  for (int64_t i = 0; i < plan.width; i++) {
    state.s[i] = first ? sums[i] : state.s[i] + sums[i];
    state.q[i] = first ? sums[plan.width + i] : state.q[i] + sums[plan.width + i];
  }
}

void Run::sum(const Unit &unit, State &state) const {
  for (int64_t chunk = 0; chunk < plan.chunks; chunk++) {
    sum_chunk(unit, chunk, state, state.chunk);
    accumulate(state.chunk, state, chunk == 0);
  }
}

void Run::keep_gradients(const Unit &unit, const State &state) {
  if (gradients.empty()) return;
  double *row = gradients.data() + row_of(job, unit);
  for (int64_t i = 0; i < unit.width; i++, row += 2) {
    row[0] = over_deviation(state.q[i], state.variance[i] + job.eps);
    row[1] = state.s[i];
  }
}

void Run::write_chunk(const Unit &unit, int64_t chunk, const State &state) const {
  Slice slice = slice_of(job, plan, unit, chunk);
  if (backward && given) slice.x = slice.dy;
  const Loops &loops = state.writing(*this);
  (backward && !given ? loops.backprop : loops.normalize)(slice, state.line(*this));
}

std::vector<State> Run::states_for(int64_t count) const {
  std::vector<State> states;
  states.reserve(size_t(count));
  while (count--) states.emplace_back(plan.width);
  return states;
}

// The last chunks were read last: they are written first, from the cache.
void Run::whole_units() {
  std::vector<State> states = states_for(plan.crew.count);
  for_each(plan.units, plan.crew, [&](int64_t u, int worker) {
    const Unit unit = unit_of(job, plan, u);
    State &state = states[worker];
    begin(*this, unit, state);
    do {
      if (sums_needed) sum(unit, state);
    } while (settle(*this, unit, state));
    keep_gradients(unit, state);
    for (int64_t chunk = plan.chunks; job.out && chunk-- > 0;) write_chunk(unit, chunk, state);
  });
}

// The sums of all chunks at once, then of each unit in the order of its chunks.
void Run::sum_shared(std::vector<State> &states, std::vector<char> &open) {
  const int64_t tasks = plan.units * plan.chunks;
  Values partial(2 * tasks * plan.width);
  for_each(tasks, plan.crew, [&](int64_t task, int) {
    const int64_t u = task / plan.chunks;
    if (!open[u]) return;
    sum_chunk(unit_of(job, plan, u), task % plan.chunks, states[u], partial.data() + 2 * task * plan.width);
  });
  for (int64_t u = 0; u < plan.units; u++) {
    if (!open[u]) continue;
    for (int64_t chunk = 0; chunk < plan.chunks; chunk++)
      accumulate(partial.data() + 2 * (u * plan.chunks + chunk) * plan.width, states[u], chunk == 0);
  }
}

void Run::shared_units() {
  std::vector<State> states = states_for(plan.units);
  std::vector<char> open(plan.units, 1);
  for (int64_t u = 0; u < plan.units; u++) begin(*this, unit_of(job, plan, u), states[u]);
  do {
    if (sums_needed) sum_shared(states, open);
    for (int64_t u = 0; u < plan.units; u++) open[u] = open[u] && settle(*this, unit_of(job, plan, u), states[u]);
  } while (std::count(open.begin(), open.end(), 1));
  for (int64_t u = 0; u < plan.units; u++) keep_gradients(unit_of(job, plan, u), states[u]);
  if (!job.out) return;
  const auto write = [&](int64_t task, int) {
    const int64_t u = task / plan.chunks;
    write_chunk(unit_of(job, plan, u), task % plan.chunks, states[u]);
  };
  for_each(plan.units * plan.chunks, plan.crew, write, kBackwards);
}

void Run::write_parameter_gradients() const {
  for (int which = 0; which < 2; which++) {
    void *to = which ? job.dbeta : job.dgamma;
    if (!to) continue;
    Values total(job.c);
    for (int64_t row = 0; row < job.n * job.c; row++) total[row % job.c] += gradients[2 * row + which];
    types[job.affine_dtype].narrow(total.data(), job.c, to);
  }
}

int32_t run(const Job &job, bool backward) {
  if (uint32_t(job.dtype) > 3 || uint32_t(job.affine_dtype) > 3 || uint32_t(job.given_dtype) > 3) return kBadArgument;
  if (job.n < 0 || job.c < 0 || job.s < 0) return kBadArgument;
  if (job.channels_last && job.c == 1) {  // the same memory either way, and the shorter road
    Job first = job;
    first.channels_last = 0;
    return run(first, backward);
  }
  try {
    Run run(job, backward);
    if (job.n && job.c && job.s) run.plan.split ? run.shared_units() : run.whole_units();
    run.write_parameter_gradients();
    return kDone;
  } catch (const std::bad_alloc &) {
    return kNoMemory;
  }
}

}  // namespace

int32_t forward(const Job &job) { return run(job, false); }
int32_t backward(const Job &job) { return run(job, true); }

}  // namespace porter

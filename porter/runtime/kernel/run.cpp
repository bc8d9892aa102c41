// Forward and backward: sums over every unit, statistics from the sums, then the output; one unit after another where
// each thread has units of its own, so that a unit is still in the cache when it is read again.
#include <algorithm>
#include <cmath>
#include <new>
#include <vector>

#include "dispatch.h"
#include "plan.h"
#include "threads.h"

namespace porter {
namespace {

using Values = std::vector<double>;

struct Coefficients {
  double shift, scale, slope, offset;
};

// What is known of one unit: (width,) each, and the four lines that its output is computed from.
struct State {
  explicit State(int64_t width)
      : pivot(width), s(width), q(width), chunk_s(width), chunk_q(width), gamma(width), beta(width), variance(width),
        lines(4 * width) {}
  Values pivot, s, q, chunk_s, chunk_q, gamma, beta, variance, lines;

  void set_line(int64_t i, const Coefficients &k) {
    const double values[] = {k.shift, k.scale, k.slope, k.offset};
    for (int which = 0; which < 4; which++) lines[which * pivot.size() + i] = values[which];
  }
};

// One call in progress.
struct Run {
  Run(const Job &job, bool backward)
      : job(job), plan(plan_of(job)), tables(tables_for(job.isa)), loops(tables[job.dtype]), backward(backward),
        given(job.mean != nullptr), sums_needed(backward ? !given || job.dgamma || job.dbeta : !given),
        gradients(backward && (job.dgamma || job.dbeta) ? 2 * job.n * job.c : 0) {}

  const Job &job;
  const Plan plan;
  const Loops *tables;
  const Loops &loops;
  const bool backward, given, sums_needed;
  Values gradients;  // (n, c, 2), of gamma and of beta

  void begin(const Unit &unit, State &state) const;
  void sum_chunk(const Unit &unit, int64_t chunk, const double *pivot, double *s, double *q) const;
  void sum(const Unit &unit, State &state) const;
  void recenter(const Unit &unit, State &state) const;
  void finish(const Unit &unit, State &state);
  void finish_forward(const Unit &unit, State &state) const;
  void finish_backward(const Unit &unit, State &state);
  void write_chunk(const Unit &unit, int64_t chunk, const State &state) const;
  void whole_units();
  void shared_units();
  void write_parameter_gradients() const;
  int rounds() const { return backward || job.dtype != kFloat64 ? 1 : 2; }
};

// (c,) parameters as double; `otherwise` where there are none.
void read(const Loops *tables, int32_t dtype, const void *from, const Unit &unit, double otherwise, Values &to) {
  for (auto &value : to) value = otherwise;
  if (from) tables[dtype].widen(static_cast<const char *>(from) + unit.channel * size_of(dtype), unit.width, to.data());
}

const double *row_statistics(const Job &job, const Unit &unit) {
  return job.statistics + 2 * (unit.sample * job.c + unit.channel);
}

// The first element as the pivot makes the sum of squares safe: it lies within sqrt(n) deviations of the mean, so that
// at most a factor n of double's precision cancels. float64 has nothing to spare: its second round has the mean.
void Run::begin(const Unit &unit, State &state) const {
  read(tables, job.affine_dtype, job.gamma, unit, 1, state.gamma);
  read(tables, job.affine_dtype, job.beta, unit, 0, state.beta);
  if (given) {
    read(tables, job.given_dtype, job.mean, unit, 0, state.pivot);
  } else if (backward) {
    for (int64_t i = 0; i < unit.width; i++) state.pivot[i] = row_statistics(job, unit)[2 * i];
  } else {
    loops.widen(slice_of(job, plan, unit, 0).x, unit.width, state.pivot.data());
    for (auto &pivot : state.pivot) pivot = std::isfinite(pivot) ? pivot : 0;
  }
}

void Run::sum_chunk(const Unit &unit, int64_t chunk, const double *pivot, double *s, double *q) const {
  (backward ? loops.products : loops.moments)(slice_of(job, plan, unit, chunk), pivot, s, q);
}

void clear(State &state) {
  std::fill(state.s.begin(), state.s.end(), 0);
  std::fill(state.q.begin(), state.q.end(), 0);
}

void accumulate(const double *s, const double *q, int64_t width, State &state) {
  for (int64_t i = 0; i < width; i++) state.s[i] += s[i], state.q[i] += q[i];
}

void Run::sum(const Unit &unit, State &state) const {
  clear(state);
  for (int64_t chunk = 0; chunk < plan.chunks; chunk++) {
    sum_chunk(unit, chunk, state.pivot.data(), state.chunk_s.data(), state.chunk_q.data());
    accumulate(state.chunk_s.data(), state.chunk_q.data(), unit.width, state);
  }
}

void Run::recenter(const Unit &unit, State &state) const {
  for (int64_t i = 0; i < unit.width; i++) state.pivot[i] += state.s[i] / double(job.s);
}

void Run::finish(const Unit &unit, State &state) {
  backward ? finish_backward(unit, state) : finish_forward(unit, state);
}

// What the mean differs from the pivot goes into the offset: in float64, where there is nothing to spare, the mean of the
// second round is then known to more than double's precision.
void Run::finish_forward(const Unit &unit, State &state) const {
  if (given) read(tables, job.given_dtype, job.variance, unit, 0, state.variance);
  for (int64_t i = 0; i < unit.width; i++) {
    const double residual = given ? 0 : state.s[i] / double(job.s);
    const double measured = state.q[i] / double(job.s) - residual * residual;
    if (!given) state.variance[i] = measured < 0 ? 0 : measured;  // a NaN stays
    const double scale = state.gamma[i] / std::sqrt(state.variance[i] + job.eps);
    state.set_line(i, {state.pivot[i], scale, 0, state.beta[i] - residual * scale});
    if (!job.statistics) continue;
    double *row = job.statistics + 2 * (unit.sample * job.c + unit.channel + i);
    row[0] = state.pivot[i] + residual;
    row[1] = state.variance[i];
  }
}

// dx = scale * (dy - mean(dy) - h * mean(dy * h)), h = (x - mean) / deviation: see porter/runtime/reference.py.
// Where statistics were given they are constants: dx = scale * dy.
void Run::finish_backward(const Unit &unit, State &state) {
  if (given) read(tables, job.given_dtype, job.variance, unit, 0, state.variance);
  for (int64_t i = 0; i < unit.width; i++) {
    if (!given) state.variance[i] = row_statistics(job, unit)[2 * i + 1];
    const double inverse = 1 / std::sqrt(state.variance[i] + job.eps), scale = state.gamma[i] * inverse;
    const double slope = -scale * inverse * inverse * state.q[i] / double(job.s);
    const double offset = -scale * state.s[i] / double(job.s);
    state.set_line(i, given ? Coefficients{0, scale, 0, 0} : Coefficients{state.pivot[i], scale, slope, offset});
    if (gradients.empty()) continue;
    double *row = gradients.data() + 2 * (unit.sample * job.c + unit.channel + i);
    row[0] = state.q[i] * inverse;
    row[1] = state.s[i];
  }
}

void Run::write_chunk(const Unit &unit, int64_t chunk, const State &state) const {
  Slice slice = slice_of(job, plan, unit, chunk);
  const auto line = [&](int which) { return state.lines.data() + which * plan.width; };
  const Line lines = {line(0), line(1), line(2), line(3)};
  if (backward && given) slice.x = slice.dy;
  (backward && !given ? loops.backprop : loops.normalize)(slice, lines);
}

// The last chunks were read last: they are written first, from the cache.
void Run::whole_units() {
  std::vector<State> states(plan.threads, State(plan.width));
  for_each(plan.units, plan.threads, [&](int64_t u, int worker) {
    const Unit unit = unit_of(job, plan, u);
    State &state = states[worker];
    begin(unit, state);
    for (int round = 0; sums_needed && round < rounds(); round++) {
      if (round) recenter(unit, state);
      sum(unit, state);
    }
    finish(unit, state);
    for (int64_t chunk = plan.chunks; job.out && chunk-- > 0;) write_chunk(unit, chunk, state);
  });
}

void Run::shared_units() {
  std::vector<State> states(plan.units, State(plan.width));
  const int64_t tasks = plan.units * plan.chunks;
  Values partial(sums_needed ? 2 * tasks * plan.width : 0);
  for (int64_t u = 0; u < plan.units; u++) begin(unit_of(job, plan, u), states[u]);
  for (int round = 0; sums_needed && round < rounds(); round++) {
    for (int64_t u = 0; round && u < plan.units; u++) recenter(unit_of(job, plan, u), states[u]);
    for_each(tasks, plan.threads, [&](int64_t task, int) {
      double *s = partial.data() + 2 * task * plan.width;
      const int64_t u = task / plan.chunks;
      sum_chunk(unit_of(job, plan, u), task % plan.chunks, states[u].pivot.data(), s, s + plan.width);
    });
    for (auto &state : states) clear(state);
    for (int64_t task = 0; task < tasks; task++) {
      const double *s = partial.data() + 2 * task * plan.width;
      accumulate(s, s + plan.width, plan.width, states[task / plan.chunks]);
    }
  }
  for (int64_t u = 0; u < plan.units; u++) finish(unit_of(job, plan, u), states[u]);
  if (!job.out) return;
  for_each(tasks, plan.threads, [&](int64_t task, int) {
    const int64_t u = plan.units - 1 - task / plan.chunks;
    write_chunk(unit_of(job, plan, u), plan.chunks - 1 - task % plan.chunks, states[u]);
  });
}

void Run::write_parameter_gradients() const {
  for (int which = 0; which < 2; which++) {
    void *to = which ? job.dbeta : job.dgamma;
    if (!to) continue;
    Values total(job.c);
    for (int64_t row = 0; row < job.n * job.c; row++) total[row % job.c] += gradients[2 * row + which];
    tables[job.affine_dtype].narrow(total.data(), job.c, to);
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

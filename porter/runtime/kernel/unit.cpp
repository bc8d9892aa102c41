#include "unit.h"

#include <algorithm>
#include <cmath>

#include "dispatch.h"

namespace porter {
namespace {

struct Coefficients {
  double shift, scale, slope, offset;
};

// How many positions a channel needs for what float loses in single sums to average out. The gradients of gamma and beta
// are such sums themselves, so that nothing divides their error.
constexpr int64_t kSingleFrom = 512, kGradientsFrom = 32768;
// In float, what is left of the mean after the pivot costs digits of the variance: at most four bits, else once more.
constexpr double kMostCancelled = 16;
// Far inside of what float holds, so that no square and no product leaves it, and none is lost below it.
constexpr double kSmallest = 0x1p-80, kLargest = 0x1p80;

bool in_range(double v) { return v == 0 || (std::fabs(v) >= kSmallest && std::fabs(v) <= kLargest); }

// (c,) parameters as double; `otherwise` where there are none.
Values read(const Type *types, int32_t dtype, const void *from, int64_t count, double otherwise) {
  Values values(size_t(count), otherwise);
  if (from) types[dtype].widen(from, count, values.data());
  return values;
}

// A number near the mean that float holds. Near 0 it is 0, so that the difference to it is exact.
double rounded(double mean, double variance) {
  return 4 * mean * mean < variance ? 0 : double(float(mean));
}

void set_pivot(const Call &call, const Unit &unit, State &state) {
  const bool measure = !call.given && !call.backward;
  if (measure) call.type.sample(slice_of(call.job, call.plan, unit, kWhole), state.pivot);
  for (int64_t i = 0; i < unit.width; i++) {
    double &pivot = state.pivot[i];
    if (!measure) pivot = state.exact ? state.mean[i] : rounded(state.mean[i], state.variance[i] + call.job.eps);
    else if (!state.exact) pivot = float(pivot);
    if (!std::isfinite(pivot)) pivot = 0;
    state.single_pivot[i] = float(pivot);
  }
}

// float64 has nothing to spare: its second round has the mean as its pivot. In float, see kMostCancelled.
bool has_to_recenter(const Call &call, const State &state, int64_t i) {
  if (state.exact) return call.job.dtype == kFloat64 && state.rounds == 1;
  const double residual = state.s[i] * call.per_position;
  return state.rounds == 1 && residual * residual > (kMostCancelled - 1) * state.variance[i];
}

void measure(const Call &call, State &state, int64_t i) {
  const double residual = state.s[i] * call.per_position;
  const double variance = state.q[i] * call.per_position - residual * residual;
  state.mean[i] = state.pivot[i] + residual;
  state.variance[i] = variance < 0 ? 0 : variance;  // a NaN stays
}

// In float64 the mean of the second round is known to more than double's precision: what it differs from the pivot goes
// into the offset.
Coefficients forward_line(const Call &call, const State &state, int64_t i, int64_t channel) {
  const double variance = state.variance[i] + call.job.eps;
  const double scale = call.over_deviation(call.gamma[channel], variance);
  const double beta = call.beta[channel];
  if (state.exact) {
    const double residual = call.given ? 0 : state.s[i] * call.per_position;
    return {state.pivot[i], scale, 0, beta - residual * scale};
  }
  if (call.plain) return {0, scale, 0, beta - state.mean[i] * scale};
  const double shift = rounded(state.mean[i], variance);
  return {shift, scale, 0, beta - (state.mean[i] - shift) * scale};
}

// dx = scale * (dy - mean(dy) - h * mean(dy * h)), h = (x - mean) / deviation: see porter/runtime/reference.py.
// Where statistics were given they are constants: dx = scale * dy.
Coefficients backward_line(const Call &call, State &state, int64_t i, int64_t channel) {
  const double inverse = call.over_deviation(1, state.variance[i] + call.job.eps);
  const double scale = call.gamma[channel] * inverse;
  const double residual = state.mean[i] - state.pivot[i];
  if (residual != 0) state.q[i] -= residual * state.s[i];  // an infinite sum stays one
  if (call.given) return {0, scale, 0, 0};
  const double slope = -scale * inverse * inverse * state.q[i] * call.per_position;
  const double offset = -scale * state.s[i] * call.per_position;
  return {state.pivot[i], scale, slope, residual != 0 ? offset - slope * residual : offset};
}

// Without a shift, a double's last places have to hold what the mean has more than the deviation. A constant channel is
// beta exactly, which only a shift makes it.
constexpr double kFarthest = 0x1p20;
bool needs_shift(const Call &call, const State &state, int64_t i) {
  const double variance = state.variance[i] + (call.given ? call.job.eps : 0);
  return std::fabs(state.mean[i]) > kFarthest * std::sqrt(variance);
}

// Whether float may compute what these sums and coefficients say: no overflow on the way, and nothing lost below.
bool fits(const Call &call, const State &state, int64_t i, const Coefficients &k) {
  const double variance = state.variance[i] + call.job.eps;
  if (!(variance >= kSmallest && variance <= kLargest && in_range(k.scale) && std::fabs(k.shift) <= kLargest))
    return false;
  if (!(in_range(k.slope) && std::fabs(k.offset) <= kLargest)) return false;
  if (call.plain && !call.backward && needs_shift(call, state, i)) return false;
  const bool constant = state.s[i] == 0 && state.q[i] == 0;
  return call.backward || call.given || constant || state.variance[i] >= kSmallest;
}

void set_line(const Call &call, State &state, int64_t i, const Coefficients &k) {
  const double rest = state.exact ? 0 : k.scale - double(float(k.scale));
  const double values[] = {k.shift, k.scale, rest, k.slope, k.offset};
  for (int which = 0; which < 5; which++) {
    if (state.has_double_lines(call)) state.lines[which * state.width + i] = values[which];
    else state.singles[which * state.width + i] = float(values[which]);
  }
}

void write_statistics(const Call &call, const Unit &unit, const State &state) {
  double *row = call.job.statistics + row_of(call.job, unit);
  for (int64_t i = 0; i < unit.width; i++, row += 2) row[0] = state.mean[i], row[1] = state.variance[i];
}

bool start_again(const Call &call, const Unit &unit, State &state) {
  state.exact = true;
  set_pivot(call, unit, state);
  return true;
}

bool settle_forward(const Call &call, const Unit &unit, State &state) {
  bool again = false;
  for (int64_t i = 0; i < unit.width; i++) {
    if (!call.given) measure(call, state, i);
    const Coefficients k = forward_line(call, state, i, unit.channel + i);
    if (!state.exact && !fits(call, state, i, k)) return start_again(call, unit, state);
    again |= !call.given && has_to_recenter(call, state, i);
    set_line(call, state, i, k);
  }
  for (int64_t i = 0; again && i < unit.width; i++)
    state.pivot[i] = state.exact ? state.mean[i] : (state.single_pivot[i] = float(state.mean[i]));
  if (!again && call.job.statistics) write_statistics(call, unit, state);
  return again;
}

bool settle_backward(const Call &call, const Unit &unit, State &state) {
  for (int64_t i = 0; i < unit.width; i++) {
    const Coefficients k = backward_line(call, state, i, unit.channel + i);
    if (!state.exact && !fits(call, state, i, k)) return start_again(call, unit, state);
    set_line(call, state, i, k);
  }
  return false;
}

// Parameters in double have a gradient in double.
bool has_doubles(const Job &job) {
  return job.affine_dtype == kFloat64 && (job.gamma || job.beta || job.dgamma || job.dbeta);
}

}  // namespace

Call::Call(const Job &job, bool backward)
    : job(job), plan(plan_of(job)), types(types_for(job.isa)), type(types[job.dtype]), backward(backward),
      given(job.mean != nullptr), sums_needed(backward ? !given || job.dgamma || job.dbeta : !given),
      exact_sums(job.s < (backward ? kGradientsFrom : kSingleFrom) || has_doubles(job)),
      exact(!type.fast.single || job.s < kSingleFrom),
      plain(type.fast.plain && (!backward || given)), per_position(1 / double(job.s)),
      gamma(read(types, job.affine_dtype, job.gamma, job.c, 1)),
      beta(read(types, job.affine_dtype, job.beta, job.c, 0)), mean(read(types, job.given_dtype, job.mean, job.c, 0)),
      variance(read(types, job.given_dtype, job.variance, job.c, 0)) {}

Line State::line(const Call &call) const {
  const auto part = [&](int which) -> const void * {
    const int64_t from = which * width;
    return has_double_lines(call) ? static_cast<const void *>(lines + from) : singles + from;
  };
  return {part(0), part(1), part(2), part(3), part(4)};
}

void begin(const Call &call, const Unit &unit, State &state) {
  const Job &job = call.job;
  state.exact = call.exact;
  state.rounds = 0;
  for (int64_t i = 0; !call.sums_needed && i < unit.width; i++) state.s[i] = state.q[i] = 0;
  if (call.given) {
    std::copy_n(call.mean.data() + unit.channel, unit.width, state.mean);
    std::copy_n(call.variance.data() + unit.channel, unit.width, state.variance);
  } else if (call.backward) {
    const double *row = job.statistics + row_of(job, unit);
    for (int64_t i = 0; i < unit.width; i++) state.mean[i] = row[2 * i], state.variance[i] = row[2 * i + 1];
  }
  set_pivot(call, unit, state);
}

bool settle(const Call &call, const Unit &unit, State &state) {
  return call.backward ? settle_backward(call, unit, state) : settle_forward(call, unit, state);
}

}  // namespace porter

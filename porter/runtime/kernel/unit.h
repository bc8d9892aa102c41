// One unit in progress: from its sums to the numbers that its output is computed from.
#pragma once
#include <cmath>
#include <vector>

#include "plan.h"

namespace porter {

using Values = std::vector<double>;

// One call, as all its units see it.
struct Call {
  Call(const Job &job, bool backward);
  const Job &job;
  const Plan plan;
  const Type *types;
  const Type &type;
  const bool backward, given, sums_needed;
  const bool exact_sums, exact;  // in double
  const bool plain;  // the output is written by lines of double without a shift, unless `exact`: see Loops
  const double per_position;  // 1 / s
  const Values gamma, beta, mean, variance;  // (c,)

  // As in torch: with eps=0 a constant channel is beta, not NaN, unless its statistics were given.
  double over_deviation(double value, double variance_and_eps) const {
    return variance_and_eps == 0 && !given ? 0 : value / std::sqrt(variance_and_eps);
  }
};

// Numbers that share no line of the cache with another thread's, nor the line beside it, which is fetched with it.
struct alignas(128) Sector {
  unsigned char bytes[128];
};

// What is known of one unit: (width,) each, and the lines that its output is computed from. Its user is one thread.
struct alignas(128) State {
  explicit State(int64_t width)
      : memory(size_t(15 * width + 15) / 16), width(width), pivot(reinterpret_cast<double *>(memory.data())),
        s(pivot + width), q(s + width), mean(q + width), variance(mean + width), chunk(variance + width),
        lines(chunk + 2 * width), single_pivot(reinterpret_cast<float *>(lines + 5 * width)),
        singles(single_pivot + width) {}
  State(State &&) = default;

  std::vector<Sector> memory;
  int64_t width;
  double *pivot, *s, *q, *mean, *variance;
  double *chunk;  // the sums of one chunk, (2, width)
  double *lines;  // (5, width)
  float *single_pivot, *singles;  // the same for loops that compute in float
  bool exact = false;  // all in double
  int rounds = 0;  // how often sums were taken

  const Loops &summing(const Call &call) const { return exact || call.exact_sums ? call.type.exact : call.type.fast; }
  const Loops &writing(const Call &call) const { return exact ? call.type.exact : call.type.fast; }
  Line line(const Call &call) const;
  bool has_double_lines(const Call &call) const { return exact || call.plain; }
};

// Before the sums: a pivot, and all that is given.
void begin(const Call &call, const Unit &unit, State &state);
// After the sums: statistics and lines. True where the sums did not suffice, and have to be taken once more.
bool settle(const Call &call, const Unit &unit, State &state);
// (n, c, 2) by the order of job.statistics: where the channels of a unit begin.
inline int64_t row_of(const Job &job, const Unit &unit) { return 2 * (unit.sample * job.c + unit.channel); }

}  // namespace porter

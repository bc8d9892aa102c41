// What MindSpore's ops.Custom calls, ahead-of-time compiled:
// https://www.mindspore.cn/docs/en/r2.7.0/api_python/ops/mindspore.ops.Custom.html
// Inputs come first, then outputs; a parameter that a layer does not have is passed as ones, zeros, all the same.
#include <atomic>
#include <cstring>

#include "kernel.h"

namespace porter {
namespace {

std::atomic<int32_t> default_threads{1}, default_isa{0};

struct Call {
  int count;
  void **params;
  int *ndims;
  int64_t **shapes;
  const char **dtypes;

  int32_t dtype(int i) const {
    static const char *names[] = {"float32", "float64", "float16", "bfloat16"};
    for (int32_t code = 0; code < 4; code++)
      if (!std::strcmp(dtypes[i], names[code])) return code;
    return -1;
  }
  double number(int i) const { return *static_cast<const double *>(params[i]); }
};

// The sizes and what every entry has; `x` is the index of the input, (n, c, spatial...).
Job job_of(const Call &call, int x) {
  Job job{};
  job.n = call.shapes[x][0], job.c = call.shapes[x][1], job.s = 1;
  for (int i = 2; i < call.ndims[x]; i++) job.s *= call.shapes[x][i];
  job.dtype = call.dtype(x);
  job.x = call.params[x];
  job.threads = default_threads, job.isa = default_isa;
  return job;
}

void set_affine(Job &job, const Call &call, int gamma) {
  job.gamma = call.params[gamma];
  job.affine_dtype = call.dtype(gamma);
}

void set_given(Job &job, const Call &call, int mean) {
  job.mean = call.params[mean], job.variance = call.params[mean + 1];
  job.given_dtype = call.dtype(mean);
}

void set_gradients(Job &job, const Call &call, int first) {
  job.out = call.params[first], job.dgamma = call.params[first + 1], job.dbeta = call.params[first + 2];
}

}  // namespace
}  // namespace porter

using porter::Call;
using porter::Job;

#define PORTER_EXPORT extern "C" __attribute__((visibility("default")))
#define PORTER_CALL int count, void **params, int *ndims, int64_t **shapes, const char **dtypes, void *, void *

// The threads and the widest instruction set of all calls from now on.
PORTER_EXPORT void porter_configure(int32_t threads, int32_t isa) {
  porter::default_threads = threads, porter::default_isa = isa;
}

// x, gamma, beta, eps -> y, statistics
PORTER_EXPORT int porter_mindspore_forward(PORTER_CALL) {
  const Call call{count, params, ndims, shapes, dtypes};
  if (count != 6) return porter::kBadArgument;
  Job job = porter::job_of(call, 0);
  porter::set_affine(job, call, 1);
  job.beta = params[2], job.eps = call.number(3);
  job.out = params[4], job.statistics = static_cast<double *>(params[5]);
  return porter::forward(job);
}

// dy, x, statistics, gamma, eps -> dx, dgamma, dbeta
PORTER_EXPORT int porter_mindspore_backward(PORTER_CALL) {
  const Call call{count, params, ndims, shapes, dtypes};
  if (count != 8) return porter::kBadArgument;
  Job job = porter::job_of(call, 1);
  porter::set_affine(job, call, 3);
  job.dy = params[0], job.statistics = static_cast<double *>(params[2]), job.eps = call.number(4);
  porter::set_gradients(job, call, 5);
  return porter::backward(job);
}

// x, gamma, beta, mean, variance, eps -> y
PORTER_EXPORT int porter_mindspore_given_forward(PORTER_CALL) {
  const Call call{count, params, ndims, shapes, dtypes};
  if (count != 7) return porter::kBadArgument;
  Job job = porter::job_of(call, 0);
  porter::set_affine(job, call, 1);
  porter::set_given(job, call, 3);
  job.beta = params[2], job.eps = call.number(5), job.out = params[6];
  return porter::forward(job);
}

// dy, x, gamma, mean, variance, eps -> dx, dgamma, dbeta
PORTER_EXPORT int porter_mindspore_given_backward(PORTER_CALL) {
  const Call call{count, params, ndims, shapes, dtypes};
  if (count != 9) return porter::kBadArgument;
  Job job = porter::job_of(call, 1);
  porter::set_affine(job, call, 2);
  porter::set_given(job, call, 3);
  job.dy = params[0], job.eps = call.number(5);
  porter::set_gradients(job, call, 6);
  return porter::backward(job);
}

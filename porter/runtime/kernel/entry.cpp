// What the outside sees: the functions of loader.py, and the choice of the instruction set.
#include "dispatch.h"
#include "threads.h"

namespace porter {
namespace {

bool has_avx2() {
#if defined(PORTER_HAS_AVX2)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
#else
  return false;
#endif
}

bool has_avx512() {
#if defined(PORTER_HAS_AVX512)
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
#else
  return false;
#endif
}

}  // namespace

int32_t choose(int32_t limit) {
  static const int32_t best = has_avx512() ? kAvx512 : has_avx2() ? kAvx2 : kBaseline;
  return limit == kBest || limit > best ? best : limit;
}

const Type *types_for(int32_t limit) {
  switch (choose(limit)) {
#if defined(PORTER_HAS_AVX512)
    case kAvx512: return avx512::types;
#endif
#if defined(PORTER_HAS_AVX2)
    case kAvx2: return avx2::types;
#endif
    default: return baseline::types;
  }
}

}  // namespace porter

#define PORTER_EXPORT extern "C" __attribute__((visibility("default")))

PORTER_EXPORT int32_t porter_abi_version() { return porter::kAbiVersion; }
PORTER_EXPORT int32_t porter_job_size() { return sizeof(porter::Job); }
PORTER_EXPORT int32_t porter_isa(int32_t limit) { return porter::choose(limit); }
PORTER_EXPORT int32_t porter_forward(const porter::Job *job) { return porter::forward(*job); }
PORTER_EXPORT int32_t porter_backward(const porter::Job *job) { return porter::backward(*job); }
PORTER_EXPORT void porter_lend_threads(porter::Parallel parallel) { porter::lend(parallel); }

// Blocks of the pool as tensors that another library adopts: https://dmlc.github.io/dlpack/latest/c_api.html
// The last owner calls the deleter, from any thread, with or without Python.
#include <algorithm>
#include <new>

#include "kernel.h"
#include "pool.h"

namespace porter {
namespace {

constexpr int32_t kMostDimensions = 16;

struct DLTensor {
  void *data;
  int32_t device_type, device_id, ndim;
  uint8_t code, bits;
  uint16_t lanes;
  int64_t *shape, *strides;
  uint64_t byte_offset;
};

struct DLManagedTensor {
  DLTensor tensor;
  void *context;
  void (*deleter)(DLManagedTensor *);
};

struct Held : DLManagedTensor {
  int64_t shape[kMostDimensions], strides[kMostDimensions];
};

void release(DLManagedTensor *tensor) {
  give(tensor->tensor.data);
  delete static_cast<Held *>(tensor);
}

Held *lend(int32_t dtype, int32_t ndim, const int64_t *shape, const int64_t *strides) {
  constexpr int32_t kCpu = 1;
  constexpr uint8_t kFloat = 2, kBrainFloat = 4;
  int64_t bytes = size_of(dtype);
  for (int32_t i = 0; i < ndim; i++) bytes *= shape[i];
  Held *held = ndim > kMostDimensions ? nullptr : new (std::nothrow) Held{};
  if (!held) return nullptr;
  held->tensor = {take(bytes), kCpu, 0, ndim, dtype == kBfloat16 ? kBrainFloat : kFloat, uint8_t(8 * size_of(dtype)), 1,
                  held->shape, held->strides, 0};
  held->deleter = release;
  std::copy_n(shape, ndim, held->shape);
  std::copy_n(strides, ndim, held->strides);
  if (held->tensor.data) return held;
  delete held;
  return nullptr;
}

}  // namespace
}  // namespace porter

#define PORTER_EXPORT extern "C" __attribute__((visibility("default")))

PORTER_EXPORT void porter_limit_pool(int64_t bytes) { porter::limit_pool(bytes); }
PORTER_EXPORT int64_t porter_idle_bytes() { return porter::idle_bytes(); }
PORTER_EXPORT void *porter_take(int64_t bytes) { return porter::take(bytes); }
PORTER_EXPORT void porter_give(void *block) { porter::give(block); }
// A DLManagedTensor of dense memory, or nullptr where the pool lends none.
PORTER_EXPORT void *porter_take_tensor(int32_t dtype, int32_t ndim, const int64_t *shape, const int64_t *strides) {
  return porter::lend(dtype, ndim, shape, strides);
}

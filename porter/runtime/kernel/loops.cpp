// The loops for one instruction set: compiled once for each, with its flags and PORTER_ISA as its namespace. No template
// of the standard library may be instantiated here: the linker would keep one copy, perhaps the one that needs AVX-512.
#include <type_traits>

#include "kernel.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace porter {
namespace PORTER_ISA {
namespace {

#include "vectors.h"
#include "reduce.h"
#include "apply.h"
#include "stage.h"

template <class T>
void widen(const void *from, int64_t count, double *to) {
  for (int64_t i = 0; i < count; i++) to[i] = double(scalar(static_cast<const T *>(from) + i));
}

template <class T>
void narrow(const double *from, int64_t count, void *to) {
  for (int64_t i = 0; i < count; i++) put(static_cast<T *>(to) + i, from[i]);
}

template <class T>
void sample(const Slice &slice, double *mean) {
  const T *x = static_cast<const T *>(slice.x);
  const int64_t count = slice.length < 8 ? 1 : 8, step = slice.length / 8 * slice.width;
  for (int64_t c = 0; c < slice.width; c++) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) sum += double(scalar(x + c + i * step));
    mean[c] = sum / double(count);
  }
}

template <class R, class T, Form kForward = kShifted, class W = R>
constexpr Loops loops_in() {
  return {reduce<false, R, T>, reduce<true, R, T>, apply<kForward, W, T>, apply<kGradient, R, T>, sizeof(R) == 4,
          kForward == kPlain};
}

// Of a double, float would lose half. Its own numbers are written by double all the same: as fast, without a shift.
template <class T>
constexpr Loops fast() {
  if constexpr (sizeof(T) == 8) return loops_in<double, T>();
  else if constexpr (sizeof(T) == 4 && sizeof(Fast) == 4) return loops_in<Fast, T, kPlain, double>();
  else return loops_in<Fast, T>();
}

template <class T>
constexpr Type of() {
  return {fast<T>(), loops_in<double, T>(), sample<T>, widen<T>, narrow<T>};
}

}  // namespace

const Type types[4] = {of<float>(), of<double>(), of<Half>(), of<Bfloat>()};

}  // namespace PORTER_ISA
}  // namespace porter

// The loops for one instruction set: compiled once for each, with its flags and PORTER_ISA as its namespace. No template
// of the standard library may be instantiated here: the linker would keep one copy, perhaps the one that needs AVX-512.
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

template <class T>
void widen(const void *from, int64_t count, double *to) {
  for (int64_t i = 0; i < count; i++) to[i] = double(scalar(static_cast<const T *>(from) + i));
}

template <class T>
void narrow(const double *from, int64_t count, void *to) {
  for (int64_t i = 0; i < count; i++) put(static_cast<T *>(to) + i, from[i]);
}

template <class T>
constexpr Loops of() {
  return {reduce<false, T>, reduce<true, T>, apply<false, T>, apply<true, T>, widen<T>, narrow<T>};
}

}  // namespace

const Loops loops[4] = {of<float>(), of<double>(), of<Half>(), of<Bfloat>()};

}  // namespace PORTER_ISA
}  // namespace porter

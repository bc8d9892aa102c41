// What the parts of the kernel share: the job that a caller describes, and the loops that each instruction set supplies.
#pragma once
#include <cstdint>

namespace porter {

enum Dtype : int32_t { kFloat32 = 0, kFloat64 = 1, kFloat16 = 2, kBfloat16 = 3 };
inline int64_t size_of(int32_t dtype) { return dtype == kFloat64 ? 8 : dtype == kFloat32 ? 4 : 2; }

// One call. Arrays are dense: (n, c, s), or (n, s, c) where channels_last. An absent array is a null pointer.
// The layout is known to loader.py: change both together, and ABI_VERSION with them.
struct Job {
  int64_t n, c, s;
  int32_t dtype, channels_last, threads, isa;  // threads: below 0 as many of those that were lent, see threads.h
  int32_t affine_dtype, given_dtype;  // of gamma, beta and their gradients; of mean and variance
  double eps;
  const void *x, *dy;              // dy: backward only
  void *out;                       // y, or the gradient of x
  const void *gamma, *beta;        // (c,)
  const void *mean, *variance;     // (c,): given statistics, in place of the input's
  double *statistics;              // (n, c, 2), mean and biased variance: written forward, read backward
  void *dgamma, *dbeta;            // (c,)
};
constexpr int32_t kAbiVersion = 4;
enum Status : int32_t { kDone = 0, kBadArgument = 1, kNoMemory = 2 };

// `length` positions of `width` neighbouring channels, without gaps. A width of 1 is a piece of one channel.
struct Slice {
  const void *x, *dy;
  void *out;
  int64_t length, width;
  bool stream;  // write past the caches
};

// What the output is computed from, as apply.h says: (width,) each, in the type that the loops compute in.
struct Line {
  const void *shift, *scale, *rest, *slope, *offset;
};

// The loops over one type of numbers. Forward: s = sum(x - pivot), q = sum((x - pivot)^2).
// Backward: s = sum(dy), q = sum(dy * (x - pivot)). Sums are double, (width,); pivots are of the type that the loops
// compute in, float where `single`.
struct Loops {
  void (*moments)(const Slice &, const void *pivot, double *s, double *q);
  void (*products)(const Slice &, const void *pivot, double *s, double *q);
  void (*normalize)(const Slice &, const Line &);
  void (*backprop)(const Slice &, const Line &);
  bool single;
  bool plain;  // `normalize` takes lines of double, and no shift
};

struct Type {
  Loops fast, exact;
  void (*sample)(const Slice &, double *mean);  // of a few positions, evenly spaced
  void (*widen)(const void *from, int64_t count, double *to);
  void (*narrow)(const double *from, int64_t count, void *to);
};

// One table for every Dtype. baseline is always there, the others where the compiler knows them.
namespace baseline { extern const Type types[4]; }
namespace avx2 { extern const Type types[4]; }
namespace avx512 { extern const Type types[4]; }

int32_t forward(const Job &);
int32_t backward(const Job &);

}  // namespace porter

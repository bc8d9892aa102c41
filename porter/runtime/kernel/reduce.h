// The sums over a slice. Independent accumulators stand in the source, so that no compiler needs leave to reorder.
// kGrad: sum(dy) and sum(dy * (x - pivot)); else sum(x - pivot) and sum((x - pivot)^2).
//
// Where R is float, kBlock numbers, or twice as many among neighbouring channels, are added in float before their sum
// goes on in double: what rounding leaves does not grow with the slice.

// Where channels are neighbours these are also the positions taken at a time: memory is read nearly in order, and each
// tile finds its part in the innermost cache. Measured from 8 to 64.
constexpr int64_t kBlock = 8;

template <class R>
struct Sums {
  Lanes<R> s = {}, q = {};
};

template <bool kGrad, class T>
inline void add_scalar(const T *x, const T *dy, double pivot, double &s, double &q) {
  const double d = double(scalar(x)) - pivot;
  const double g = kGrad ? double(scalar(dy)) : d;
  s += g;
  q += g * d;
}

template <bool kGrad, class R, class T>
inline void add(const T *x, const T *dy, Lanes<R> pivot, Sums<R> &to) {
  const Lanes<R> d = load<R>(x) - pivot;
  const Lanes<R> g = kGrad ? load<R>(dy) : d;
  to.s += g;
  to.q += g * d;
}

inline double total(Doubles v) {
  for (int step = kLanes<double> / 2; step; step /= 2)
    for (int i = 0; i < step; i++) v[i] += v[i + step];
  return v[0];
}

// A piece of one channel. In double, four vectors at a time hide the latency of an addition.
template <bool kGrad, class T>
int64_t reduce_run(const T *x, const T *dy, int64_t length, double pivot, double &s, double &q) {
  constexpr int kUnroll = 4, kStep = kUnroll * kLanes<double>;
  Sums<double> sums[kUnroll];
  const Doubles vp = pivot - Doubles{};
  int64_t i = 0;
  for (; i + kStep <= length; i += kStep)
#pragma GCC unroll 8
    for (int j = 0; j < kUnroll; j++)
      add<kGrad, double>(x + i + j * kLanes<double>, dy + i + j * kLanes<double>, vp, sums[j]);
  s += total((sums[0].s + sums[1].s) + (sums[2].s + sums[3].s));
  q += total((sums[0].q + sums[1].q) + (sums[2].q + sums[3].q));
  return i;
}

// In float, one block after another hides it: no block waits for the one before.
template <bool kGrad, class T>
int64_t reduce_run(const T *x, const T *dy, int64_t length, float pivot, double &s_total, double &q_total) {
  constexpr int kStep = int(kBlock) * kLanes<float>;
  Doubles s0 = {}, s1 = {}, q0 = {}, q1 = {};
  const Floats vp = pivot - Floats{};
  int64_t i = 0;
  for (; i + kStep <= length; i += kStep) {
    Sums<float> even, odd;
#pragma GCC unroll 16
    for (int j = 0; j < int(kBlock); j++)
      add<kGrad, float>(x + i + j * kLanes<float>, dy + i + j * kLanes<float>, vp, j % 2 ? odd : even);
    const Floats s = even.s + odd.s, q = even.q + odd.q;
    s0 += to_double(low(s)), s1 += to_double(high(s));
    q0 += to_double(low(q)), q1 += to_double(high(q));
  }
  s_total += total(s0 + s1);
  q_total += total(q0 + q1);
  return i;
}

// The processor does not foresee the way from tile to tile: what the next block will read is asked for one block ahead.
// Beyond the end of an array that has no effect.
template <int kCount, class T>
inline void fetch(const T *p) {
#pragma GCC unroll 8
  for (int i = 0; i < int(kCount * sizeof(T)); i += 64) __builtin_prefetch(reinterpret_cast<const char *>(p) + i);
}

inline void add_to(double *p, Doubles v) { store<false>(p, load<double>(p) + v); }
inline void add_to(double *p, Floats v) {
  add_to(p, to_double(low(v)));
  add_to(p + kLanes<double>, to_double(high(v)));
}

// kVectors * kLanes neighbouring channels, over the positions: the sums stay in registers meanwhile.
template <bool kGrad, int kVectors, class R, class T>
void reduce_tile(const T *x, const T *dy, int64_t length, int64_t stride, const R *pivot, double *s, double *q) {
  Sums<R> sums[kVectors];
  Lanes<R> vp[kVectors];
  for (int j = 0; j < kVectors; j++) vp[j] = load<R>(pivot + j * kLanes<R>);
  for (int64_t i = 0; i < length; i++, x += stride, dy += stride) {
    fetch<kVectors * kLanes<R>>(x + length * stride);
    if constexpr (kGrad) fetch<kVectors * kLanes<R>>(dy + length * stride);
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; j++) add<kGrad, R>(x + j * kLanes<R>, dy + j * kLanes<R>, vp[j], sums[j]);
  }
  for (int j = 0; j < kVectors; j++) {
    add_to(s + j * kLanes<R>, sums[j].s);
    add_to(q + j * kLanes<R>, sums[j].q);
  }
}

// One channel among several: four positions at a time.
template <bool kGrad, class T>
void reduce_channel(const T *x, const T *dy, int64_t length, int64_t stride, double pivot, double &s, double &q) {
  double ss[4] = {}, sq[4] = {};
  for (int64_t i = 0; i < length; i++) add_scalar<kGrad>(x + i * stride, dy + i * stride, pivot, ss[i & 3], sq[i & 3]);
  s += (ss[0] + ss[1]) + (ss[2] + ss[3]);
  q += (sq[0] + sq[1]) + (sq[2] + sq[3]);
}

template <bool kGrad, class R, class T>
void reduce_columns(const T *x, const T *dy, int64_t length, const Slice &slice, const R *pivot, double *s, double *q) {
  constexpr int kTile = kBytes == 16 ? 2 : 4;  // vectors, so that a tile's sums and pivots fit the registers
  const int64_t stride = slice.stride;
  int64_t c = 0;
  for (; c + kTile * kLanes<R> <= slice.width; c += kTile * kLanes<R>)
    reduce_tile<kGrad, kTile, R>(x + c, dy + c, length, stride, pivot + c, s + c, q + c);
  for (; c + kLanes<R> <= slice.width; c += kLanes<R>)
    reduce_tile<kGrad, 1, R>(x + c, dy + c, length, stride, pivot + c, s + c, q + c);
  for (; c < slice.width; c++) reduce_channel<kGrad>(x + c, dy + c, length, stride, pivot[c], s[c], q[c]);
}

template <bool kGrad, class R, class T>
void reduce(const Slice &slice, const void *pivots, double *s, double *q) {
  const R *pivot = static_cast<const R *>(pivots);
  const T *x = static_cast<const T *>(slice.x), *dy = kGrad ? static_cast<const T *>(slice.dy) : x;
  for (int64_t c = 0; c < slice.width; c++) s[c] = q[c] = 0;
  if (slice.stride == 1) {
    int64_t i = reduce_run<kGrad>(x, dy, slice.length, *pivot, *s, *q);
    for (; i < slice.length; i++) add_scalar<kGrad>(x + i, dy + i, *pivot, *s, *q);
    return;
  }
  constexpr int64_t kRows = sizeof(R) == 4 ? 2 * kBlock : kBlock;
  for (int64_t i = 0; i < slice.length; i += kRows) {
    const int64_t length = slice.length - i < kRows ? slice.length - i : kRows;
    reduce_columns<kGrad, R>(x + i * slice.stride, dy + i * slice.stride, length, slice, pivot, s, q);
  }
}

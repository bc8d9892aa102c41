// The sums over a slice. Independent accumulators stand in the source, so that no compiler needs leave to reorder.
// kGrad: sum(dy) and sum(dy * (x - pivot)); else sum(x - pivot) and sum((x - pivot)^2).

// Positions of neighbouring channels that are taken at a time: memory is read nearly in order, and each tile finds its
// part in the innermost cache. Measured from 8 to 64.
constexpr int64_t kBlock = 8;

template <bool kGrad, class T>
inline void add_scalar(const T *x, const T *dy, double pivot, double &s, double &q) {
  const double d = double(scalar(x)) - pivot;
  const double g = kGrad ? double(scalar(dy)) : d;
  s += g;
  q += g * d;
}

template <bool kGrad, class T>
inline void add(const T *x, const T *dy, Doubles pivot, Doubles &s, Doubles &q) {
  const Doubles d = load(x) - pivot;
  const Doubles g = kGrad ? load(dy) : d;
  s += g;
  q += g * d;
}

// A piece of one channel: four vectors at a time hide the latency of an addition.
template <bool kGrad, class T>
void reduce_run(const T *x, const T *dy, int64_t length, double pivot, double &s, double &q) {
  constexpr int kUnroll = 4;
  Doubles vs[kUnroll] = {}, vq[kUnroll] = {};
  const Doubles vp = pivot - Doubles{};
  int64_t i = 0;
  for (; i + kUnroll * kLanes <= length; i += kUnroll * kLanes)
#pragma GCC unroll 8
    for (int j = 0; j < kUnroll; j++) add<kGrad>(x + i + j * kLanes, dy + i + j * kLanes, vp, vs[j], vq[j]);
  s = q = 0;
  for (; i < length; i++) add_scalar<kGrad>(x + i, dy + i, pivot, s, q);
  const Doubles ts = (vs[0] + vs[1]) + (vs[2] + vs[3]), tq = (vq[0] + vq[1]) + (vq[2] + vq[3]);
  for (int j = 0; j < kLanes; j++) s += ts[j], q += tq[j];
}

// The processor does not foresee the way from tile to tile: what the next block will read is asked for one block ahead.
// Beyond the end of an array that has no effect.
template <int kCount, class T>
inline void fetch(const T *p) {
#pragma GCC unroll 8
  for (int i = 0; i < int(kCount * sizeof(T)); i += 64) __builtin_prefetch(reinterpret_cast<const char *>(p) + i);
}

// kVectors * kLanes neighbouring channels, over the positions: the sums stay in registers meanwhile.
template <bool kGrad, int kVectors, class T>
void reduce_tile(const T *x, const T *dy, int64_t length, int64_t stride, const double *pivot, double *s, double *q) {
  Doubles vs[kVectors] = {}, vq[kVectors] = {}, vp[kVectors];
  for (int j = 0; j < kVectors; j++) vp[j] = load(pivot + j * kLanes);
  for (int64_t i = 0; i < length; i++, x += stride, dy += stride) {
    fetch<kVectors * kLanes>(x + length * stride);
    if constexpr (kGrad) fetch<kVectors * kLanes>(dy + length * stride);
#pragma GCC unroll 8
    for (int j = 0; j < kVectors; j++) add<kGrad>(x + j * kLanes, dy + j * kLanes, vp[j], vs[j], vq[j]);
  }
  for (int j = 0; j < kVectors; j++) {
    store_raw<false>(s + j * kLanes, load(s + j * kLanes) + vs[j]);
    store_raw<false>(q + j * kLanes, load(q + j * kLanes) + vq[j]);
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

template <bool kGrad, class T>
void reduce_columns(const T *x, const T *dy, int64_t length, const Slice &slice, const double *pivot, double *s,
                    double *q) {
  constexpr int kTile = kBytes == 16 ? 2 : 4;  // vectors, so that a tile's sums and pivots fit the registers
  const int64_t stride = slice.stride;
  int64_t c = 0;
  for (; c + kTile * kLanes <= slice.width; c += kTile * kLanes)
    reduce_tile<kGrad, kTile>(x + c, dy + c, length, stride, pivot + c, s + c, q + c);
  for (; c + kLanes <= slice.width; c += kLanes)
    reduce_tile<kGrad, 1>(x + c, dy + c, length, stride, pivot + c, s + c, q + c);
  for (; c < slice.width; c++) reduce_channel<kGrad>(x + c, dy + c, length, stride, pivot[c], s[c], q[c]);
}

template <bool kGrad, class T>
void reduce(const Slice &slice, const double *pivot, double *s, double *q) {
  const T *x = static_cast<const T *>(slice.x), *dy = kGrad ? static_cast<const T *>(slice.dy) : x;
  if (slice.stride == 1) return reduce_run<kGrad>(x, dy, slice.length, *pivot, *s, *q);
  for (int64_t c = 0; c < slice.width; c++) s[c] = q[c] = 0;
  for (int64_t i = 0; i < slice.length; i += kBlock) {
    const int64_t length = slice.length - i < kBlock ? slice.length - i : kBlock;
    reduce_columns<kGrad>(x + i * slice.stride, dy + i * slice.stride, length, slice, pivot, s, q);
  }
}

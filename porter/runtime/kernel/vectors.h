// Vectors of the widest kind that the file's compiler flags allow, and how the four types of numbers get into them.
// Included inside the namespace of an instruction set: nothing here may be shared between two of them.

#if defined(__AVX512F__)
constexpr int kBytes = 64;
#elif defined(__AVX2__)
constexpr int kBytes = 32;
#else
constexpr int kBytes = 16;
#endif

template <class T, int N>
struct VectorOf {
  typedef T type __attribute__((vector_size(sizeof(T) * N)));
};
template <class T, int N>
using Vector = typename VectorOf<T, N>::type;

struct Half { uint16_t bits; };
struct Bfloat { uint16_t bits; };

// What is computed with: double, or float where that is exact enough, which run.cpp sees to. An AVX2 or AVX-512 vector of
// the one or of the other; a fused multiplication is what makes float exact enough.
template <class R> constexpr int kLanes = kBytes / int(sizeof(R));
template <class R> using Lanes = Vector<R, kLanes<R>>;
using Doubles = Lanes<double>;
using Floats = Lanes<float>;
using Halves = Vector<float, kLanes<double>>;  // of Floats
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
using Fast = float;
#else
using Fast = double;
#endif

template <int N, class T>
inline Vector<T, N> load_raw(const void *from) {
  Vector<T, N> v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}

// IEEE half to single by integers: the exponent is rebased by a multiplication, which is exact for subnormals too.
inline float half_to_float(uint16_t half) {
  const uint32_t magnitude = uint32_t(half & 0x7fff) << 13;
  float value;
  __builtin_memcpy(&value, &magnitude, 4);
  value *= 0x1p112f;
  uint32_t bits;
  __builtin_memcpy(&bits, &value, 4);
  if ((half & 0x7c00) == 0x7c00) bits |= 0x7f800000;
  bits |= uint32_t(half & 0x8000) << 16;
  __builtin_memcpy(&value, &bits, 4);
  return value;
}

// Single to half, to nearest even. Adding a power of two that is as large as the result's last place rounds there.
inline uint16_t float_to_half(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, 4);
  const uint16_t sign = uint16_t(bits >> 16 & 0x8000);
  bits &= 0x7fffffff;
  if (bits > 0x7f800000) return sign | 0x7e00;
  if (bits >= 0x477ff000) return sign | 0x7c00;  // 65520 and more round to infinity
  if (bits < 0x38800000) {                       // a subnormal half: its last place is 2^-24
    float magnitude;
    __builtin_memcpy(&magnitude, &bits, 4);
    magnitude += 0.5f;
    __builtin_memcpy(&bits, &magnitude, 4);
    return sign | uint16_t(bits - 0x3f000000);
  }
  bits += 0xfff + (bits >> 13 & 1);
  return sign | uint16_t((bits - 0x38000000) >> 13);
}

inline float scalar(const float *p) { return *p; }
inline double scalar(const double *p) { return *p; }
inline float scalar(const Half *p) { return half_to_float(p->bits); }
inline float scalar(const Bfloat *p) {
  const uint32_t bits = uint32_t(p->bits) << 16;
  float value;
  __builtin_memcpy(&value, &bits, 4);
  return value;
}

inline void put(float *p, double v) { *p = float(v); }
inline void put(double *p, double v) { *p = v; }
inline void put(Half *p, double v) { p->bits = float_to_half(float(v)); }
inline void put(Bfloat *p, double value) {
  const float v = float(value);
  uint32_t bits;
  __builtin_memcpy(&bits, &v, 4);
  p->bits = v != v ? 0x7fc0 : uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

template <int N> inline Vector<float, N> single(const float *p) { return load_raw<N, float>(p); }
template <int N> inline Vector<float, N> single(const Bfloat *p) {
  const auto bits = __builtin_convertvector((load_raw<N, uint16_t>(p)), Vector<uint32_t, N>);
  return (Vector<float, N>)(bits << 16);
}
template <int N> inline Vector<float, N> single(const Half *p) {
#if defined(__F16C__)
  if constexpr (N == 4) return (Vector<float, N>)_mm_cvtph_ps(_mm_loadl_epi64((const __m128i *)p));
  if constexpr (N == 8) return (Vector<float, N>)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
#endif
#if defined(__AVX512F__)
  if constexpr (N == 16)
    return (Vector<float, N>)_mm512_maskz_cvtph_ps(0xffff, _mm256_loadu_si256((const __m256i *)p));
#endif
  Vector<float, N> v;
  for (int i = 0; i < N; i++) v[i] = scalar(p + i);
  return v;
}

// To double and back. gcc would take two half-wide instructions for what is one.
inline Vector<double, 2> to_double(Vector<float, 2> v) { return __builtin_convertvector(v, Vector<double, 2>); }
#if defined(__AVX512F__)
inline Doubles to_double(Halves v) { return (Doubles)_mm512_maskz_cvtps_pd(0xff, (__m256)v); }
inline Halves low(Floats v) { return (Halves)_mm512_castps512_ps256((__m512)v); }
inline Halves high(Floats v) { return (Halves)_mm512_maskz_extractf32x8_ps(0xff, (__m512)v, 1); }
inline Floats to_single(Doubles low, Doubles high) {
  const __m256 first = _mm512_maskz_cvtpd_ps(0xff, (__m512d)low), second = _mm512_maskz_cvtpd_ps(0xff, (__m512d)high);
  return (Floats)_mm512_maskz_insertf32x8(0xffff, _mm512_castps256_ps512(first), second, 1);
}
#elif defined(__AVX2__)
inline Doubles to_double(Halves v) { return (Doubles)_mm256_cvtps_pd((__m128)v); }
inline Halves low(Floats v) { return (Halves)_mm256_castps256_ps128((__m256)v); }
inline Halves high(Floats v) { return (Halves)_mm256_extractf128_ps((__m256)v, 1); }
inline Floats to_single(Doubles low, Doubles high) {
  return (Floats)_mm256_set_m128(_mm256_cvtpd_ps((__m256d)high), _mm256_cvtpd_ps((__m256d)low));
}
#else
inline Halves low(Floats v) { return Halves{v[0], v[1]}; }
inline Halves high(Floats v) { return Halves{v[2], v[3]}; }
inline Floats to_single(Doubles low, Doubles high) {
  return Floats{float(low[0]), float(low[1]), float(high[0]), float(high[1])};
}
#endif

template <class R, class T>
inline Lanes<R> load(const T *p) {
  if constexpr (sizeof(R) == sizeof(T)) return load_raw<kLanes<R>, R>(p);
  else if constexpr (sizeof(R) == 8) return to_double(single<kLanes<R>>(p));
  else return single<kLanes<R>>(p);
}

using Shorts = Vector<uint16_t, kLanes<float>>;

inline Shorts to_short(const Bfloat *, Floats v) {
  using Bits = Vector<uint32_t, kLanes<float>>;
  const auto bits = (Bits)v, nan = (Bits)(v != v);
  const auto rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return __builtin_convertvector((rounded & ~nan) | (nan & 0x7fc0), Shorts);
}
inline Shorts to_short(const Half *, Floats v) {
#if defined(__AVX512F__)
  return (Shorts)_mm512_maskz_cvtps_ph(0xffff, (__m512)v, _MM_FROUND_TO_NEAREST_INT);
#elif defined(__F16C__)
  return (Shorts)_mm256_cvtps_ph((__m256)v, _MM_FROUND_TO_NEAREST_INT);
#else
  Shorts shorts;
  for (int i = 0; i < kLanes<float>; i++) shorts[i] = float_to_half(v[i]);
  return shorts;
#endif
}

// A store that goes past the caches, where the processor can: the line is not read before it is written, and evicts
// nothing. `p` is aligned to the size of what is stored. Never 64 bytes at once: up to 1.23 times as long on one Xeon, the
// same on another.
template <bool kStream, class V>
inline void store_raw(void *p, V v) {
#if defined(__AVX512F__)
  if constexpr (kStream && sizeof(V) == 64) {
    _mm256_stream_si256((__m256i *)p, _mm512_castsi512_si256((__m512i)v));
    return _mm256_stream_si256((__m256i *)p + 1, _mm512_maskz_extracti64x4_epi64(0xf, (__m512i)v, 1));
  }
#endif
#if defined(__AVX2__)
  if constexpr (kStream && sizeof(V) == 32) return _mm256_stream_si256((__m256i *)p, (__m256i)v);
#endif
#if defined(__SSE2__)
  if constexpr (kStream && sizeof(V) == 16) return _mm_stream_si128((__m128i *)p, (__m128i)v);
#endif
  __builtin_memcpy(p, &v, sizeof v);
}

template <bool kStream> inline void store(double *p, Doubles v) { store_raw<kStream>(p, v); }
template <bool kStream> inline void store(float *p, Floats v) { store_raw<kStream>(p, v); }
template <bool kStream, class T> inline void store(T *p, Floats v) { store_raw<kStream>(p, to_short(p, v)); }

// A slice is read at four places by turns, a vector or two at each: the processor fetches ahead of every place, and one
// alone does not keep its memory busy. Measured from 1 to 8.
constexpr int kPlaces = 4;

// How many of `count` steps of `bytes` each place gets where output is written too: nearly a quarter, so that no two
// places are alike in a page. A load would wait for a store that is.
constexpr int64_t kHalfPage = 2048;
inline int64_t steps_apart(int64_t count, int64_t bytes) {
  constexpr int64_t kApart = 512;
  for (int64_t each = count / kPlaces; each > 0; each--) {
    const int64_t distance = each * bytes % kHalfPage;
    if (distance >= kApart && distance <= kHalfPage - kApart) return each;
  }
  return 0;
}

// Asks for the lines of `kCount` elements that will be read kSoon bytes after those at `p`: the processor, which sees what
// comes, stops at the end of a page. Beyond the end of an array that has no effect.
constexpr int64_t kLine = 64;
constexpr int64_t kSoon = 1024;  // measured from 512 to 4096
template <int64_t kCount, class T>
inline void ask_for(const T *p) {
#pragma GCC unroll 8
  for (int64_t i = 0; i < kCount * int64_t(sizeof(T)); i += kLine)
    __builtin_prefetch(reinterpret_cast<const char *>(p) + kSoon + i);
}

// Where channels are neighbours, a block of positions is taken tile by tile: a way that the processor does not foresee.
// What will be read is asked for here, in the order of memory whatever the order of the tiles: from the next block, or,
// where one tile is the whole block, kFar bytes ahead. Beyond the end of an array that has no effect.
constexpr int64_t kFar = 3072;  // of all arrays that are read together; measured from 512 to 6144

template <bool kGrad, int kCount, class T>
struct Ahead {
  Ahead(int64_t rows, int64_t stride, int64_t channel) {
    const int64_t block = stride == kCount ? 0 : rows * stride, far = kFar / int64_t(sizeof(T)) / (kGrad ? 2 : 1);
    from = (block > far ? block : far) + channel * rows;
  }
  // While the row-th row of the tile is read; `block` is where the block begins.
  void fetch(const T *block, int64_t row) const {
    const char *p = reinterpret_cast<const char *>(block + from + row * kCount);
#pragma GCC unroll 8
    for (int i = 0; i < int(kCount * sizeof(T)); i += 64) __builtin_prefetch(p + i);
  }
  int64_t from;
};

// Where `width` channels do not fill `lanes`, so many positions do together: they are taken as one, of as many more
// channels. 1 where nothing is to be gained, or that would be too wide for the tables of coefficients to stay near.
constexpr int64_t kMostFolded = 512;
inline int64_t positions_together(int64_t width, int64_t lanes, int64_t most = kMostFolded) {
  const int64_t common = width & -width, fold = common < lanes ? lanes / common : 1;
  return fold * width <= most ? fold : 1;
}

// `count` numbers, `times` over.
template <class R>
inline void repeat(const R *from, int64_t count, int64_t times, R *to) {
  for (int64_t i = 0; i < times; i++) __builtin_memcpy(to + i * count, from, size_t(count) * sizeof(R));
}

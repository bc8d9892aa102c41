// Writing the result of a slice. kGrad: dy * scale + (x - shift) * slope + offset; else (x - shift) * scale + offset.

struct Vectors {
  Doubles shift, scale, slope, offset;
};

template <bool kGrad, class T>
inline Doubles result(const T *x, const T *dy, const Vectors &k) {
  const Doubles d = load(x) - k.shift;
  if constexpr (kGrad)
    return load(dy) * k.scale + (d * k.slope + k.offset);
  else
    return d * k.scale + k.offset;
}

template <bool kGrad, class T>
inline void write_scalar(const T *x, const T *dy, T *out, const Line &line, int64_t c) {
  const double d = double(scalar(x)) - line.shift[c];
  if constexpr (kGrad)
    put(out, double(scalar(dy)) * line.scale[c] + (d * line.slope[c] + line.offset[c]));
  else
    put(out, d * line.scale[c] + line.offset[c]);
}

template <class T>
inline int64_t to_alignment(const T *out, int64_t length) {
  const int64_t past = int64_t(reinterpret_cast<uintptr_t>(out) % kBytes);
  const int64_t missing = past ? (kBytes - past) / int64_t(sizeof(T)) : 0;
  return missing < length ? missing : length;
}

template <bool kGrad, bool kStream, class T>
void apply_run(const T *x, const T *dy, T *out, int64_t length, const Line &line) {
  const Doubles zero = {};
  const Vectors k = {*line.shift - zero, *line.scale - zero, *line.slope - zero, *line.offset - zero};
  int64_t i = 0;
  for (const int64_t head = kStream ? to_alignment(out, length) : 0; i < head; i++)
    write_scalar<kGrad>(x + i, dy + i, out + i, line, 0);
  for (; i + kPair <= length; i += kPair)
    store<kStream>(out + i, result<kGrad>(x + i, dy + i, k), result<kGrad>(x + i + kLanes, dy + i + kLanes, k));
  for (; i < length; i++) write_scalar<kGrad>(x + i, dy + i, out + i, line, 0);
}

// All channels of a position before the next one: memory is written in order, the coefficients come from the cache.
template <bool kGrad, bool kStream, class T>
void apply_columns(const T *x, const T *dy, T *out, const Slice &slice, const Line &line) {
  const Line known = line;  // by value: no write of `out` can change the addresses
  const auto some = [&known](int64_t c) {
    return Vectors{load(known.shift + c), load(known.scale + c), kGrad ? load(known.slope + c) : Doubles{},
                   load(known.offset + c)};
  };
  const int64_t width = slice.width, stride = slice.stride;
  for (int64_t i = 0; i < slice.length; i++, x += stride, dy += stride, out += stride) {
    int64_t c = 0;
    for (; c + kPair <= width; c += kPair)
      store<kStream>(out + c, result<kGrad>(x + c, dy + c, some(c)),
                     result<kGrad>(x + c + kLanes, dy + c + kLanes, some(c + kLanes)));
    for (; c < width; c++) write_scalar<kGrad>(x + c, dy + c, out + c, known, c);
  }
}

template <bool kGrad, class T>
void apply(const Slice &slice, const Line &line) {
  const T *x = static_cast<const T *>(slice.x), *dy = kGrad ? static_cast<const T *>(slice.dy) : x;
  T *out = static_cast<T *>(slice.out);
  const bool columns_aligned = reinterpret_cast<uintptr_t>(out) % kBytes == 0 &&
                               slice.stride * int64_t(sizeof(T)) % kBytes == 0;
  const bool streams = slice.stream && (slice.stride == 1 || columns_aligned);
  if (slice.stride == 1)
    streams ? apply_run<kGrad, true>(x, dy, out, slice.length, line)
            : apply_run<kGrad, false>(x, dy, out, slice.length, line);
  else
    streams ? apply_columns<kGrad, true>(x, dy, out, slice, line)
            : apply_columns<kGrad, false>(x, dy, out, slice, line);
#if defined(__SSE2__)
  if (streams) _mm_sfence();  // other threads may read it as soon as this call is over
#endif
}

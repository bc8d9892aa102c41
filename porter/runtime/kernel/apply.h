// Writing the result of a slice. kShifted: (x - shift) * scale + offset; kPlain: x * scale + offset, for double; kGradient:
// dy * scale + ((x - shift) * slope + offset). What float's scale lacks of a double is `rest`, multiplied like it.
enum Form { kShifted, kPlain, kGradient };

template <class V>
struct Coefficients {
  V shift, scale, rest, slope, offset;
};

// Plain numbers, or vectors of them: both round alike, so that no bit depends on where a vector begins.
template <Form kForm, bool kRest, class V>
inline V result(V x, V dy, const Coefficients<V> &k) {
  if constexpr (kForm == kPlain) return x * k.scale + k.offset;
  const V d = x - k.shift, g = kForm == kGradient ? dy : d;
  V sum = k.offset;
  if constexpr (kForm == kGradient) sum = d * k.slope + sum;
  if constexpr (kRest) sum = g * k.rest + sum;
  return g * k.scale + sum;
}
template <class R> constexpr bool kHasRest = sizeof(R) == 4;

template <class R>
struct Known {
  explicit Known(const Line &line)
      : shift(static_cast<const R *>(line.shift)), scale(static_cast<const R *>(line.scale)),
        rest(static_cast<const R *>(line.rest)), slope(static_cast<const R *>(line.slope)),
        offset(static_cast<const R *>(line.offset)) {}
  Coefficients<R> at(int64_t c) const { return {shift[c], scale[c], rest[c], slope[c], offset[c]}; }
  template <Form kForm>
  Coefficients<Lanes<R>> some(int64_t c) const {
    const auto none = Lanes<R>{};
    return {load<R>(shift + c), load<R>(scale + c), kHasRest<R> ? load<R>(rest + c) : none,
            kForm == kGradient ? load<R>(slope + c) : none, load<R>(offset + c)};
  }
  const R *shift, *scale, *rest, *slope, *offset;
};

template <Form kForm, class R, class T>
inline void write_scalar(const T *x, const T *dy, T *out, const Coefficients<R> &k) {
  put(out, result<kForm, kHasRest<R>, R>(R(scalar(x)), R(scalar(dy)), k));
}

// As many elements as one store writes; `at(i)` are the coefficients from the i-th on.
template <class T> constexpr int kPack = sizeof(T) == 8 ? kLanes<double> : kLanes<float>;
template <Form kForm, bool kStream, class R, class T, class At>
inline void write_pack(const T *x, const T *dy, T *out, const At &at) {
  const auto part = [&](int64_t i) {
    return result<kForm, kHasRest<R>, Lanes<R>>(load<R>(x + i), load<R>(dy + i), at(i));
  };
  if constexpr (kPack<T> == kLanes<R>)
    store<kStream>(out, part(0));
  else
    store<kStream>(out, to_single(part(0), part(kLanes<R>)));
}

// How many elements there are before the first line of the cache that `out` has whole, and how many in each.
template <class T> constexpr int64_t kInLine = kLine / int64_t(sizeof(T));
template <class T>
inline int64_t to_line(const T *out, int64_t length) {
  const int64_t missing = (-int64_t(reinterpret_cast<uintptr_t>(out)) & (kLine - 1)) / int64_t(sizeof(T));
  return missing < length ? missing : length;
}

// How far `out` lies behind `from`, as the processor sees it when it looks for a store that a load has to wait for: by
// place in a page.
inline int64_t places_behind(const void *from, const void *out) {
  return int64_t((reinterpret_cast<uintptr_t>(out) - reinterpret_cast<uintptr_t>(from)) % 4096);
}

// Whether to begin at the end: the loads that follow a store would seem to read what it wrote, and wait for it, which
// takes up to three times as long. Measured: 32 to 192 bytes behind.
inline bool runs_down(const void *x, const void *dy, const void *out) {
  constexpr int64_t kNear = 256, kPage = 4096;
  const int64_t behind[] = {places_behind(x, out), places_behind(dy, out)};
  bool up_waits = false, down_waits = false;
  for (const int64_t places : behind) {
    up_waits |= places > 0 && places < kNear;
    down_waits |= places > kPage - kNear;
  }
  return up_waits && !down_waits;
}

// From so many lines on a slice outgrows the innermost cache, and is written at several places by turns, as it is read:
// a whole line at each, since a part of one that is written past the caches takes as long.
constexpr int64_t kLinesByTurns = 512;

template <Form kForm, bool kStream, class R, class T>
void apply_run(const T *x, const T *dy, T *out, int64_t length, const Line &line) {
  constexpr int64_t kStep = kInLine<T>, kPacks = kStep / kPack<T>;
  const Coefficients<R> one = Known<R>(line).at(0);
  const Lanes<R> zero = {};
  const Coefficients<Lanes<R>> k = {one.shift - zero, one.scale - zero, one.rest - zero, one.slope - zero,
                                    one.offset - zero};
  const auto at = [&k](int64_t) -> const Coefficients<Lanes<R>> & { return k; };
  const int64_t head = kStream ? to_line(out, length) : 0, count = (length - head) / kStep;
  const bool down = runs_down(x, dy, out);
  const int64_t step = down ? -kStep : kStep, pack = down ? -kPack<T> : kPack<T>, first = down ? kStep - kPack<T> : 0;
  const int64_t back = down ? 2 * kSoon / int64_t(sizeof(T)) : 0;  // what comes is on the other side
  const auto write = [&](int64_t i) {
    ask_for<kStep>(x + i - back);
    if constexpr (kForm == kGradient) ask_for<kStep>(dy + i - back);
#pragma GCC unroll 4
    for (int64_t j = 0, at_pack = i + first; j < kPacks; j++, at_pack += pack)
      write_pack<kForm, kStream, R>(x + at_pack, dy + at_pack, out + at_pack, at);
  };
  for (int64_t i = 0; i < head; i++) write_scalar<kForm, R>(x + i, dy + i, out + i, one);
  const int64_t each = count < kLinesByTurns ? 0 : steps_apart(count, kLine);
  const int64_t part = each * kStep, rest = count - kPlaces * each;
  int64_t i = down ? head + part - kStep : head;
  for (int64_t left = each; left--; i += step)
#pragma GCC unroll 4
    for (int place = 0; place < kPlaces; place++) write(i + place * part);
  i = down ? head + (count - 1) * kStep : head + kPlaces * part;
  for (int64_t left = rest; left--; i += step) write(i);
  for (i = head + count * kStep; i + kPack<T> <= length; i += kPack<T>)
    write_pack<kForm, false, R>(x + i, dy + i, out + i, at);
  if (i < length && length >= kPack<T>) {  // some twice
    const int64_t last = length - kPack<T>;
    return write_pack<kForm, false, R>(x + last, dy + last, out + last, at);
  }
  for (; i < length; i++) write_scalar<kForm, R>(x + i, dy + i, out + i, one);
}

// `kPacks` times as many channels from `c` on as one store writes: their coefficients stay in registers.
template <Form kForm, int kPacks, class R, class T>
struct Tile {
  static constexpr int64_t kLength = kPacks * kPack<T>, kVectors = kLength / kLanes<R>;

  Tile(const Known<R> &known, int64_t c) {
    for (int64_t j = 0; j < kVectors; j++) k[j] = known.template some<kForm>(c + j * kLanes<R>);
  }
  template <bool kStream>
  void write(const T *x, const T *dy, T *out) const {
#pragma GCC unroll 8
    for (int64_t i = 0; i < kLength; i += kPack<T>)
      write_pack<kForm, kStream, R>(x + i, dy + i, out + i, [this, i](int64_t l) -> const auto & {
        return k[(i + l) / kLanes<R>];
      });
  }
  Coefficients<Lanes<R>> k[kVectors];
};

// A tile over the rows of a block.
template <Form kForm, bool kStream, int kPacks, class R, class T>
void apply_tile(const T *x, const T *dy, T *out, int64_t rows, int64_t width, const Known<R> &known, int64_t c) {
  const Tile<kForm, kPacks, R, T> tile(known, c);
  const Ahead<kForm == kGradient, tile.kLength, T> ahead(rows, width, c);
  for (int64_t i = 0; i < rows; i++) {
    ahead.fetch(x, i);
    if constexpr (kForm == kGradient) ahead.fetch(dy, i);
    const int64_t to = i * width + c;
    tile.template write<kStream>(x + to, dy + to, out + to);
  }
}

// A tile is a line of the cache, unless that takes more than four stores: more loops than are worth it.
template <class T> constexpr int kTilePacks = int(kInLine<T> < 4 * kPack<T> ? kInLine<T> / kPack<T> : 4);
template <class T> constexpr int64_t kTileLength = kTilePacks<T> * kPack<T>;
template <class T> constexpr bool kTilesAreLines = kTileLength<T> % kInLine<T> == 0;

template <Form kForm, bool kStream, class R, class T>
void apply_block(const T *x, const T *dy, T *out, int64_t rows, int64_t width, const Known<R> &known) {
  const int64_t last = width - kPack<T>;
  int64_t c = 0;
  for (; c + kTileLength<T> <= width; c += kTileLength<T>)
    apply_tile<kForm, kStream, kTilePacks<T>, R>(x, dy, out, rows, width, known, c);
  for (; c <= last; c += kPack<T>) apply_tile<kForm, kStream, 1, R>(x, dy, out, rows, width, known, c);
  if (c < width && last >= 0)  // some twice
    return apply_tile<kForm, kStream, 1, R>(x, dy, out, rows, width, known, last);
  for (; c < width; c++)
    for (int64_t i = c; i < rows * width; i += width) write_scalar<kForm, R>(x + i, dy + i, out + i, known.at(c));
}

// One row at each of several places, `part` elements apart: what comes is seen at each of them, and what a tile needs is
// loaded once for all. For rows of whole tiles.
template <Form kForm, bool kStream, class R, class T>
void apply_row(const T *x, const T *dy, T *out, int64_t part, int64_t width, const Known<R> &known) {
  for (int64_t c = 0; c < width; c += kTileLength<T>) {
    const Tile<kForm, kTilePacks<T>, R, T> tile(known, c);
#pragma GCC unroll 4
    for (int64_t place = 0; place < kPlaces; place++) {
      const int64_t to = place * part + c;
      ask_for<kTileLength<T>>(x + to);
      if constexpr (kForm == kGradient) ask_for<kTileLength<T>>(dy + to);
      tile.template write<kStream>(x + to, dy + to, out + to);
    }
  }
}

// Where there are no such rows, or no such places, a few rows at a time, so that memory is written nearly in order.
// Measured from 1 to 256.
template <Form kForm, bool kStream, class R, class T>
void apply_blocks(const T *x, const T *dy, T *out, int64_t length, int64_t width, const Known<R> &known) {
  const int64_t row = width * int64_t(sizeof(T));
  const int64_t apart = row % kHalfPage ? steps_apart(length, row) : length / kPlaces;  // alike anyway: see rows_wait
  const int64_t each = kTilesAreLines<T> && width % kTileLength<T> == 0 ? apart : 0, part = each * width;
  for (int64_t i = 0; i < part; i += width) apply_row<kForm, kStream, R>(x + i, dy + i, out + i, part, width, known);
  const int64_t most = kForm != kGradient && width >= 128 ? 16 : 8;
  for (int64_t i = kPlaces * each; i < length; i += most) {
    const int64_t at = i * width, rows = length - i < most ? length - i : most;
    apply_block<kForm, kStream, R>(x + at, dy + at, out + at, rows, width, known);
  }
}

// The sums over a slice. Independent accumulators stand in the source, so that no compiler needs leave to reorder.
// kGrad: sum(dy) and sum(dy * (x - pivot)); else sum(x - pivot) and sum((x - pivot)^2).
//
// Where R is float, 2 * kBlock numbers at most are added in float before their sum goes on in double: what rounding
// leaves does not grow with the slice.
constexpr int kBlock = 8;

template <class R>
struct Sums {
  Lanes<R> s, q;
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

// Calls block(at) for as many elements as blocks of `kCount` vectors of L elements have, and returns where they end;
// at(j) is where the j-th vector of the block is. Within a page the processor sees what comes: a slice of one page is
// read in order.
template <bool kGrad, int kCount, int L, class T, class Block>
inline int64_t by_turns(const T *x, const T *dy, int64_t length, const Block &block) {
  constexpr int64_t kEach = kCount / kPlaces * L, kStep = kCount * L, kPage = 4096 / int64_t(sizeof(T));
  const bool near = length <= kPage;
  const int64_t blocks = length / kStep, step = near ? kStep : kEach;
  const int64_t part = near ? kEach : blocks * kEach;  // from place to place
  for (int64_t left = blocks, i = 0; left--; i += step) {
#pragma GCC unroll 4
    for (int place = 0; place < kPlaces; place++) {
      ask_for<kEach>(x + place * part + i);
      if constexpr (kGrad) ask_for<kEach>(dy + place * part + i);
    }
    block([part, i](int j) { return j * L / kEach * part + i + j * L % kEach; });
  }
  return blocks * kStep;
}

// A piece of one channel. In double, four sums hide the latency of an addition.
template <bool kGrad, class T>
int64_t reduce_run(const T *x, const T *dy, int64_t length, double pivot, double &s, double &q) {
  constexpr int kSums = 4;
  Sums<double> sums[kSums] = {};
  const Doubles vp = pivot - Doubles{};
  int64_t end = by_turns<kGrad, 2 * kSums, kLanes<double>>(x, dy, length, [&](const auto &at) {
#pragma GCC unroll 8
    for (int j = 0; j < 2 * kSums; j++) add<kGrad, double>(x + at(j), dy + at(j), vp, sums[j % kSums]);
  });
  for (; end + kLanes<double> <= length; end += kLanes<double>) add<kGrad, double>(x + end, dy + end, vp, sums[0]);
  s += total((sums[0].s + sums[1].s) + (sums[2].s + sums[3].s));
  q += total((sums[0].q + sums[1].q) + (sums[2].q + sums[3].q));
  return end;
}

// In float, one block after another hides it: no block waits for the one before.
template <bool kGrad, class T>
int64_t reduce_run(const T *x, const T *dy, int64_t length, float pivot, double &s_total, double &q_total) {
  Doubles s_sum = {}, q_sum = {};
  const Floats vp = pivot - Floats{};
  const auto go_on = [&](Floats s, Floats q) {
    s_sum += to_double(low(s) + high(s));
    q_sum += to_double(low(q) + high(q));
  };
  int64_t end = by_turns<kGrad, kBlock, kLanes<float>>(x, dy, length, [&](const auto &at) {
    Sums<float> even = {}, odd = {};
#pragma GCC unroll 16
    for (int j = 0; j < kBlock; j++) add<kGrad, float>(x + at(j), dy + at(j), vp, j % 2 ? odd : even);
    go_on(even.s + odd.s, even.q + odd.q);
  });
  for (; end + kLanes<float> <= length; end += kLanes<float>) {
    Sums<float> one = {};
    add<kGrad, float>(x + end, dy + end, vp, one);
    go_on(one.s, one.q);
  }
  s_total += total(s_sum);
  q_total += total(q_sum);
  return end;
}

inline void add_to(double *p, Doubles v) { store<false>(p, load<double>(p) + v); }
inline void add_to(double *p, Floats v) {
  add_to(p, to_double(low(v)));
  add_to(p + kLanes<double>, to_double(high(v)));
}

// `rows` positions at each of `kPlaces` places, `part` elements apart.
template <int kPlaces>
struct Block {
  int64_t rows, width, part;
};

// kVectors * kLanes channels from `c` on, without the first `counted`: their sums stay in registers meanwhile. At one
// place, what comes after this block is asked for, see Ahead; at several, what comes soon at each of them.
template <bool kGrad, int kVectors, class R, int kPlaces, class T>
void reduce_tile(const T *x, const T *dy, const Block<kPlaces> &block, int64_t c, const R *pivot, double *s, double *q,
                 int64_t counted = 0) {
  const int64_t rows = block.rows, width = block.width, part = block.part;
  constexpr int64_t kWidth = kVectors * kLanes<R>;
  const Ahead<kGrad, kWidth, T> ahead(rows, width, c);
  Sums<R> sums[kVectors];
  Lanes<R> vp[kVectors];
#pragma GCC unroll 8
  for (int j = 0; j < kVectors; j++) {
    vp[j] = load<R>(pivot + c + j * kLanes<R>);
    sums[j].s = sums[j].q = Lanes<R>{};
  }
  for (int64_t i = 0; i < rows; i++)
#pragma GCC unroll 8
    for (int place = 0; place < kPlaces; place++) {
      const int64_t base = place * part, row = base + i * width + c;
      const auto fetch = [&](const T *from) { kPlaces == 1 ? ahead.fetch(from, i) : ask_for<kWidth>(from + row); };
      fetch(x);
      if constexpr (kGrad) fetch(dy);
#pragma GCC unroll 8
      for (int j = 0; j < kVectors; j++)
        add<kGrad, R>(x + row + j * kLanes<R>, dy + row + j * kLanes<R>, vp[j], sums[j]);
    }
  for (int64_t i = 0; i < counted; i++) sums[0].s[i] = sums[0].q[i] = 0;
#pragma GCC unroll 8
  for (int j = 0; j < kVectors; j++) {
    add_to(s + c + j * kLanes<R>, sums[j].s);
    add_to(q + c + j * kLanes<R>, sums[j].q);
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

constexpr int kTile = kBytes == 16 ? 2 : 4;  // vectors, so that a tile's sums and pivots fit the registers
template <class R> constexpr int64_t kTileWidth = kTile * kLanes<R>;

template <bool kGrad, class R, int kPlaces, class T>
void reduce_block(const T *x, const T *dy, const Block<kPlaces> &block, const R *pivot, double *s, double *q) {
  const int64_t width = block.width, last = width - kLanes<R>;
  int64_t c = 0;
  for (; c + kTileWidth<R> <= width; c += kTileWidth<R>)
    reduce_tile<kGrad, kTile, R>(x, dy, block, c, pivot, s, q);
  for (; c <= last; c += kLanes<R>) reduce_tile<kGrad, 1, R>(x, dy, block, c, pivot, s, q);
  if (c < width && last >= 0) return reduce_tile<kGrad, 1, R>(x, dy, block, last, pivot, s, q, c - last);
  for (; c < width; c++)
    for (int64_t at = c; at < c + kPlaces * block.part; at += block.part)
      reduce_channel<kGrad>(x + at, dy + at, block.rows, width, pivot[c], s[c], q[c]);
}

// `most` rows at a time, over all places: a block stays in the innermost cache from tile to tile. Measured from 4 to 64.
// Returns how many positions that were: all but fewer than kPlaces.
template <bool kGrad, int kPlaces, class R, class T>
int64_t reduce_blocks(const T *x, const T *dy, int64_t length, int64_t width, int64_t most, const R *pivot, double *s,
                      double *q) {
  const int64_t each = length / kPlaces, step = most / kPlaces;
  for (int64_t i = 0; i < each; i += step) {
    const Block<kPlaces> block{each - i < step ? each - i : step, width, each * width};
    reduce_block<kGrad, R>(x + i * width, dy + i * width, block, pivot, s, q);
  }
  return each * kPlaces;
}

// Wide rows are read one at each of kBlock places: from tile to tile the processor then sees what comes at every place.
// Beside a gradient that is twice as many places; past this width it gains nothing, nor where numbers are two bytes.
constexpr int64_t kWidestAhead = 256;

template <bool kGrad, class R, class T>
void reduce_columns(const T *x, const T *dy, int64_t length, int64_t width, const R *pivot, double *s, double *q) {
  int64_t i = 0;
  if (width <= 2 * kTileWidth<R>)  // x and dy share the places; measured from 1 to 4
    i = reduce_blocks<kGrad, kGrad ? kPlaces / 2 : kPlaces>(x, dy, length, width, 2 * kBlock, pivot, s, q);
  else if (sizeof(T) > 2 && (!kGrad || width <= kWidestAhead))
    i = reduce_blocks<kGrad, kBlock>(x, dy, length, width, kBlock, pivot, s, q);
  reduce_blocks<kGrad, 1>(x + i * width, dy + i * width, length - i, width, kBlock, pivot, s, q);
}

// The same for `fold` positions at once; returns how many positions that were.
template <bool kGrad, class R, class T>
int64_t reduce_folded(const T *x, const T *dy, int64_t length, int64_t width, int64_t fold, const R *pivot, double *s,
                      double *q) {
  const int64_t rows = length / fold, wide = fold * width;
  R pivots[kMostFolded];
  double sums[2 * kMostFolded];
  repeat(pivot, width, fold, pivots);
  for (int64_t c = 0; c < 2 * wide; c++) sums[c] = 0;
  reduce_columns<kGrad>(x, dy, rows, wide, pivots, sums, sums + wide);
  for (int64_t from = 0; from < wide; from += width)
    for (int64_t c = 0; c < width; c++) s[c] += sums[from + c], q[c] += sums[wide + from + c];
  return rows * fold;
}

template <bool kGrad, class R, class T>
void reduce(const Slice &slice, const void *pivots, double *s, double *q) {
  const R *pivot = static_cast<const R *>(pivots);
  const T *x = static_cast<const T *>(slice.x), *dy = kGrad ? static_cast<const T *>(slice.dy) : x;
  const int64_t length = slice.length, width = slice.width;
  if (width == 1) {
    double sum = 0, square = 0;  // a loop that clears one number becomes a call
    int64_t i = reduce_run<kGrad>(x, dy, length, *pivot, sum, square);
    for (; i < length; i++) add_scalar<kGrad>(x + i, dy + i, *pivot, sum, square);
    *s = sum, *q = square;
    return;
  }
  for (int64_t c = 0; c < width; c++) s[c] = q[c] = 0;
  const int64_t fold = positions_together(width, kTileWidth<R> % width ? kLanes<R> : kTileWidth<R>);
  const int64_t i = fold == 1 ? 0 : reduce_folded<kGrad>(x, dy, length, width, fold, pivot, s, q);
  reduce_columns<kGrad>(x + i * width, dy + i * width, length - i, width, pivot, s, q);
}

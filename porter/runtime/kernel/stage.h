// Writing by way of a stage: a few rows of the result in the innermost cache, from where they go to memory in its order.
// For rows that `out` cannot take one tile after another: see needs_stage.
constexpr int64_t kStageBytes = 16384, kStageSlack = 1024;  // measured from 8192 to 32768

// A tile's rows lie `row` bytes apart. Where that is half a page, or pages, one row in two is at the same place in them,
// and what is read of it waits for what was written, if that seems to be the same memory: up to five times as long.
// Measured: with `out` from 64 bytes before to 128 behind, exclusive, by place in half a page.
inline bool rows_wait(const void *from, const void *out, int64_t row) {
  const int64_t behind = places_behind(from, out) % kHalfPage;
  return row % kHalfPage == 0 && (behind < 128 || behind > kHalfPage - 64);
}

// What is written past the caches in parts of lines, in turn with others, takes up to five times as long.
template <class T>
bool rows_are_lines(const T *out, int64_t width) {
  return width % kInLine<T> == 0 && reinterpret_cast<uintptr_t>(out) % kLine == 0;
}

// Short rows, and those that are computed from two arrays, take longer by way of the stage than through the caches.
template <Form kForm, bool kStream, class T>
bool needs_stage(const T *x, const T *dy, const T *out, int64_t width) {
  constexpr int64_t kShortest = 384;
  const int64_t row = width * int64_t(sizeof(T));
  if (row > kStageBytes / 2) return false;
  if (rows_wait(x, out, row) || rows_wait(dy, out, row)) return true;
  return kStream && kForm != kGradient && row >= kShortest && !(kTilesAreLines<T> && rows_are_lines(out, width));
}

// Where in the page the stage begins: as far as can be from what is read, as seen from any row.
inline int64_t stage_offset(const void *x, const void *dy) {
  const auto apart = [](const void *from, int64_t offset) {
    const int64_t behind = (offset - int64_t(reinterpret_cast<uintptr_t>(from))) & (kStageSlack - 1);
    return behind < kStageSlack - behind ? behind : kStageSlack - behind;
  };
  int64_t best = 0, most = -1;
  for (int64_t offset = 0; offset < kStageSlack; offset += kStageSlack / 4) {
    const int64_t of_x = apart(x, offset), of_dy = apart(dy, offset), least = of_x < of_dy ? of_x : of_dy;
    if (least > most) most = least, best = offset;
  }
  return best;
}

// Lines of the cache that are written whole go past the caches; what is left at both ends does not, since the next rows
// write to the same lines.
template <bool kStream>
void copy_out(const char *from, char *to, int64_t bytes) {
  const int64_t missing = -int64_t(reinterpret_cast<uintptr_t>(to)) & (kLine - 1);
  const int64_t head = !kStream ? bytes : missing < bytes ? missing : bytes;
  const int64_t end = head + (bytes - head) / kLine * kLine;
  __builtin_memcpy(to, from, size_t(head));
  for (int64_t i = head; i < end; i += kLine)
#pragma GCC unroll 4
    for (int64_t j = i; j < i + kLine; j += kBytes)
      store_raw<kStream>(to + j, load_raw<kBytes, char>(from + j));
  __builtin_memcpy(to + end, from + end, size_t(bytes - end));
}

template <Form kForm, bool kStream, class R, class T>
void apply_staged(const T *x, const T *dy, T *out, int64_t length, int64_t width, const Known<R> &known) {
  alignas(4096) char memory[kStageBytes + kStageSlack];
  T *stage = reinterpret_cast<T *>(memory + stage_offset(x, dy));
  const int64_t most = kStageBytes / (width * int64_t(sizeof(T)));
  for (int64_t i = 0; i < length; i += most) {
    const int64_t rows = length - i < most ? length - i : most;
    apply_block<kForm, false, R>(x + i * width, dy + i * width, stage, rows, width, known);
    copy_out<kStream>(reinterpret_cast<const char *>(stage), reinterpret_cast<char *>(out + i * width),
                      rows * width * int64_t(sizeof(T)));
  }
}

template <Form kForm, bool kStream, class R, class T>
void apply_wide(const T *x, const T *dy, T *out, int64_t length, int64_t width, const Known<R> &known) {
  if (needs_stage<kForm, kStream>(x, dy, out, width))
    apply_staged<kForm, kStream, R>(x, dy, out, length, width, known);
  else if (kStream && kTilesAreLines<T> && rows_are_lines(out, width))
    apply_blocks<kForm, kStream, R>(x, dy, out, length, width, known);
  else
    apply_blocks<kForm, false, R>(x, dy, out, length, width, known);
}

// The line of `fold` positions that are taken as one. What the form does not look at is not copied.
template <Form kForm, class R, int64_t kMost>
struct Folded {
  static constexpr bool kGrad = kForm == kGradient, kShift = kForm != kPlain, kRest = kShift && kHasRest<R>;

  Folded(const Line &one, int64_t width, int64_t fold) {
    const void *const from[] = {one.shift, one.scale, one.rest, one.slope, one.offset};
    constexpr bool kLooksAt[] = {kShift, true, kRest, kGrad, true};
    const void *to[5];
    R *next = values[0];
    for (int which = 0; which < 5; which++) {
      to[which] = kLooksAt[which] ? next : values[0];
      if (kLooksAt[which]) repeat(static_cast<const R *>(from[which]), width, fold, next), next += kMost;
    }
    line = {to[0], to[1], to[2], to[3], to[4]};
  }
  Line line;
  alignas(kLine) R values[2 + kShift + kRest + kGrad][kMost];
};

// Whole lines of the cache, whatever the width: half a line that is written past the caches takes as long as a whole one.
// What is far away leaves time for larger tables; four rows share what is read of them. Measured from 1024 to 16384.
template <Form kForm, bool kStream, class R, class T>
void apply_columns(const T *x, const T *dy, T *out, const Slice &slice, const Line &line) {
  constexpr int64_t kMost = kStream ? 16 * kMostFolded : kMostFolded;
  const int64_t width = slice.width, fold = positions_together(width, kInLine<T>, kMost);
  if (fold == 1) return apply_wide<kForm, kStream, R>(x, dy, out, slice.length, width, Known<R>(line));
  const int64_t rows = slice.length / fold, wide = fold * width, done = rows * wide;
  const Folded<kForm, R, kMost> folded(line, width, fold);
  apply_wide<kForm, kStream, R>(x, dy, out, rows, wide, Known<R>(folded.line));
  apply_blocks<kForm, false, R>(x + done, dy + done, out + done, slice.length % fold, width, Known<R>(line));
}

template <Form kForm, class R, class T>
void apply(const Slice &slice, const Line &line) {
  const T *x = static_cast<const T *>(slice.x), *dy = kForm == kGradient ? static_cast<const T *>(slice.dy) : x;
  T *out = static_cast<T *>(slice.out);
  if (slice.width == 1)
    slice.stream ? apply_run<kForm, true, R>(x, dy, out, slice.length, line)
                 : apply_run<kForm, false, R>(x, dy, out, slice.length, line);
  else
    slice.stream ? apply_columns<kForm, true, R>(x, dy, out, slice, line)
                 : apply_columns<kForm, false, R>(x, dy, out, slice, line);
#if defined(__SSE2__)
  if (slice.stream) _mm_sfence();  // other threads may read it as soon as this call is over
#endif
}

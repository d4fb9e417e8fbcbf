#include "kernels/cpu/strip.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/strip.cpp"  // NOLINT(readability-identifier-naming)

#include <array>
#include <cstring>
#include <type_traits>

#include "carnyx/base/ensure.h"

#include "kernels/cpu/targets.h"
#include "kernels/cpu/tiles.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::CappedTag<float, kPanel>;
using Words = hn::RebindToUnsigned<Floats>;
constexpr std::int64_t kLanes = HWY_MIN(HWY_LANES(float), kPanel);

template <class T>
HWY_INLINE hn::Vec<Floats> load_as_float(const T* from) {
  const Floats d;
  const hn::Rebind<std::int32_t, Floats> integers;
  if constexpr (std::is_same_v<T, float>) {
    return hn::LoadU(d, from);
  } else if constexpr (std::is_same_v<T, Bfloat16>) {
    const hn::Rebind<std::uint16_t, Floats> halves;
    const auto bits = hn::LoadU(halves, reinterpret_cast<const std::uint16_t*>(from));
    return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(Words(), bits)));
  } else if constexpr (std::is_same_v<T, std::uint8_t>) {
    const hn::Rebind<std::uint8_t, Floats> bytes;
    return hn::ConvertTo(d, hn::PromoteTo(integers, hn::LoadU(bytes, from)));
  } else {
    return hn::ConvertTo(d, hn::LoadU(integers, from));
  }
}

HWY_INLINE void store_from_float(hn::Vec<Floats> value, float* to) {
  hn::StoreU(value, Floats(), to);
}

/// To nearest, ties to even, as Bfloat16::from_float.
HWY_INLINE void store_from_float(hn::Vec<Floats> value, Bfloat16* to) {
  const Words words;
  const hn::RebindToSigned<Words> integers;
  const hn::Rebind<std::uint16_t, Floats> halves;
  const auto bits = hn::BitCast(words, value);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(words, 1U));
  const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(words, 0x7FFFU)));
  const auto quiet_nan = hn::Or(bits, hn::Set(words, 0x400000U));
  const auto is_nan = hn::RebindMask(words, hn::IsNaN(value));
  const auto upper = hn::ShiftRight<16>(hn::IfThenElse(is_nan, quiet_nan, rounded));
  hn::StoreU(hn::DemoteTo(halves, hn::BitCast(integers, upper)),
             halves,
             reinterpret_cast<std::uint16_t*>(to));
}

template <class From, class To>
HWY_INLINE void convert_row(const From* from, To* to) {
  for (std::int64_t i = 0; i < kPanel; i += kLanes)
    store_from_float(load_as_float(from + i), to + i);
}

/// `stride` is the distance between rows of the buffer, in elements.
template <class T>
void load_rows(
    const T* from, std::int64_t stride, std::int64_t rows, std::int64_t columns, float* to) {
  if (columns == kPanel) {
    for (; rows > 0; --rows, from += stride, to += kPanel) convert_row(from, to);
    return;
  }
  std::array<T, kPanel> row{};
  for (; rows > 0; --rows, from += stride, to += kPanel) {
    std::memcpy(row.data(), from, static_cast<std::size_t>(columns) * sizeof(T));
    convert_row(row.data(), to);
  }
}

/// The first `columns` of a row, and zeros.
template <class T>
HWY_INLINE void convert_part(const float* from, std::int64_t columns, T* to) {
  const Floats d;
  for (std::int64_t i = 0; i < kPanel; i += kLanes) {
    const auto kept =
        hn::FirstN(d, static_cast<std::size_t>(std::max<std::int64_t>(0, columns - i)));
    store_from_float(hn::IfThenElseZero(kept, hn::Load(d, from + i)), to + i);
  }
}

/// Of each row, `written` columns reach the buffer; those that are no values are zeros.
template <class T>
void store_rows(
    const float* from, const StripPlace& place, T* to, std::int64_t stride, std::int64_t written) {
  std::int64_t rows = place.rows;
  if (place.columns == kPanel) {
    for (; rows > 0; --rows, from += kPanel, to += stride) convert_row(from, to);
    return;
  }
  if (written == kPanel) {
    for (; rows > 0; --rows, from += kPanel, to += stride) convert_part(from, place.columns, to);
    return;
  }
  std::array<T, kPanel> row;
  for (; rows > 0; --rows, from += kPanel, to += stride) {
    convert_row(from, row.data());
    std::memcpy(to, row.data(), static_cast<std::size_t>(written) * sizeof(T));
  }
}

/// From one row of a panel to the next, in elements.
std::int64_t row_stride(const Operand& operand) {
  switch (operand.format.layout) {
    case Layout::Rows:
      return operand.shape.columns();
    case Layout::RowTiles:
      return kLineWidth;
    default:
      return kPanel;
  }
}

std::int64_t offset_of(const Operand& operand, const StripPlace& place) {
  return offset(operand.format.layout,
                operand.shape.rows(),
                operand.shape.columns(),
                place.row,
                place.panel * kPanel);
}

/// Calls body(part, strip) for the rows in each block of 32 that the place covers.
template <class Float, class Body>
HWY_INLINE void for_each_block(StripPlace place, Float* strip, const Body& body) {
  const std::int64_t end = place.row + place.rows;
  while (place.row < end) {
    place.rows = std::min(kLineWidth - place.row % kLineWidth, end - place.row);
    body(place, strip);
    strip += place.rows * kPanel;
    place.row += place.rows;
  }
}

template <class T>
void load(const Operand& from, const std::byte* buffer, const StripPlace& place, float* strip) {
  const T* first = reinterpret_cast<const T*>(buffer);
  const bool padded = from.format.layout != Layout::Rows;
  const auto load_part = [&](const StripPlace& part, float* to) HWY_ATTR {
    const std::int64_t columns = padded ? kPanel : part.columns;
    load_rows(first + offset_of(from, part), row_stride(from), part.rows, columns, to);
  };
  if (from.format.layout == Layout::RowTiles) return for_each_block(place, strip, load_part);
  load_part(place, strip);
}

template <class T>
void store(const float* strip, const StripPlace& place, const Operand& to, std::byte* buffer) {
  T* first = reinterpret_cast<T*>(buffer) + offset_of(to, place);
  const bool padded = to.format.layout != Layout::Rows;
  store_rows(strip, place, first, row_stride(to), padded ? kPanel : place.columns);
}

void load_any(const Operand& from, const std::byte* buffer, const StripPlace& place, float* strip) {
  switch (from.format.dtype) {
    case DType::Float32:
      return load<float>(from, buffer, place, strip);
    case DType::Bfloat16:
      return load<Bfloat16>(from, buffer, place, strip);
    case DType::Uint8:
      return load<std::uint8_t>(from, buffer, place, strip);
    case DType::Int32:
      return load<std::int32_t>(from, buffer, place, strip);
    default:
      ensure_failed("a dtype that strips are read from", __FILE__, __LINE__);
  }
}

/// One panel row as one part, or as the two parts that add up to it.
HWY_INLINE void store_parts(const float* from, Bfloat16* to, std::int64_t part, int parts) {
  const Floats d;
  for (std::int64_t i = 0; i < kPanel; i += kLanes) {
    const auto x = hn::Load(d, from + i);
    store_from_float(x, to + i);
    if (parts == 2) store_from_float(hn::Sub(x, load_as_float(to + i)), to + i + part);
  }
}

/// Where half a line lies, 16 numbers, and how the next ones follow.
struct HalfLines {
  Bfloat16* first;
  std::int64_t part;  ///< to the second part
  int parts;

  void store(std::int64_t line, const float* from) const {
    store_parts(from, first + line * kLineWidth, part, parts);
  }
  void clear(std::int64_t line) const {
    for (int i = 0; i < parts; ++i) {
      std::fill_n(first + line * kLineWidth + i * part, kPanel, Bfloat16{});
    }
  }
};

HalfLines half_lines(const Operand& to, const StripPlace& place, std::byte* buffer) {
  return {.first = reinterpret_cast<Bfloat16*>(buffer) + offset_of(to, place),
          .part = padded_elements(to.format.layout, to.shape.rows(), to.shape.columns()),
          .parts = to.format.parts};
}

/// The rows of one block are the left or right halves of some lines; the last panel also clears
/// what is right of it.
void store_row_block(const float* strip,
                     const StripPlace& place,
                     const Operand& to,
                     std::byte* buffer) {
  const HalfLines lines = half_lines(to, place, buffer);
  HalfLines rest = lines;
  rest.first += kPanel;
  const bool is_left = place.panel % 2 == 0;
  const bool clears = is_left && place.panel + 1 == panel_count(to.shape.columns());
  if (place.columns == kPanel && !clears && packs_tiles()) {
    return narrow_rows(strip, place.rows, lines.parts, lines.first, lines.part);
  }
  alignas(64) std::array<float, kPanel> row{};
  for (std::int64_t i = 0; i < place.rows; ++i) {
    if (place.columns == kPanel) {
      lines.store(i, strip + i * kPanel);
    } else {
      std::copy_n(strip + i * kPanel, place.columns, row.begin());
      lines.store(i, row.data());
    }
    if (clears) rest.clear(i);
  }
}

void store_row_lines(const float* strip,
                     const StripPlace& place,
                     const Operand& to,
                     std::byte* buffer) {
  for_each_block(place, strip, [&](const StripPlace& part, const float* rows) HWY_ATTR {
    store_row_block(rows, part, to, buffer);
  });
}

void transpose_block(const float* strip, float* out);

/// Sixteen rows are half of sixteen lines, one a column.
void store_column_lines(const float* strip,
                        StripPlace place,
                        const Operand& to,
                        std::byte* buffer) {
  const std::int64_t end = place.row + place.rows;
  alignas(64) std::array<float, kPanel * kPanel> rows{}, columns;
  for (; place.row < end; place.row += kPanel, strip += kPanel * kPanel) {
    const std::int64_t left = std::min(kPanel, end - place.row);
    if (left < kPanel) std::copy_n(strip, left * kPanel, rows.begin());
    transpose_block(left < kPanel ? rows.data() : strip, columns.data());
    const HalfLines lines = half_lines(to, place, buffer);
    const bool clears = place.row % kLineWidth == 0 && place.row + kPanel >= to.shape.rows();
    if (place.columns == kPanel && !clears && packs_tiles()) {
      narrow_rows(columns.data(), kPanel, lines.parts, lines.first, lines.part);
      continue;
    }
    HalfLines rest = lines;
    rest.first += kPanel;
    for (std::int64_t column = 0; column < kPanel; ++column) {
      if (column < place.columns) {
        lines.store(column, columns.data() + column * kPanel);
      } else {
        lines.clear(column);
      }
      if (clears) rest.clear(column);
    }
  }
}

void store_any(const float* strip, const StripPlace& place, const Operand& to, std::byte* buffer) {
  if (to.format.layout == Layout::RowTiles) return store_row_lines(strip, place, to, buffer);
  if (to.format.layout == Layout::ColumnTiles) return store_column_lines(strip, place, to, buffer);
  switch (to.format.dtype) {
    case DType::Float32:
      return store<float>(strip, place, to, buffer);
    case DType::Bfloat16:
      return store<Bfloat16>(strip, place, to, buffer);
    default:
      ensure_failed("a dtype that strips are written as", __FILE__, __LINE__);
  }
}

#if HWY_TARGET == HWY_SCALAR

void transpose_block(const float* strip, float* out) {
  for (std::int64_t row = 0; row < kPanel; ++row) {
    for (std::int64_t column = 0; column < kPanel; ++column) {
      out[column * kPanel + row] = strip[row * kPanel + column];
    }
  }
}

#else

/// Block b of the vector, 4 lanes, is 4 columns of row 4b.
template <class D>
HWY_INLINE hn::Vec<D> load_every_fourth_row(D d, const float* strip) {
  if constexpr (hn::MaxLanes(D()) == 4) {
    return hn::LoadU(d, strip);
  } else {
    const hn::Half<D> half;
    constexpr std::int64_t kHalf = hn::MaxLanes(half);
    const auto lower = load_every_fourth_row(half, strip);
    return hn::Combine(d, load_every_fourth_row(half, strip + kHalf * kPanel), lower);
  }
}

/// 16x16. With one row in four in the blocks of each vector, a 4x4 transpose inside the blocks
/// leaves whole columns.
void transpose_block(const float* strip, float* out) {
  const Floats d;
  const hn::Repartition<std::uint64_t, Floats> pairs;
  for (std::int64_t column = 0; column < kPanel; column += 4) {
    for (std::int64_t row = 0; row < kPanel; row += kLanes) {
      const float* from = strip + row * kPanel + column;
      const auto row0 = load_every_fourth_row(d, from);
      const auto row1 = load_every_fourth_row(d, from + kPanel);
      const auto row2 = load_every_fourth_row(d, from + 2 * kPanel);
      const auto row3 = load_every_fourth_row(d, from + 3 * kPanel);
      const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, row0, row1));
      const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, row2, row3));
      const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, row0, row1));
      const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, row2, row3));
      float* to = out + column * kPanel + row;
      hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23)), d, to);
      hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23)), d, to + kPanel);
      hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23)), d, to + 2 * kPanel);
      hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23)), d, to + 3 * kPanel);
    }
  }
}

#endif

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace carnyx::kernels {

HWY_EXPORT(load_any);
HWY_EXPORT(store_any);
HWY_EXPORT(transpose_block);

void load_strip(const Operand& from,
                const std::byte* buffer,
                const StripPlace& place,
                float* strip) {
  HWY_DYNAMIC_DISPATCH(load_any)(from, buffer, place, strip);
}

void store_strip(const float* strip,
                 const StripPlace& place,
                 const Operand& to,
                 std::byte* buffer) {
  HWY_DYNAMIC_DISPATCH(store_any)(strip, place, to, buffer);
}

const float* read_strip(const Operand& operand,
                        const std::byte* buffer,
                        const StripPlace& place,
                        float* spare) {
  if (const float* strip = strip_in_place(operand, buffer, place)) return strip;
  load_strip(operand, buffer, place, spare);
  return spare;
}

void clear_padding(float* strip, const StripPlace& place) {
  if (place.columns == kPanel) return;
  for (std::int64_t row = 0; row < place.rows; ++row, strip += kPanel) {
    std::fill(strip + place.columns, strip + kPanel, 0.0F);
  }
}

void transpose_strip(const float* strip, std::int64_t rows, std::int64_t columns, float* out) {
  if (rows == kPanel && columns == kPanel) {
    HWY_DYNAMIC_DISPATCH(transpose_block)(strip, out);
    return;
  }
  alignas(64) std::array<float, kPanel * kPanel> whole{}, transposed;
  std::copy(strip, strip + rows * kPanel, whole.begin());
  HWY_DYNAMIC_DISPATCH(transpose_block)(whole.data(), transposed.data());
  std::copy(transposed.begin(), transposed.begin() + columns * kPanel, out);
}

}  // namespace carnyx::kernels
#endif

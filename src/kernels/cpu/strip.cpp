#include "kernels/cpu/strip.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/strip.cpp"  // NOLINT(readability-identifier-naming)

#include <array>
#include <cstring>
#include <type_traits>

#include "carnyx/base/ensure.h"

#include "kernels/cpu/targets.h"

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

/// Of each row, `columns` are values and `written` reach the buffer; those between are zeros.
template <class T>
void store_rows(
    const float* from, const StripPlace& place, T* to, std::int64_t stride, std::int64_t written) {
  std::int64_t rows = place.rows;
  if (place.columns == kPanel) {
    for (; rows > 0; --rows, from += kPanel, to += stride) convert_row(from, to);
    return;
  }
  std::array<T, kPanel> row;
  for (; rows > 0; --rows, from += kPanel, to += stride) {
    convert_row(from, row.data());
    std::fill(row.begin() + place.columns, row.end(), T{});
    std::memcpy(to, row.data(), static_cast<std::size_t>(written) * sizeof(T));
  }
}

template <class T>
void load(const Operand& from, const std::byte* buffer, const StripPlace& place, float* strip) {
  const std::int64_t rows = from.shape.rows(), columns = from.shape.columns();
  const bool panels = from.format.layout == Layout::Panels;
  const T* first = reinterpret_cast<const T*>(buffer) +
                   offset(from.format.layout, rows, columns, place.row, place.panel * kPanel);
  load_rows(first, panels ? kPanel : columns, place.rows, panels ? kPanel : place.columns, strip);
}

template <class T>
void store(const float* strip, const StripPlace& place, const Operand& to, std::byte* buffer) {
  const std::int64_t rows = to.shape.rows(), columns = to.shape.columns();
  const bool panels = to.format.layout == Layout::Panels;
  T* first = reinterpret_cast<T*>(buffer) +
             offset(to.format.layout, rows, columns, place.row, place.panel * kPanel);
  store_rows(strip, place, first, panels ? kPanel : columns, panels ? kPanel : place.columns);
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

void store_any(const float* strip, const StripPlace& place, const Operand& to, std::byte* buffer) {
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

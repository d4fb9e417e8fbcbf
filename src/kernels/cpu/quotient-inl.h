// What a data set holds as float32, divided by a number as a division rounds it.
#if defined(CARNYX_QUOTIENT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CARNYX_QUOTIENT_INL_H
#undef CARNYX_QUOTIENT_INL_H
#else
#define CARNYX_QUOTIENT_INL_H
#endif

#include <array>
#include <cstdint>

#include <hwy/highway.h>

#include "carnyx/kernels/format.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using QuotientFloats = hn::CappedTag<float, kPanel>;
constexpr std::int64_t kQuotientLanes = HWY_MIN(HWY_LANES(float), kPanel);

HWY_INLINE hn::Vec<QuotientFloats> load_as_float(const float* from) {
  return hn::LoadU(QuotientFloats(), from);
}

HWY_INLINE hn::Vec<QuotientFloats> load_as_float(const std::uint8_t* from) {
  const hn::Rebind<std::uint8_t, QuotientFloats> bytes;
  const hn::Rebind<std::int32_t, QuotientFloats> integers;
  return hn::ConvertTo(QuotientFloats(), hn::PromoteTo(integers, hn::LoadU(bytes, from)));
}

/// x / divisor by one multiplication and one correction, a fifth of a division's time. Where a
/// byte's quotient comes out rounded as a division rounds it is for is_exact_for_bytes() to say.
HWY_INLINE hn::Vec<QuotientFloats> corrected_quotient(hn::Vec<QuotientFloats> x, float divisor) {
  const auto reciprocal = hn::Set(QuotientFloats(), 1 / divisor);
  const auto estimate = hn::Mul(x, reciprocal);
  const auto rest = hn::NegMulAdd(estimate, hn::Set(QuotientFloats(), divisor), x);
  return hn::MulAdd(rest, reciprocal, estimate);
}

HWY_INLINE bool quotients_are_exact(float divisor) {
  alignas(64) std::array<float, 256> quotients;
  for (std::size_t first = 0; first < quotients.size(); first += kQuotientLanes) {
    const auto x = hn::Iota(QuotientFloats(), static_cast<float>(first));
    hn::Store(corrected_quotient(x, divisor), QuotientFloats(), quotients.data() + first);
  }
  for (std::size_t x = 0; x < quotients.size(); ++x) {
    if (quotients[x] != static_cast<float>(x) / divisor) return false;
  }
  return true;
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif

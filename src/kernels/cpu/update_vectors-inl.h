// What the update rules' vector forms share: their loop, and loads and stores by short names.
// Included once for each instruction set.
#if defined(CARNYX_UPDATE_VECTORS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CARNYX_UPDATE_VECTORS_INL_H
#undef CARNYX_UPDATE_VECTORS_INL_H
#else
#define CARNYX_UPDATE_VECTORS_INL_H
#endif

#include <algorithm>
#include <array>

#include <hwy/highway.h>

#include "carnyx/kernels/update_rule.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using FloatVector = hn::Vec<Floats>;

/// The next vector of the gradient, and where that of each other span of a block lies.
struct Place {
  float* weight;
  FloatVector gradient;  ///< scaled
  std::array<float*, kMaxSlots> slots;
};

/// update(place) for one vector after the other. What is left at the end moves in a padded copy, by
/// the same instructions: an element's bits do not depend on where its block begins or ends.
template <class Update>
HWY_INLINE void for_each_vector(const UpdateBlock<float>& block, const Update& update) {
  const std::size_t lanes = hn::Lanes(Floats());
  const std::size_t count = block.weight.size();
  const std::size_t whole = count - count % lanes;
  const FloatVector scale = hn::Set(Floats(), block.scale);
  std::array<float*, kMaxSlots> slots;  // one that the rule lacks is never looked at
  for (std::size_t s = 0; s < kMaxSlots; ++s) {
    slots[s] = block.slots[s].empty() ? block.weight.data() : block.slots[s].data();
  }
  const auto place = [&](std::size_t i) HWY_ATTR {
    const FloatVector gradient = hn::Mul(scale, hn::LoadU(Floats(), block.gradient.data() + i));
    Place at{block.weight.data() + i, gradient, {}};
    for (std::size_t s = 0; s < kMaxSlots; ++s) at.slots[s] = slots[s] + i;
    return at;
  };
  for (std::size_t i = 0; i < whole; i += lanes) update(place(i));
  if (whole == count) return;

  alignas(64) std::array<std::array<float, hn::MaxLanes(Floats())>, kMaxSlots + 2> copies{};
  const auto rest = static_cast<std::ptrdiff_t>(count - whole);
  std::copy_n(block.weight.end() - rest, rest, copies[0].begin());
  std::copy_n(block.gradient.end() - rest, rest, copies[1].begin());
  Place padded{copies[0].data(), hn::Mul(scale, hn::Load(Floats(), copies[1].data())), {}};
  for (std::size_t s = 0; s < kMaxSlots; ++s) {
    padded.slots[s] = copies[s + 2].data();
    if (!block.slots[s].empty()) std::copy_n(block.slots[s].end() - rest, rest, padded.slots[s]);
  }
  update(padded);
  std::copy_n(copies[0].begin(), rest, block.weight.end() - rest);
  for (std::size_t s = 0; s < kMaxSlots; ++s) {
    if (!block.slots[s].empty()) std::copy_n(padded.slots[s], rest, block.slots[s].end() - rest);
  }
}

HWY_INLINE FloatVector load(const float* from) {
  return hn::LoadU(Floats(), from);
}
HWY_INLINE void store(FloatVector value, float* to) {
  hn::StoreU(value, Floats(), to);
}
HWY_INLINE FloatVector set(double value) {
  return hn::Set(Floats(), static_cast<float>(value));
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif

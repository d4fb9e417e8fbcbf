#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace carnyx::kernels {

inline constexpr std::size_t kMaxSlots = 5;  // amsgrad's three, an average, an accumulator

/// One block of a weight and all that moves it. All spans have one length.
template <class T>
struct UpdateBlock {
  std::span<T> weight;
  std::span<const T> gradient;                ///< times `scale`: of the mean loss
  std::array<std::span<T>, kMaxSlots> slots;  ///< in slot_names() order
  double learning_rate = 0;
  std::int64_t step = 0;  ///< counts from 1, the same for every weight of a step
  /// What clipping by a norm leaves of the gradient, for a rule that multiplies() by it; else 1.
  double multiplier = 1;
  /// What makes the gradient the mean loss's, for a rule that scales(); else 1.
  float scale = 1;
};

/// How one weight moves, given its gradient, element by element. A rule owns no tensors. It is
/// called once per block, so it may also run inside a matmul's epilogue.
/// Threads: const and called concurrently on disjoint blocks.
class UpdateRule {
 public:
  virtual ~UpdateRule() = default;
  /// Names of the per-weight state, each of the weight's shape.
  [[nodiscard]] virtual std::span<const std::string_view> slot_names() const = 0;
  /// What every element of a slot is before step 1.
  [[nodiscard]] virtual double initial_value(std::size_t /*slot*/) const { return 0; }
  /// Whether it multiplies the gradient by UpdateBlock::multiplier itself, after it has made
  /// something of it. If not, the gradient it gets has been multiplied.
  [[nodiscard]] virtual bool multiplies() const { return false; }
  /// Whether its fast form multiplies the gradient by UpdateBlock::scale itself, first of all. If
  /// not, the gradient it gets has been scaled, in a pass of its own.
  [[nodiscard]] virtual bool scales() const { return false; }
  /// The fast form.
  virtual void apply(const UpdateBlock<float>& block) const = 0;
  /// The specification.
  virtual void apply(const UpdateBlock<double>& block) const = 0;
};

}  // namespace carnyx::kernels

#include "optimizers/composed_rule.h"

#include <algorithm>
#include <array>

namespace carnyx {

using kernels::UpdateBlock;

namespace {

constexpr std::size_t kPiece = 1024;  // elements whose gradient is rewritten on the stack

template <class T>
UpdateBlock<T> piece_of(const UpdateBlock<T>& block, std::size_t first) {
  const std::size_t count = std::min(kPiece, block.weight.size() - first);
  UpdateBlock<T> piece = block;
  piece.weight = block.weight.subspan(first, count);
  piece.gradient = block.gradient.subspan(first, count);
  for (auto& slot : piece.slots) {
    if (!slot.empty()) slot = slot.subspan(first, count);
  }
  return piece;
}

/// Of the weight's own penalty. sign(0) is 0.
template <class T>
void add_slope(const Regularizer::Slope& slope, std::span<const T> weight, std::span<T> gradient) {
  if (slope.l1 == 0 && slope.l2 == 0) return;
  const auto l1 = static_cast<T>(slope.l1);
  const auto l2 = static_cast<T>(2 * slope.l2);
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const T w = weight[i];
    const T sign = static_cast<T>(w > 0) - static_cast<T>(w < 0);
    gradient[i] += l1 * sign + l2 * w;
  }
}

/// Adds the sum so far to the gradient and begins anew, as their mean.
template <class T>
void take_mean(std::span<T> gradient, std::span<T> sum, std::int64_t count) {
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    gradient[i] = (gradient[i] + sum[i]) / static_cast<T>(count);
    sum[i] = 0;
  }
}

}  // namespace

std::vector<std::string_view> common_slots(const OptimizerOptions& options) {
  std::vector<std::string_view> slots;
  if (options.use_ema) slots.push_back(kAverageSlot);
  if (options.gradient_accumulation_steps) slots.push_back(kAccumulatorSlot);
  return slots;
}

ComposedRule::ComposedRule(std::shared_ptr<const kernels::UpdateRule> inner,
                           OptimizerOptions options,
                           WeightPulls pulls)
    : inner_(std::move(inner)),
      options_(std::move(options)),
      pulls_(pulls),
      slots_(common_slots(options_)),
      own_slots_(slots_.size()) {
  const auto own = inner_->slot_names();
  slots_.insert(slots_.end(), own.begin(), own.end());
}

double ComposedRule::initial_value(std::size_t slot) const {
  return slot < own_slots_ ? 0 : inner_->initial_value(slot - own_slots_);
}

template <class T>
void ComposedRule::run(const UpdateBlock<T>& block) const {
  for (std::size_t first = 0; first < block.weight.size(); first += kPiece) {
    run_piece(piece_of(block, first));
  }
}

template <class T>
void ComposedRule::run_piece(UpdateBlock<T> block) const {
  std::array<T, kPiece> memory;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled below
  const auto gradient = std::span(memory).first(block.gradient.size());
  std::ranges::copy(block.gradient, gradient.begin());
  if (options_.loss_scale_factor) {
    for (T& g : gradient) g /= static_cast<T>(*options_.loss_scale_factor);
  }
  add_slope<T>(pulls_.slope, block.weight, gradient);

  const std::int64_t every = options_.gradient_accumulation_steps.value_or(1);
  const std::int64_t moves_before = (block.step - 1) / every;  // Keras's `iterations`
  const auto sum =
      options_.gradient_accumulation_steps ? block.slots[own_slots_ - 1] : std::span<T>();
  if (block.step % every != 0) {
    for (std::size_t i = 0; i < gradient.size(); ++i) sum[i] += gradient[i];
  } else {
    if (!sum.empty()) take_mean(gradient, sum, every);
    move(block, gradient, moves_before + 1);
  }
  if (options_.use_ema) average(block, moves_before + 1);
}

/// Clips, decays, and lets the inner rule make its step.
template <class T>
void ComposedRule::move(const UpdateBlock<T>& block,
                        std::span<T> gradient,
                        std::int64_t step) const {
  if (options_.clipvalue) {
    const auto bound = static_cast<T>(*options_.clipvalue);
    for (T& g : gradient) g = std::clamp(g, -bound, bound);
  } else if (block.multiplier != 1) {
    for (T& g : gradient) g *= static_cast<T>(block.multiplier);
  }
  if (pulls_.weight_decay != 0) {
    const auto factor = static_cast<T>(pulls_.weight_decay * block.learning_rate);
    for (T& w : block.weight) w -= w * factor;
  }
  UpdateBlock<T> inner{.weight = block.weight,
                       .gradient = gradient,
                       .slots = {},
                       .learning_rate = block.learning_rate,
                       .step = step};
  std::copy(block.slots.begin() + static_cast<std::ptrdiff_t>(own_slots_),
            block.slots.end(),
            inner.slots.begin());
  inner_->apply(inner);
}

/// The first average is the weight itself, for the slot holds nothing yet.
template <class T>
void ComposedRule::average(const UpdateBlock<T>& block, std::int64_t step) const {
  const auto momentum = static_cast<T>(step == 1 ? 0 : options_.ema_momentum);
  const auto frequency = options_.ema_overwrite_frequency;
  const bool overwrites = frequency && step % *frequency == 0;
  const std::span<T> averages = block.slots[0];
  for (std::size_t i = 0; i < averages.size(); ++i) {
    averages[i] = momentum * averages[i] + (1 - momentum) * block.weight[i];
    if (overwrites) block.weight[i] = averages[i];
  }
}

}  // namespace carnyx

#include <algorithm>
#include <memory>
#include <utility>

#include "carnyx/base/ensure.h"
#include "carnyx/kernels/steps.h"

#include "kernels/cpu/block_grid.h"
#include "kernels/cpu/reorder.h"
#include "kernels/cpu/scale.h"

namespace carnyx::kernels {
namespace {

constexpr std::int64_t kBlockElements = 1024;  // 4 KiB of each buffer: they all fit in L1
constexpr std::int64_t kBlocksPerChunk = 8;

/// Blocks are runs of consecutive memory: rows of one panel, or some rows, or a part of one.
BlockGrid grid_of(const Operand& weight) {
  const std::int64_t rows = weight.shape.rows();
  const std::int64_t columns = weight.shape.columns();
  if (weight.format.layout == Layout::Panels) {
    return {Layout::Panels, rows, columns, kBlockElements / kPanel, kPanel};
  }
  const std::int64_t width = std::clamp<std::int64_t>(columns, 1, kBlockElements);
  return {Layout::Rows, rows, columns, columns > width ? 1 : kBlockElements / width, width};
}

class Update final : public Kernel {
 public:
  Update(Operand gradient, UpdateTarget target, std::optional<Operand> multiplier)
      : gradient_(std::move(gradient)),
        target_(std::move(target)),
        multiplier_(std::move(multiplier)),
        grid_(grid_of(target_.weight)) {}

  [[nodiscard]] std::int64_t chunks() const override {
    return (grid_.count() + kBlocksPerChunk - 1) / kBlocksPerChunk;
  }

  [[nodiscard]] std::int64_t scratch_bytes() const override {
    return kBlockElements * static_cast<std::int64_t>(sizeof(float));
  }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    const std::int64_t first = chunk * kBlocksPerChunk;
    const std::int64_t end = std::min(first + kBlocksPerChunk, grid_.count());
    for (std::int64_t i = first; i < end; ++i) {
      const Block block = grid_[i];
      move_weights(block, arguments);
      for (const Operand& copy : target_.copies) {
        reorder_block(target_.weight, copy, block, arguments);
      }
    }
  }

 private:
  /// The block's elements in one of the buffers, all of which have the weight's format.
  [[nodiscard]] std::span<float> elements(const Operand& operand,
                                          const Block& block,
                                          const Arguments& arguments) const {
    const Layout layout = target_.weight.format.layout;
    const Shape& shape = target_.weight.shape;
    float* first =
        arguments.address<float>(operand.buffer) +
        offset(layout, shape.rows(), shape.columns(), block.first_row, block.first_column);
    return {first,
            static_cast<std::size_t>(padded_elements(layout, block.rows(), block.columns()))};
  }

  void move_weights(const Block& block, const Arguments& arguments) const {
    const float multiplier = multiplier_ ? *arguments.address<float>(multiplier_->buffer) : 1.0F;
    const bool multiplies = target_.rule->multiplies();
    const auto scale =
        static_cast<float>(arguments.context.gradient_scale) * (multiplies ? 1.0F : multiplier);
    const std::span<float> gradient = elements(gradient_, block, arguments);
    const bool scales = target_.rule->scales();
    auto* const scaled = reinterpret_cast<float*>(arguments.scratch.data());
    if (!scales) scale_to(gradient, scale, scaled);
    UpdateBlock<float> moved{.weight = elements(target_.weight, block, arguments),
                             .gradient = {scales ? gradient.data() : scaled, gradient.size()},
                             .slots = {},
                             .learning_rate = arguments.context.learning_rate,
                             .step = arguments.context.step + 1,
                             .multiplier = multiplies ? double{multiplier} : 1,
                             .scale = scales ? scale : 1};
    for (std::size_t slot = 0; slot < target_.slots.size(); ++slot) {
      moved.slots[slot] = elements(target_.slots[slot], block, arguments);
    }
    target_.rule->apply(moved);
    if (target_.weight.format.layout == Layout::Panels && block.columns() < kPanel) {
      clear_padding(moved, target_.slots.size(), block.columns());
    }
  }

  /// A rule may make something of a zero gradient (0 / 0, or a constant); padding stays zero.
  static void clear_padding(const UpdateBlock<float>& moved,
                            std::size_t slots,
                            std::int64_t columns) {
    const auto clear = [&](std::span<float> panel) {
      for (; !panel.empty(); panel = panel.subspan(kPanel)) {
        std::fill(panel.begin() + columns, panel.begin() + kPanel, 0.0F);
      }
    };
    clear(moved.weight);
    for (std::size_t slot = 0; slot < slots; ++slot) clear(moved.slots[slot]);
  }

  Operand gradient_;
  UpdateTarget target_;
  std::optional<Operand> multiplier_;
  BlockGrid grid_;
};

}  // namespace

std::unique_ptr<Kernel> make_update(Operand gradient,
                                    UpdateTarget target,
                                    std::optional<Operand> multiplier) {
  const Operand& weight = target.weight;
  const auto matches = [&](const Operand& operand) {
    return operand.format == weight.format && operand.shape == weight.shape;
  };
  CARNYX_ENSURE(target.rule != nullptr);
  CARNYX_ENSURE(weight.format.dtype == DType::Float32 && matches(gradient));
  CARNYX_ENSURE(target.slots.size() == target.rule->slot_names().size());
  CARNYX_ENSURE(std::all_of(target.slots.begin(), target.slots.end(), matches));
  for (const Operand& copy : target.copies) CARNYX_ENSURE(copy.shape == weight.shape);
  CARNYX_ENSURE(!multiplier ||
                (multiplier->format.dtype == DType::Float32 && multiplier->shape.elements() == 1));
  return std::make_unique<Update>(std::move(gradient), std::move(target), std::move(multiplier));
}

}  // namespace carnyx::kernels

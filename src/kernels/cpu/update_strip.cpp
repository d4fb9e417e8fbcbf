#include "kernels/cpu/update_strip.h"

#include <array>
#include <string>

#include "carnyx/base/error.h"

#include "kernels/cpu/scale.h"
#include "kernels/cpu/stages.h"

namespace carnyx::kernels {
namespace {

/// The part of a buffer that holds the strip, or one row of it: [weight, slots...].
struct Moved {
  std::array<float*, kMaxSlots + 1> first{};
  std::size_t length = 0;
};

void apply(const UpdateTarget& target,
           const Moved& moved,
           float scale,
           const float* gradient,
           const StepContext& context) {
  UpdateBlock<float> block{.weight = {moved.first[0], moved.length},
                           .gradient = {gradient, moved.length},
                           .slots = {},
                           .learning_rate = context.learning_rate,
                           .step = context.step + 1,
                           .scale = scale};
  for (std::size_t slot = 0; slot < target.slots.size(); ++slot) {
    block.slots[slot] = {moved.first[slot + 1], moved.length};
  }
  target.rule->apply(block);
}

/// Element [row, first column of the panel] of the weight and its slots.
Moved moved_at(const UpdateTarget& target, const StripPlace& place, const Arguments& arguments) {
  const std::int64_t first = offset(target.weight.format.layout,
                                    target.weight.shape.rows(),
                                    target.weight.shape.columns(),
                                    place.row,
                                    place.panel * kPanel);
  Moved moved;
  moved.first[0] = arguments.address<float>(target.weight.buffer) + first;
  for (std::size_t slot = 0; slot < target.slots.size(); ++slot) {
    moved.first[slot + 1] = arguments.address<float>(target.slots[slot].buffer) + first;
  }
  return moved;
}

/// A rule may make something of a zero gradient (0 / 0, or a constant); padding stays zero.
void update_panel(const UpdateTarget& target,
                  const StripPlace& place,
                  const Arguments& arguments,
                  float scale,
                  const float* gradient) {
  Moved moved = moved_at(target, place, arguments);
  moved.length = static_cast<std::size_t>(place.rows * kPanel);
  apply(target, moved, scale, gradient, arguments.context);
  for (std::size_t i = 0; i <= target.slots.size(); ++i) clear_padding(moved.first[i], place);
}

void update_rows(const UpdateTarget& target,
                 const StripPlace& place,
                 const Arguments& arguments,
                 float scale,
                 const float* gradient) {
  Moved moved = moved_at(target, place, arguments);
  moved.length = static_cast<std::size_t>(place.columns);
  for (std::int64_t row = 0; row < place.rows; ++row, gradient += kPanel) {
    apply(target, moved, scale, gradient, arguments.context);
    for (std::size_t i = 0; i <= target.slots.size(); ++i) {
      moved.first[i] += target.weight.shape.columns();
    }
  }
}

}  // namespace

void update_strip(const UpdateTarget& target,
                  const StripPlace& place,
                  const Arguments& arguments,
                  float scale,
                  float* gradient) {
  clear_padding(gradient, place);
  if (!target.rule->scales() && scale != 1) {
    const auto count = static_cast<std::size_t>(place.rows * kPanel);
    scale_to({gradient, count}, scale, gradient);
    scale = 1;
  }
  const bool panels = target.weight.format.layout == Layout::Panels;
  (panels ? update_panel : update_rows)(target, place, arguments, scale, gradient);
  if (target.copies.empty()) return;
  const float* weight =
      read_strip(target.weight, arguments.buffers[target.weight.buffer], place, gradient);
  for (const Operand& copy : target.copies) {
    store_strip(weight, place, copy, arguments.buffers[copy.buffer]);
  }
}

void check_update(const UpdateTarget& target,
                  std::int64_t rows,
                  std::int64_t columns,
                  std::string_view kernel) {
  const std::string place = std::string(kernel) + ": update";
  if (target.rule == nullptr) throw InvalidArgument(place + ": expected a rule, got none");
  check_operand(target.weight, rows, columns, false, place + "'s weight");
  if (target.weight.format.dtype != DType::Float32) {
    throw InvalidArgument(place + "'s weight: expected float32, got " +
                          std::string(name_of(target.weight.format.dtype)));
  }
  if (target.slots.size() != target.rule->slot_names().size() || target.slots.size() > kMaxSlots) {
    throw InvalidArgument(place + ": expected " + std::to_string(target.rule->slot_names().size()) +
                          " slots, got " + std::to_string(target.slots.size()));
  }
  for (const Operand& slot : target.slots) {
    check_operand(slot, rows, columns, false, place + "'s slot");
    if (slot.format != target.weight.format) {
      throw InvalidArgument(place + "'s slot: expected the weight's format");
    }
  }
  for (const Operand& copy : target.copies) {
    check_operand(copy, rows, columns, false, place + "'s copy");
  }
}

}  // namespace carnyx::kernels

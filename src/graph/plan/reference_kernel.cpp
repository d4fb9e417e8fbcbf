#include "graph/plan/reference_kernel.h"

#include <algorithm>
#include <memory>
#include <type_traits>

#include "carnyx/tensor/tensor.h"

namespace carnyx::plan {
namespace {

using kernels::Operand;

std::size_t elements(const Operand& operand) {
  return static_cast<std::size_t>(operand.shape.elements());
}

/// f(index in row-major order, offset in the buffer) for every element.
template <class F>
void for_each_element(const Operand& operand, F f) {
  const std::int64_t rows = operand.shape.rows();
  const std::int64_t columns = operand.shape.columns();
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t column = 0; column < columns; ++column) {
      f(static_cast<std::size_t>(row * columns + column),
        kernels::offset(operand.format.layout, rows, columns, row, column));
    }
  }
}

/// Padding is zero, and what lay in the buffer before may be anything.
void clear_padding(const Operand& operand, std::byte* buffer) {
  const kernels::Format& format = operand.format;
  const std::int64_t padded =
      kernels::padded_elements(format.layout, operand.shape.rows(), operand.shape.columns());
  if (padded == operand.shape.elements()) return;
  std::fill_n(buffer, padded * size_of(format.dtype), std::byte{});
}

/// Nothing is allocated in a step: the scratch holds the operands' elements as doubles, then what
/// the op is told of them.
class ReferenceKernel final : public kernels::Kernel {
  static_assert(std::is_trivially_destructible_v<ConstArray>);
  static_assert(std::is_trivially_destructible_v<Array>);

 public:
  ReferenceKernel(std::shared_ptr<const Op> op,
                  std::vector<Operand> inputs,
                  std::vector<Operand> outputs)
      : op_(std::move(op)), inputs_(std::move(inputs)), outputs_(std::move(outputs)) {
    for (const auto* operands : {&inputs_, &outputs_}) {
      for (const Operand& operand : *operands) elements_ += elements(operand);
    }
  }

  [[nodiscard]] std::int64_t chunks() const override { return 1; }
  [[nodiscard]] std::int64_t scratch_bytes() const override {
    return static_cast<std::int64_t>(elements_ * sizeof(double) +
                                     inputs_.size() * sizeof(ConstArray) +
                                     outputs_.size() * sizeof(Array));
  }

  void run(std::int64_t, const kernels::Arguments& arguments) const override {
    auto* numbers = reinterpret_cast<double*>(arguments.scratch.data());
    auto* inputs = reinterpret_cast<ConstArray*>(numbers + elements_);
    auto* outputs = reinterpret_cast<Array*>(inputs + inputs_.size());
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const std::span<double> values(numbers, elements(inputs_[i]));
      load(arguments.buffers[inputs_[i].buffer], inputs_[i], values);
      std::construct_at(inputs + i, ConstArray{inputs_[i].shape, values});
      numbers += values.size();
    }
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      const std::span<double> values(numbers, elements(outputs_[i]));
      std::construct_at(outputs + i, Array{outputs_[i].shape, values});
      numbers += values.size();
    }
    op_->reference({{inputs, inputs_.size()}, {outputs, outputs_.size()}, arguments.context});
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      store(outputs[i].data, outputs_[i], arguments.buffers[outputs_[i].buffer]);
    }
  }

 private:
  static void load(const std::byte* buffer, const Operand& operand, std::span<double> values) {
    for_each_element(operand, [&](std::size_t index, std::int64_t offset) {
      values[index] = load_element(buffer, operand.format.dtype, offset);
    });
  }
  static void store(std::span<const double> values, const Operand& operand, std::byte* buffer) {
    clear_padding(operand, buffer);
    for_each_element(operand, [&](std::size_t index, std::int64_t offset) {
      store_element(buffer, operand.format.dtype, offset, values[index]);
    });
  }

  std::shared_ptr<const Op> op_;  // shared with the graph it came from
  std::vector<Operand> inputs_;
  std::vector<Operand> outputs_;
  std::size_t elements_ = 0;  // of all operands
};

class ReferenceGather final : public kernels::Kernel {
 public:
  explicit ReferenceGather(kernels::GatherSpec spec)
      : spec_(std::move(spec)), output_(spec_.outputs.front()) {}

  [[nodiscard]] std::int64_t chunks() const override { return 1; }
  [[nodiscard]] std::int64_t scratch_bytes() const override {
    const std::int64_t doubles = source_elements() + spec_.columns;
    return doubles * static_cast<std::int64_t>(sizeof(double));
  }

  /// A row of the source is divided, changed, scaled and shifted in the scratch.
  void run(std::int64_t, const kernels::Arguments& arguments) const override {
    auto* const scratch = reinterpret_cast<double*>(arguments.scratch.data());
    const std::span<double> source(scratch, static_cast<std::size_t>(source_elements()));
    const std::span<double> row(scratch + source.size(), static_cast<std::size_t>(spec_.columns));
    std::int64_t made = -1;
    clear_padding(output_, arguments.buffers[output_.buffer]);
    for_each_element(output_, [&](std::size_t index, std::int64_t offset) {
      const auto at = static_cast<std::int64_t>(index) / spec_.columns;
      if (at != made) make_row(made = at, arguments, source, row);
      store_element(
          arguments.buffers[output_.buffer], output_.format.dtype, offset, row[index % row.size()]);
    });
  }

 private:
  [[nodiscard]] std::int64_t source_elements() const {
    return spec_.change ? spec_.change->elements() : spec_.columns;
  }

  void make_row(std::int64_t row,
                const kernels::Arguments& arguments,
                std::span<double> source,
                std::span<double> result) const {
    const kernels::BatchRows& next = arguments.context.next;
    if (row >= std::ssize(next.indices)) {
      std::ranges::fill(result, 0.0);
      return;
    }
    const auto at = static_cast<std::size_t>(row);
    for (std::size_t i = 0; i < source.size(); ++i) {
      const std::int64_t from = next.indices[at] * source_elements() + static_cast<std::int64_t>(i);
      const std::byte* const rows = arguments.buffers[spec_.source_buffer];
      source[i] = load_element(rows, spec_.source_dtype, from) / spec_.divisor;
    }
    if (spec_.change) {
      const kernels::ImageKey key{
          .seed = next.seed,
          .stream = stream_,
          .time = static_cast<std::uint32_t>(next.epoch),
          .sample = next.samples.empty() ? next.indices[at] : next.samples[at]};
      change_image(*spec_.change, draw_image(*spec_.change, key), source, result);
    } else {
      std::ranges::copy(source, result.begin());
    }
    for (double& x : result) x = x * spec_.scale + spec_.shift;
  }

  kernels::GatherSpec spec_;
  Operand output_;
  std::uint32_t stream_ = kernels::gather_stream();
};

}  // namespace

std::unique_ptr<kernels::Kernel> make_reference(std::shared_ptr<const Op> op,
                                                std::vector<Operand> inputs,
                                                std::vector<Operand> outputs) {
  return std::make_unique<ReferenceKernel>(std::move(op), std::move(inputs), std::move(outputs));
}

std::unique_ptr<kernels::Kernel> make_reference_gather(kernels::GatherSpec spec) {
  return std::make_unique<ReferenceGather>(std::move(spec));
}

}  // namespace carnyx::plan

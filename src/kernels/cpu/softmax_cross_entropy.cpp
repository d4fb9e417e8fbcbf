// Sixteen rows a chunk. Operands come and go as strips, in whatever format; each row is computed on
// a float32 copy of whole panels whose logits past the last class are -infinity.
#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "carnyx/base/ensure.h"
#include "carnyx/kernels/steps.h"

#include "kernels/cpu/row_set.h"
#include "kernels/cpu/softmax_row.h"

namespace carnyx::kernels {
namespace {

constexpr std::int64_t kChunkRows = RowSet::kMostRows;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct RowSets {
  RowSet logits, target, probabilities, gradient;
};

/// What a chunk adds up.
struct Sums {
  double loss = 0, correct = 0;
};

class SoftmaxCrossEntropy final : public Kernel {
 public:
  SoftmaxCrossEntropy(SoftmaxCrossEntropySpec spec, Operand partials)
      : spec_(std::move(spec)),
        partials_(std::move(partials)),
        batch_(spec_.logits.shape.rows()),
        classes_(spec_.logits.shape.columns()) {}

  [[nodiscard]] std::int64_t chunks() const override {
    return (batch_ + kChunkRows - 1) / kChunkRows;
  }

  [[nodiscard]] std::int64_t scratch_bytes() const override {
    return 4 * set_size() * static_cast<std::int64_t>(sizeof(float));
  }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    const std::int64_t first = chunk * kChunkRows;
    const std::int64_t rows = std::min(kChunkRows, batch_ - first);
    const std::int64_t valid =
        std::clamp<std::int64_t>(arguments.context.valid_rows - first, 0, rows);
    const RowSets sets = load(first, rows, arguments);
    Sums sums;
    for (std::int64_t i = 0; i < rows; ++i) {
      if (i < valid) {
        compute(i, weighs(first + i, arguments), sets, sums);
      } else {
        std::fill_n(sets.probabilities.row(i), sets.probabilities.padded(), 0.0F);
        std::fill_n(sets.gradient.row(i), sets.gradient.padded(), 0.0F);
      }
    }
    store(sets, chunk, sums, arguments);
  }

 private:
  [[nodiscard]] std::int64_t set_size() const {
    return kChunkRows * panel_count(classes_) * kPanel;
  }
  [[nodiscard]] bool has_labels() const { return spec_.target.format.dtype == DType::Int32; }

  [[nodiscard]] std::int32_t label(std::int64_t row, const Arguments& arguments) const {
    return arguments.address<std::int32_t>(spec_.target.buffer)[row];
  }

  [[nodiscard]] bool weighs(std::int64_t row, const Arguments& arguments) const {
    if (!has_labels()) return true;
    const std::int32_t target = label(row, arguments);
    return target >= 0 && target < classes_;
  }

  [[nodiscard]] RowSets load(std::int64_t first,
                             std::int64_t rows,
                             const Arguments& arguments) const {
    auto* const scratch = reinterpret_cast<float*>(arguments.scratch.data());
    const auto set = [&](std::int64_t i) {
      return RowSet(scratch + i * set_size(), first, rows, classes_);
    };
    const RowSets sets = {set(0), set(1), set(2), set(3)};
    sets.logits.load(spec_.logits, -kInfinity, arguments);
    if (has_labels()) {
      std::fill_n(sets.target.row(0), rows * sets.target.padded(), 0.0F);
      for (std::int64_t i = 0; i < rows; ++i) {
        if (weighs(first + i, arguments)) sets.target.row(i)[label(first + i, arguments)] = 1;
      }
    } else {
      sets.target.load(spec_.target, 0, arguments);
    }
    return sets;
  }

  void compute(std::int64_t i, bool weighs, const RowSets& sets, Sums& sums) const {
    SoftmaxRow row{.padded = sets.logits.padded(),
                   .logits = sets.logits.row(i),
                   .target = sets.target.row(i),
                   .probabilities = sets.probabilities.row(i),
                   .gradient = sets.gradient.row(i)};
    softmax(row);
    if (!weighs) return static_cast<void>(std::fill_n(row.gradient, row.padded, 0.0F));
    const double loss = cross_entropy(row);
    if (spec_.loss) sums.loss += loss;
    if (spec_.correct && is_correct(row)) sums.correct += 1;
  }

  void store(const RowSets& sets,
             std::int64_t chunk,
             const Sums& sums,
             const Arguments& arguments) const {
    if (spec_.probabilities) sets.probabilities.store(*spec_.probabilities, arguments);
    for (const Operand& gradient : spec_.gradients) sets.gradient.store(gradient, arguments);
    double* const partials = arguments.address<double>(partials_.buffer) + chunk * 2;
    partials[0] = sums.loss;
    partials[1] = sums.correct;
  }

  SoftmaxCrossEntropySpec spec_;
  Operand partials_;
  std::int64_t batch_, classes_;
};

bool is_matrix(const Operand& operand, const Shape& shape) {
  return operand.shape.rows() == shape.rows() && operand.shape.columns() == shape.columns() &&
         (operand.format.dtype == DType::Float32 || operand.format.dtype == DType::Bfloat16);
}

}  // namespace

std::int64_t partials_elements(std::int64_t batch) {
  return 2 * ((batch + kChunkRows - 1) / kChunkRows);
}

std::unique_ptr<Kernel> make_softmax_cross_entropy(SoftmaxCrossEntropySpec spec, Operand partials) {
  const Shape& shape = spec.logits.shape;
  CARNYX_ENSURE(shape.columns() > 0 && is_matrix(spec.logits, shape));
  if (spec.target.format.dtype == DType::Int32) {
    CARNYX_ENSURE(spec.target.format.layout == Layout::Rows);
    CARNYX_ENSURE(spec.target.shape.elements() == shape.rows());
  } else {
    CARNYX_ENSURE(is_matrix(spec.target, shape));
  }
  CARNYX_ENSURE(!spec.probabilities || is_matrix(*spec.probabilities, shape));
  for (const Operand& gradient : spec.gradients) CARNYX_ENSURE(is_matrix(gradient, shape));
  CARNYX_ENSURE(partials.format.dtype == DType::Float64);
  CARNYX_ENSURE(partials.shape.elements() == partials_elements(shape.rows()));
  return std::make_unique<SoftmaxCrossEntropy>(std::move(spec), std::move(partials));
}

}  // namespace carnyx::kernels

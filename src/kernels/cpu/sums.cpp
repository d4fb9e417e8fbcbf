#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/sums.cpp"  // NOLINT(readability-identifier-naming)

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "carnyx/base/ensure.h"
#include "carnyx/kernels/steps.h"

#include "kernels/cpu/targets.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {

HWY_INLINE double to_double(float value) {
  return value;
}
HWY_INLINE double to_double(double value) {
  return value;
}
HWY_INLINE double to_double(Bfloat16 value) {
  return value.to_float();
}

template <class T, bool kSquared>
HWY_INLINE double term(T value) {
  const double x = to_double(value);
  return kSquared ? x * x : x;
}

/// Sixteen running sums, and as many within a run, for a sum of doubles cannot start before the one
/// before it is done. Which element goes to which does not depend on the instruction set.
template <class T, bool kSquared>
void add_run(const T* values, std::int64_t count, double* lanes) {
  constexpr std::int64_t kWidth = 2 * kPanel;
  double sums[kWidth]{};
  std::int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) {
    for (std::int64_t lane = 0; lane < kWidth; ++lane)
      sums[lane] += term<T, kSquared>(values[i + lane]);
  }
  for (std::int64_t lane = 0; i < count; ++i, ++lane) sums[lane] += term<T, kSquared>(values[i]);
  for (std::int64_t lane = 0; lane < kPanel; ++lane)
    lanes[lane] += sums[lane] + sums[lane + kPanel];
}

void add_floats(const float* values, std::int64_t count, double* lanes) {
  add_run<float, false>(values, count, lanes);
}
void add_float_squares(const float* values, std::int64_t count, double* lanes) {
  add_run<float, true>(values, count, lanes);
}
void add_doubles(const double* values, std::int64_t count, double* lanes) {
  add_run<double, false>(values, count, lanes);
}
void add_double_squares(const double* values, std::int64_t count, double* lanes) {
  add_run<double, true>(values, count, lanes);
}
void add_bfloats(const Bfloat16* values, std::int64_t count, double* lanes) {
  add_run<Bfloat16, false>(values, count, lanes);
}
void add_bfloat_squares(const Bfloat16* values, std::int64_t count, double* lanes) {
  add_run<Bfloat16, true>(values, count, lanes);
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace carnyx::kernels {
namespace {

HWY_EXPORT(add_floats);
HWY_EXPORT(add_float_squares);
HWY_EXPORT(add_doubles);
HWY_EXPORT(add_double_squares);
HWY_EXPORT(add_bfloats);
HWY_EXPORT(add_bfloat_squares);

constexpr std::int64_t kChunkElements = std::int64_t{16} << 10;

using Lanes = std::array<double, kPanel>;

void add(const float* x, std::int64_t count, bool squared, Lanes& lanes) {
  (squared ? HWY_DYNAMIC_DISPATCH(add_float_squares) : HWY_DYNAMIC_DISPATCH(add_floats))(
      x, count, lanes.data());
}
void add(const double* x, std::int64_t count, bool squared, Lanes& lanes) {
  (squared ? HWY_DYNAMIC_DISPATCH(add_double_squares) : HWY_DYNAMIC_DISPATCH(add_doubles))(
      x, count, lanes.data());
}
void add(const Bfloat16* x, std::int64_t count, bool squared, Lanes& lanes) {
  (squared ? HWY_DYNAMIC_DISPATCH(add_bfloat_squares) : HWY_DYNAMIC_DISPATCH(add_bfloats))(
      x, count, lanes.data());
}

/// Rows of a matrix that one chunk sums.
std::int64_t rows_per_chunk(const Shape& shape) {
  return std::max<std::int64_t>(1, kChunkElements / std::max<std::int64_t>(1, shape.columns()));
}

class Sum final : public Kernel {
 public:
  explicit Sum(SumSpec spec) : spec_(std::move(spec)) {}

  [[nodiscard]] std::int64_t chunks() const override { return sum_chunks(spec_.x.shape); }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    double& result = arguments.address<double>(spec_.partials.buffer)[chunk];
    switch (spec_.x.format.dtype) {
      case DType::Float64:
        result = sum<double>(chunk, arguments);
        break;
      case DType::Bfloat16:
        result = sum<Bfloat16>(chunk, arguments);
        break;
      default:
        result = sum<float>(chunk, arguments);
        break;
    }
  }

 private:
  /// A vector is one row whose columns are the samples; anything else has samples for rows.
  template <class T>
  [[nodiscard]] double sum(std::int64_t chunk, const Arguments& arguments) const {
    const Shape& shape = spec_.x.shape;
    const bool vector = shape.rank() <= 1;
    const std::int64_t samples = shape.rank() == 0 ? 1 : shape[0];
    if (samples == 0) return 0;
    const std::int64_t counted =
        spec_.only_valid_rows ? std::min(arguments.context.valid_rows, samples) : samples;
    const std::int64_t first = chunk * rows_per_chunk(shape);
    const std::int64_t end =
        std::min(first + rows_per_chunk(shape), vector ? 1 : shape.rows() / samples * counted);
    const std::int64_t columns = vector ? counted : shape.columns();
    Lanes lanes{};
    if (first < end) add_rows(arguments.address<T>(spec_.x.buffer), first, end, columns, lanes);
    double total = 0;
    for (const double lane : lanes) total += lane;
    return total;
  }

  template <class T>
  void add_rows(
      const T* x, std::int64_t first, std::int64_t end, std::int64_t columns, Lanes& lanes) const {
    const Shape& shape = spec_.x.shape;
    const Layout layout = spec_.x.format.layout;
    if (layout == Layout::Rows) {
      return add(x + first * columns, (end - first) * columns, spec_.squared, lanes);
    }
    // Padding is zero and summed too; where a vector ends early, more than padding follows.
    const std::int64_t end_column =
        columns < shape.columns() ? columns : panel_count(columns) * kPanel;
    for (std::int64_t column = 0; column < columns; column += kPanel) {
      const T* panel = x + offset(layout, shape.rows(), shape.columns(), first, column);
      const std::int64_t last_row = std::min(kPanel, end_column - column);
      add(panel, (end - first - 1) * kPanel + last_row, spec_.squared, lanes);
    }
  }

  SumSpec spec_;
};

class SumPartials final : public Kernel {
 public:
  SumPartials(Operand partials, std::vector<std::optional<Operand>> results)
      : partials_(std::move(partials)), results_(std::move(results)) {}

  [[nodiscard]] std::int64_t chunks() const override { return 1; }

  void run(std::int64_t, const Arguments& arguments) const override {
    const double* partials = arguments.address<double>(partials_.buffer);
    const auto width = std::ssize(results_);
    for (std::int64_t i = 0; i < width; ++i) {
      if (!results_[i]) continue;
      double sum = 0;
      for (std::int64_t p = i; p < partials_.shape.elements(); p += width) sum += partials[p];
      *arguments.address<double>(results_[i]->buffer) = sum;
    }
  }

 private:
  Operand partials_;
  std::vector<std::optional<Operand>> results_;
};

}  // namespace

std::unique_ptr<Kernel> make_sum_partials(Operand partials,
                                          std::vector<std::optional<Operand>> results) {
  CARNYX_ENSURE(partials.format.dtype == DType::Float64);
  CARNYX_ENSURE(!results.empty());
  return std::make_unique<SumPartials>(std::move(partials), std::move(results));
}

std::int64_t sum_chunks(const Shape& shape) {
  return std::max<std::int64_t>(1, blocks_of(shape.rows(), rows_per_chunk(shape)));
}

std::unique_ptr<Kernel> make_sum(SumSpec spec) {
  const Layout layout = spec.x.format.layout;
  CARNYX_ENSURE(layout == Layout::Rows || layout == Layout::Panels);
  CARNYX_ENSURE(is_floating(spec.x.format.dtype));
  CARNYX_ENSURE(spec.partials.format.dtype == DType::Float64);
  CARNYX_ENSURE(spec.partials.shape.elements() == sum_chunks(spec.x.shape));
  return std::make_unique<Sum>(std::move(spec));
}

}  // namespace carnyx::kernels
#endif

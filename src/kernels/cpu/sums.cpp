#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "carnyx/base/ensure.h"
#include "carnyx/kernels/steps.h"

namespace carnyx::kernels {
namespace {

double to_double(float value) {
  return value;
}
double to_double(double value) {
  return value;
}
double to_double(Bfloat16 value) {
  return value.to_float();
}

/// Sixteen running sums, for a sum of doubles cannot start before the one before it is done.
/// Element i of a run goes to sum i % 16, so their order does not depend on the instruction set
/// either.
class WideSum {
 public:
  template <class T>
  void add(const T* values, std::int64_t count) {
    std::int64_t i = 0;
    for (; i + kPanel <= count; i += kPanel) {
      for (std::int64_t lane = 0; lane < kPanel; ++lane)
        lanes_[lane] += to_double(values[i + lane]);
    }
    for (std::int64_t lane = 0; i < count; ++i, ++lane) lanes_[lane] += to_double(values[i]);
  }
  [[nodiscard]] double total() const {
    double sum = 0;
    for (const double lane : lanes_) sum += lane;
    return sum;
  }

 private:
  double lanes_[kPanel] = {};
};

/// In one chunk: merging the sums of several would take another phase.
class SumAll final : public Kernel {
 public:
  SumAll(Operand x, Operand result, bool only_valid_rows)
      : x_(std::move(x)), result_(std::move(result)), only_valid_rows_(only_valid_rows) {}

  [[nodiscard]] std::int64_t chunks() const override { return 1; }

  void run(std::int64_t, const Arguments& arguments) const override {
    double& result = *arguments.address<double>(result_.buffer);
    switch (x_.format.dtype) {
      case DType::Float64:
        result = sum<double>(arguments);
        break;
      case DType::Bfloat16:
        result = sum<Bfloat16>(arguments);
        break;
      default:
        result = sum<float>(arguments);
        break;
    }
  }

 private:
  template <class T>
  [[nodiscard]] double sum(const Arguments& arguments) const {
    const T* x = arguments.address<T>(x_.buffer);
    const std::int64_t samples = x_.shape.rank() == 0 ? 1 : x_.shape[0];
    const std::int64_t counted =
        only_valid_rows_ ? std::min(arguments.context.valid_rows, samples) : samples;
    WideSum sum;
    if (samples == 0) return 0;
    if (x_.format.layout == Layout::Rows) {
      sum.add(x, x_.shape.elements() / samples * counted);
    } else {
      add_panels(x, samples, counted, sum);
    }
    return sum.total();
  }

  /// A vector is one row whose columns are the samples; anything else has samples for rows.
  template <class T>
  void add_panels(const T* x, std::int64_t samples, std::int64_t counted, WideSum& sum) const {
    const bool vector = x_.shape.rank() <= 1;
    const std::int64_t rows = x_.shape.rows();
    const std::int64_t counted_rows = vector ? 1 : rows / samples * counted;
    const std::int64_t columns = vector ? counted : x_.shape.columns();
    for (std::int64_t column = 0; column < columns; column += kPanel) {
      const std::int64_t width = std::min(kPanel, columns - column);
      for (std::int64_t row = 0; row < counted_rows; ++row) {
        sum.add(x + offset(x_.format.layout, rows, columns, row, column), width);
      }
    }
  }

  Operand x_;
  Operand result_;
  bool only_valid_rows_;
};

/// Pairs {loss, correct}, one a chunk of rows.
class SumPartials final : public Kernel {
 public:
  SumPartials(Operand partials, std::optional<Operand> loss, std::optional<Operand> correct)
      : partials_(std::move(partials)), results_{std::move(loss), std::move(correct)} {}

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
  std::array<std::optional<Operand>, 2> results_;
};

}  // namespace

std::unique_ptr<Kernel> make_sum_partials(Operand partials,
                                          std::optional<Operand> loss,
                                          std::optional<Operand> correct) {
  CARNYX_ENSURE(partials.format.dtype == DType::Float64);
  return std::make_unique<SumPartials>(std::move(partials), std::move(loss), std::move(correct));
}

std::unique_ptr<Kernel> make_sum_all(Operand x, Operand result, bool only_valid_rows) {
  CARNYX_ENSURE(is_floating(x.format.dtype) && result.format.dtype == DType::Float64);
  return std::make_unique<SumAll>(std::move(x), std::move(result), only_valid_rows);
}

}  // namespace carnyx::kernels

// The few rows of numbers, one for each channel, that batch normalization and its gradient are made
// by, and the single rows they come from and become.
#pragma once

#include <cmath>
#include <optional>
#include <string_view>

#include "kernels/cpu/column_partials.h"

namespace carnyx::kernels {

inline double inverse_deviation(double variance, double epsilon) {
  const double spread = variance + epsilon;
  return spread > 0 ? 1 / std::sqrt(spread) : 0;
}

inline PanelRow load_row(const Operand& from,
                         std::int64_t columns,
                         std::int64_t panel,
                         const Arguments& arguments) {
  alignas(64) PanelRow row;
  load_strip(from, arguments.buffers[from.buffer], strip_place(0, 1, panel, columns), row.data());
  return row;
}

/// The panel's part of an operand of one row, or of a row of `otherwise`.
inline PanelRow load_row_or(const std::optional<Operand>& from,
                            float otherwise,
                            std::int64_t columns,
                            std::int64_t panel,
                            const Arguments& arguments) {
  if (from) return load_row(*from, columns, panel, arguments);
  PanelRow row;
  row.fill(otherwise);
  return row;
}

inline void store_row(const PanelRow& row,
                      const Operand& to,
                      std::int64_t columns,
                      std::int64_t panel,
                      const Arguments& arguments) {
  alignas(64) const PanelRow strip = row;
  store_strip(strip.data(), strip_place(0, 1, panel, columns), to, arguments.buffers[to.buffer]);
}

inline constexpr std::int64_t kMergedRows = 4;  // what the last phase reads of each channel

/// float32 [kMergedRows][padded columns].
class MergedRows {
 public:
  MergedRows(Operand operand, std::int64_t columns)
      : operand_(std::move(operand)), padded_(panel_count(columns) * kPanel) {
    CARNYX_ENSURE(operand_.format == (Format{Layout::Rows, DType::Float32}));
    CARNYX_ENSURE(operand_.shape.elements() == kMergedRows * padded_);
  }
  [[nodiscard]] float* at(std::int64_t row, std::int64_t panel, const Arguments& arguments) const {
    return arguments.address<float>(operand_.buffer) + row * padded_ + panel * kPanel;
  }
  void store(const PanelRow& numbers,
             std::int64_t row,
             std::int64_t panel,
             const Arguments& arguments) const {
    std::copy(numbers.begin(), numbers.end(), at(row, panel, arguments));
  }

 private:
  Operand operand_;
  std::int64_t padded_;
};

inline void check_row(const std::optional<Operand>& row,
                      std::int64_t columns,
                      std::string_view place) {
  if (row) check_operand(*row, 1, columns, false, place);
}

inline void check_matrix(const Operand& operand, const Shape& shape, std::string_view place) {
  check_operand(operand, shape.rows(), shape.columns(), false, place);
}

}  // namespace carnyx::kernels

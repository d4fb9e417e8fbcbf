// Some rows of one operand, each padded to whole panels, as float32 in scratch: what kernels that
// look at whole rows work on, whatever format operands come and go in.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "kernels/cpu/stages.h"
#include "kernels/cpu/strip.h"

namespace carnyx::kernels {

class RowSet {
 public:
  static constexpr std::int64_t kMostRows = 16;

  RowSet(float* first, std::int64_t first_row, std::int64_t rows, std::int64_t columns)
      : first_(first), first_row_(first_row), rows_(rows), columns_(columns) {}

  /// Of one row.
  static std::int64_t padded(std::int64_t columns) { return panel_count(columns) * kPanel; }
  [[nodiscard]] std::int64_t padded() const { return padded(columns_); }
  [[nodiscard]] std::int64_t rows() const { return rows_; }
  [[nodiscard]] float* row(std::int64_t index) const { return first_ + index * padded(); }

  void load(const Operand& from, float padding, const Arguments& arguments) const {
    alignas(64) Strip strip;
    for (std::int64_t panel = 0; panel < panel_count(columns_); ++panel) {
      load_strip(from, arguments.buffers[from.buffer], place(panel), strip.data());
      for (std::int64_t i = 0; i < rows_; ++i) {
        std::copy_n(strip.data() + i * kPanel, kPanel, row(i) + panel * kPanel);
      }
    }
    for (std::int64_t i = 0; i < rows_; ++i)
      std::fill(row(i) + columns_, row(i) + padded(), padding);
  }

  void store(const Operand& to, const Arguments& arguments) const {
    alignas(64) Strip strip;
    for (std::int64_t panel = 0; panel < panel_count(columns_); ++panel) {
      fill(panel, strip);
      store_strip(strip.data(), place(panel), to, arguments.buffers[to.buffer]);
    }
  }

  /// Runs the stages on each strip; the rows stay as they are.
  void run(std::span<const Stage> stages, const Arguments& arguments) const {
    alignas(64) Strip strip, spare;
    for (std::int64_t panel = 0; panel < panel_count(columns_); ++panel) {
      fill(panel, strip);
      run_stages(stages, place(panel), arguments, strip.data(), spare.data());
    }
  }

 private:
  using Strip = std::array<float, kMostRows * kPanel>;

  [[nodiscard]] StripPlace place(std::int64_t panel) const {
    return strip_place(first_row_, rows_, panel, columns_);
  }
  void fill(std::int64_t panel, Strip& strip) const {
    for (std::int64_t i = 0; i < rows_; ++i) {
      std::copy_n(row(i) + panel * kPanel, kPanel, strip.data() + i * kPanel);
    }
  }

  float* first_;
  std::int64_t first_row_, rows_, columns_;
};

}  // namespace carnyx::kernels

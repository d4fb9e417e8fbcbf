// Results for each column of a matrix that are made in two phases: of ranges of rows side by side,
// then of those, one range after the other, in double.
#pragma once

#include <array>

#include "carnyx/base/ensure.h"

#include "kernels/cpu/strip_chunks.h"

namespace carnyx::kernels {

/// Ranges of rows by ranges of panels; few ranges of rows, for their results must be merged.
inline Chunks column_chunks(const Shape& x) {
  constexpr std::int64_t kFewestRows = 1024, kMostRanges = 128;
  const std::int64_t rows = x.rows(), panels = panel_count(x.columns());
  const std::int64_t rows_per_chunk =
      std::max(kFewestRows, even_share(rows, kMostRanges, kStripRows));
  const std::int64_t most =
      std::max<std::int64_t>(1, kFewestRows / std::max<std::int64_t>(1, rows));
  return {.rows = rows,
          .panels = panels,
          .rows_per_chunk = rows_per_chunk,
          .panels_per_chunk = std::min({most, kPanelsPerChunk, std::max<std::int64_t>(1, panels)})};
}

/// Rows of the samples that count; they come first.
inline std::int64_t counted_rows(const Shape& x, const StepContext& context) {
  if (x.rank() == 0 || x[0] == 0) return 0;
  return std::min(x[0], context.valid_rows) * (x.rows() / x[0]);
}

using ColumnNumbers = std::array<double, kPanel>;

/// The buffer of partial results, float64 [ranges][quantities][padded columns].
class ColumnPartials {
 public:
  ColumnPartials(Operand operand, const Shape& x, std::int64_t quantities)
      : operand_(std::move(operand)), chunks_(column_chunks(x)), quantities_(quantities) {
    CARNYX_ENSURE(operand_.format.dtype == DType::Float64);
    CARNYX_ENSURE(operand_.shape.elements() == elements(x, quantities));
  }
  static std::int64_t elements(const Shape& x, std::int64_t quantities) {
    return column_chunks(x).row_chunks() * quantities * panel_count(x.columns()) * kPanel;
  }

  [[nodiscard]] std::int64_t ranges() const { return chunks_.row_chunks(); }
  /// Rows below `counted` that a range has.
  [[nodiscard]] std::int64_t rows_of(std::int64_t range, std::int64_t counted) const {
    const std::int64_t left = std::min(counted, chunks_.rows) - range * chunks_.rows_per_chunk;
    return std::clamp<std::int64_t>(left, 0, chunks_.rows_per_chunk);
  }
  [[nodiscard]] double* at(std::int64_t range,
                           std::int64_t quantity,
                           std::int64_t panel,
                           const Arguments& arguments) const {
    const std::int64_t padded = chunks_.panels * kPanel;
    return arguments.address<double>(operand_.buffer) + (range * quantities_ + quantity) * padded +
           panel * kPanel;
  }
  void store(const ColumnNumbers& numbers,
             std::int64_t row,
             std::int64_t quantity,
             std::int64_t panel,
             const Arguments& arguments) const {
    std::copy(numbers.begin(),
              numbers.end(),
              at(row / chunks_.rows_per_chunk, quantity, panel, arguments));
  }
  /// The sum of one quantity over all ranges, in their order.
  [[nodiscard]] ColumnNumbers total(std::int64_t quantity,
                                    std::int64_t panel,
                                    const Arguments& arguments) const {
    ColumnNumbers sums{};
    for (std::int64_t range = 0; range < ranges(); ++range) {
      const double* partial = at(range, quantity, panel, arguments);
      for (std::size_t i = 0; i < kPanel; ++i) sums[i] += partial[i];
    }
    return sums;
  }

 private:
  Operand operand_;
  Chunks chunks_;
  std::int64_t quantities_;
};

/// f(strip's place) for the strips of a chunk's panel whose rows are below `counted`.
template <class F>
void for_each_counted_strip(ChunkBounds bounds,
                            std::int64_t panel,
                            std::int64_t columns,
                            std::int64_t counted,
                            const F& f) {
  bounds.rows = std::clamp<std::int64_t>(counted - bounds.row, 0, bounds.rows);
  bounds.panel = panel;
  bounds.panels = 1;
  for_each_strip(bounds, columns, f);
}

using PanelRow = std::array<float, kPanel>;

inline PanelRow to_floats(const ColumnNumbers& numbers) {
  PanelRow row;
  std::transform(
      numbers.begin(), numbers.end(), row.begin(), [](double x) { return static_cast<float>(x); });
  return row;
}

/// Panels of a row that one chunk of a merging kernel makes.
inline constexpr std::int64_t kMergedPanels = 8;

template <class F>
void for_each_merged_panel(std::int64_t chunk, std::int64_t columns, const F& f) {
  const std::int64_t end = std::min(panel_count(columns), (chunk + 1) * kMergedPanels);
  for (std::int64_t panel = chunk * kMergedPanels; panel < end; ++panel) f(panel);
}

}  // namespace carnyx::kernels

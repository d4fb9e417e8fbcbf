// The sum of each column of a matrix: a bias's gradient.
#include <utility>

#include "carnyx/kernels/image_steps.h"

#include "kernels/cpu/column_partials.h"
#include "kernels/cpu/matmul_results.h"

namespace carnyx::kernels {
namespace {

class ColumnSums final : public Kernel {
 public:
  ColumnSums(Operand x, Operand partials)
      : x_(std::move(x)),
        chunks_(column_chunks(x_.shape)),
        partials_(std::move(partials), x_.shape, 1) {}

  [[nodiscard]] std::int64_t chunks() const override { return chunks_.count(); }
  [[nodiscard]] std::int64_t scratch_bytes() const override { return StripScratch::bytes(); }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    const ChunkBounds bounds = chunks_.bounds(chunk);
    for (std::int64_t panel = bounds.panel; panel < bounds.panel + bounds.panels; ++panel) {
      partials_.store(sum(bounds, panel, arguments), bounds.row, 0, panel, arguments);
    }
  }

 private:
  [[nodiscard]] ColumnNumbers sum(const ChunkBounds& bounds,
                                  std::int64_t panel,
                                  const Arguments& arguments) const {
    const StripScratch scratch(arguments);
    ColumnNumbers sums{};
    for_each_counted_strip(
        bounds, panel, x_.shape.columns(), x_.shape.rows(), [&](const StripPlace& place) {
          const float* strip = read_strip(x_, arguments.buffers[x_.buffer], place, scratch.strip);
          alignas(64) PanelRow sum;
          sum_rows(strip, place.rows, sum.data());
          for (std::size_t i = 0; i < kPanel; ++i) sums[i] += sum[i];
        });
    return sums;
  }

  Operand x_;
  Chunks chunks_;
  ColumnPartials partials_;
};

class ColumnTotals final : public Kernel {
 public:
  ColumnTotals(Operand partials, const Shape& x, ColumnSum result)
      : partials_(std::move(partials), x, 1), columns_(x.columns()), result_(std::move(result)) {}

  [[nodiscard]] std::int64_t chunks() const override {
    return blocks_of(panel_count(columns_), kMergedPanels);
  }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    for_each_merged_panel(chunk, columns_, [&](std::int64_t panel) {
      alignas(64) PanelRow sum = to_floats(partials_.total(0, panel, arguments));
      finish_column_sum(result_, columns_, panel, arguments, sum.data());
    });
  }

 private:
  ColumnPartials partials_;
  std::int64_t columns_;
  ColumnSum result_;
};

}  // namespace

std::int64_t column_partials(const Shape& x, std::int64_t quantities) {
  return ColumnPartials::elements(x, quantities);
}

std::unique_ptr<Kernel> make_column_sums(Operand x, Operand partials) {
  check_operand(x, x.shape.rows(), x.shape.columns(), false, "column sums: x");
  return std::make_unique<ColumnSums>(std::move(x), std::move(partials));
}

std::unique_ptr<Kernel> make_column_totals(Operand partials, const Shape& x, ColumnSum result) {
  check_column_sum(result, x.columns(), "column sums");
  return std::make_unique<ColumnTotals>(std::move(partials), x, std::move(result));
}

}  // namespace carnyx::kernels

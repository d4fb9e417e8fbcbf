// With r = 1 / sqrt(variance + epsilon), n counted rows and sums over them, the gradient is
//   dx = gamma r (dy - sum(dy) / n - (x - mean) r^2 sum(dy (x - mean)) / n).
// Its phases are those of batch_norm.cpp.
#include <utility>

#include "carnyx/kernels/image_steps.h"

#include "kernels/cpu/batch_norm_rows.h"
#include "kernels/cpu/column_strips.h"
#include "kernels/cpu/matmul_results.h"

namespace carnyx::kernels {
namespace {

class BatchNormSlopes final : public Kernel {
 public:
  BatchNormSlopes(Operand slope, Operand x, Operand mean, Operand partials)
      : slope_(std::move(slope)),
        x_(std::move(x)),
        mean_(std::move(mean)),
        chunks_(column_chunks(x_.shape)),
        partials_(std::move(partials), x_.shape, 2) {}

  [[nodiscard]] std::int64_t chunks() const override { return chunks_.count(); }
  [[nodiscard]] std::int64_t scratch_bytes() const override { return StripScratch::bytes(); }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    const ChunkBounds bounds = chunks_.bounds(chunk);
    for (std::int64_t panel = bounds.panel; panel < bounds.panel + bounds.panels; ++panel) {
      sum_panel(bounds, panel, arguments);
    }
  }

 private:
  void sum_panel(const ChunkBounds& bounds, std::int64_t panel, const Arguments& arguments) const {
    const StripScratch scratch(arguments);
    const std::int64_t columns = x_.shape.columns();
    const PanelRow mean = load_row(mean_, columns, panel, arguments);
    ColumnNumbers sums{}, products{};
    const std::int64_t counted = counted_rows(x_.shape, arguments.context);
    for_each_counted_strip(bounds, panel, columns, counted, [&](const StripPlace& place) {
      const auto read = [&](const Operand& operand, float* spare) {
        return read_strip(operand, arguments.buffers[operand.buffer], place, spare);
      };
      const float* slope = read(slope_, scratch.strip);
      const float* x = read(x_, scratch.spare);
      PanelRow sum, product;
      strip_products(slope, x, place.rows, mean.data(), sum.data(), product.data());
      for (std::size_t i = 0; i < kPanel; ++i) sums[i] += sum[i], products[i] += product[i];
    });
    partials_.store(sums, bounds.row, 0, panel, arguments);
    partials_.store(products, bounds.row, 1, panel, arguments);
  }

  Operand slope_, x_, mean_;
  Chunks chunks_;
  ColumnPartials partials_;
};

class BatchNormSlopesMerged final : public Kernel {
 public:
  explicit BatchNormSlopesMerged(BatchNormSlopesMerge spec)
      : spec_(std::move(spec)),
        columns_(spec_.x.columns()),
        partials_(spec_.partials, spec_.x, 2),
        rows_(spec_.rows, columns_) {}

  [[nodiscard]] std::int64_t chunks() const override {
    return blocks_of(panel_count(columns_), kMergedPanels);
  }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    for_each_merged_panel(
        chunk, columns_, [&](std::int64_t panel) { merge_panel(panel, arguments); });
  }

 private:
  void merge_panel(std::int64_t panel, const Arguments& arguments) const {
    const ColumnNumbers slopes = partials_.total(0, panel, arguments);
    const ColumnNumbers products = partials_.total(1, panel, arguments);
    const PanelRow variance = load_row(spec_.variance, columns_, panel, arguments);
    const PanelRow gamma = load_row_or(spec_.gamma, 1, columns_, panel, arguments);
    const std::int64_t counted = counted_rows(spec_.x, arguments.context);
    const auto count = static_cast<double>(std::max<std::int64_t>(1, counted));
    alignas(64) PanelRow gamma_slope, beta_slope = to_floats(slopes);
    PanelRow factor, distance, shift;
    for (std::size_t i = 0; i < kPanel; ++i) {
      const double inverse = inverse_deviation(variance[i], spec_.epsilon);
      const double scale = gamma[i] * inverse;
      gamma_slope[i] = static_cast<float>(products[i] * inverse);
      factor[i] = static_cast<float>(scale);
      distance[i] = static_cast<float>(-scale * inverse * inverse * products[i] / count);
      shift[i] = static_cast<float>(-scale * slopes[i] / count);
    }
    rows_.store(load_row(spec_.mean, columns_, panel, arguments), 0, panel, arguments);
    rows_.store(factor, 1, panel, arguments);
    rows_.store(distance, 2, panel, arguments);
    rows_.store(shift, 3, panel, arguments);
    finish(spec_.gamma_slope, panel, arguments, gamma_slope.data());
    finish(spec_.beta_slope, panel, arguments, beta_slope.data());
  }

  /// Last: it may move the gamma that has been read.
  void finish(const std::optional<ColumnSum>& wanted,
              std::int64_t panel,
              const Arguments& arguments,
              float* sum) const {
    if (wanted) finish_column_sum(*wanted, columns_, panel, arguments, sum);
  }

  BatchNormSlopesMerge spec_;
  std::int64_t columns_;
  ColumnPartials partials_;
  MergedRows rows_;
};

class BatchNormGradientKernel final : public Kernel {
 public:
  BatchNormGradientKernel(Operand slope, Operand x, Operand rows, std::vector<Stage> stages)
      : slope_(std::move(slope)),
        x_(std::move(x)),
        rows_(std::move(rows), x_.shape.columns()),
        stages_(std::move(stages)),
        chunks_(strip_chunks(x_.shape)) {}

  [[nodiscard]] std::int64_t chunks() const override { return chunks_.count(); }
  [[nodiscard]] std::int64_t scratch_bytes() const override { return StripScratch::bytes(); }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    const StripScratch scratch(arguments);
    const std::int64_t counted = counted_rows(x_.shape, arguments.context);
    for_each_strip(chunks_.bounds(chunk), x_.shape.columns(), [&](const StripPlace& place) {
      const auto row = [&](std::int64_t index) { return rows_.at(index, place.panel, arguments); };
      load_strip(slope_, arguments.buffers[slope_.buffer], place, scratch.strip);
      const float* x = read_strip(x_, arguments.buffers[x_.buffer], place, scratch.spare);
      normalize_slope_strip(scratch.strip,
                            x,
                            place.rows,
                            {.mean = row(0), .slope = row(1), .distance = row(2), .shift = row(3)});
      const std::int64_t kept = std::clamp<std::int64_t>(counted - place.row, 0, place.rows);
      std::fill(scratch.strip + kept * kPanel, scratch.strip + place.rows * kPanel, 0.0F);
      run_stages(stages_, place, arguments, scratch.strip, scratch.spare);
    });
  }

 private:
  Operand slope_, x_;
  MergedRows rows_;
  std::vector<Stage> stages_;
  Chunks chunks_;
};

}  // namespace

std::unique_ptr<Kernel> make_batch_norm_slopes(Operand slope,
                                               Operand x,
                                               Operand mean,
                                               Operand partials) {
  check_matrix(x, x.shape, "batch norm gradient: x");
  check_matrix(slope, x.shape, "batch norm gradient: slope");
  check_row(mean, x.shape.columns(), "batch norm gradient: mean");
  return std::make_unique<BatchNormSlopes>(
      std::move(slope), std::move(x), std::move(mean), std::move(partials));
}

std::unique_ptr<Kernel> make_batch_norm_slopes_merge(BatchNormSlopesMerge spec) {
  const std::int64_t columns = spec.x.columns();
  check_row(spec.mean, columns, "batch norm gradient: mean");
  check_row(spec.variance, columns, "batch norm gradient: variance");
  check_row(spec.gamma, columns, "batch norm gradient: gamma");
  for (const auto& slope : {spec.gamma_slope, spec.beta_slope}) {
    if (slope) check_column_sum(*slope, columns, "batch norm gradient");
  }
  return std::make_unique<BatchNormSlopesMerged>(std::move(spec));
}

std::unique_ptr<Kernel> make_batch_norm_gradient(Operand slope,
                                                 Operand x,
                                                 Operand rows,
                                                 std::vector<Stage> stages) {
  check_matrix(x, x.shape, "batch norm gradient: x");
  check_matrix(slope, x.shape, "batch norm gradient: slope");
  check_stages(stages, x.shape.rows(), x.shape.columns(), "batch norm gradient");
  return std::make_unique<BatchNormGradientKernel>(
      std::move(slope), std::move(x), std::move(rows), std::move(stages));
}

}  // namespace carnyx::kernels

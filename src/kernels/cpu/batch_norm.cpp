// Three phases: moments of ranges of rows; those merged to a few rows of numbers, one for each
// channel; every strip made by them.
//
// Moments are those of strips, which lie in L1 and are read twice, so that squares are of distances
// from a strip's own mean; they are merged in double by the rule of Chan, Golub and LeVeque (1979).
#include <utility>

#include "carnyx/kernels/image_steps.h"

#include "kernels/cpu/batch_norm_rows.h"
#include "kernels/cpu/column_strips.h"

namespace carnyx::kernels {
namespace {

/// Moments of some rows of one panel.
struct Moments {
  double count = 0;
  ColumnNumbers mean{};
  ColumnNumbers spread{};  ///< sum of squared distances from the mean

  template <class T>
  void merge(std::int64_t other_count, const T* other_mean, const T* other_spread) {
    if (other_count == 0) return;
    const double before = count;
    count += static_cast<double>(other_count);
    const double weight = static_cast<double>(other_count) / count;
    for (std::size_t i = 0; i < kPanel; ++i) {
      const double distance = other_mean[i] - mean[i];
      mean[i] += distance * weight;
      spread[i] += other_spread[i] + distance * distance * before * weight;
    }
  }
};

class BatchMoments final : public Kernel {
 public:
  BatchMoments(Operand x, Operand partials)
      : x_(std::move(x)),
        chunks_(column_chunks(x_.shape)),
        partials_(std::move(partials), x_.shape, 2) {}

  [[nodiscard]] std::int64_t chunks() const override { return chunks_.count(); }
  [[nodiscard]] std::int64_t scratch_bytes() const override { return StripScratch::bytes(); }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    const ChunkBounds bounds = chunks_.bounds(chunk);
    for (std::int64_t panel = bounds.panel; panel < bounds.panel + bounds.panels; ++panel) {
      const Moments moments = moments_of(bounds, panel, arguments);
      partials_.store(moments.mean, bounds.row, 0, panel, arguments);
      partials_.store(moments.spread, bounds.row, 1, panel, arguments);
    }
  }

 private:
  [[nodiscard]] Moments moments_of(const ChunkBounds& bounds,
                                   std::int64_t panel,
                                   const Arguments& arguments) const {
    const StripScratch scratch(arguments);
    const std::int64_t counted = counted_rows(x_.shape, arguments.context);
    Moments moments;
    for_each_counted_strip(
        bounds, panel, x_.shape.columns(), counted, [&](const StripPlace& place) {
          const float* x = read_strip(x_, arguments.buffers[x_.buffer], place, scratch.strip);
          PanelRow mean, spread;
          strip_moments(x, place.rows, mean.data(), spread.data());
          moments.merge(place.rows, mean.data(), spread.data());
        });
    return moments;
  }

  Operand x_;
  Chunks chunks_;
  ColumnPartials partials_;
};

/// Panels of channels, each over all ranges.
class BatchMomentsMerged final : public Kernel {
 public:
  explicit BatchMomentsMerged(BatchMomentsMerge spec)
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
    const Moments moments = merged(panel, arguments);
    const PanelRow gamma = load_row_or(spec_.gamma, 1, columns_, panel, arguments);
    PanelRow variance, scale;
    for (std::size_t i = 0; i < kPanel; ++i) {
      const double exact = moments.spread[i] / std::max(1.0, moments.count);
      variance[i] = static_cast<float>(exact);
      scale[i] = static_cast<float>(gamma[i] * inverse_deviation(exact, spec_.epsilon));
    }
    const PanelRow mean = to_floats(moments.mean);
    store_row(mean, spec_.mean, columns_, panel, arguments);
    store_row(variance, spec_.variance, columns_, panel, arguments);
    rows_.store(mean, 0, panel, arguments);
    rows_.store(scale, 1, panel, arguments);
    rows_.store(load_row_or(spec_.beta, 0, columns_, panel, arguments), 2, panel, arguments);
  }

  [[nodiscard]] Moments merged(std::int64_t panel, const Arguments& arguments) const {
    const std::int64_t counted = counted_rows(spec_.x, arguments.context);
    Moments moments;
    for (std::int64_t range = 0; range < partials_.ranges(); ++range) {
      moments.merge(partials_.rows_of(range, counted),
                    partials_.at(range, 0, panel, arguments),
                    partials_.at(range, 1, panel, arguments));
    }
    return moments;
  }

  BatchMomentsMerge spec_;
  std::int64_t columns_;
  ColumnPartials partials_;
  MergedRows rows_;
};

class BatchNormKernel final : public Kernel {
 public:
  BatchNormKernel(Operand x, Operand rows, std::vector<Stage> stages)
      : x_(std::move(x)),
        rows_(std::move(rows), x_.shape.columns()),
        stages_(std::move(stages)),
        chunks_(strip_chunks(x_.shape)) {}

  [[nodiscard]] std::int64_t chunks() const override { return chunks_.count(); }
  [[nodiscard]] std::int64_t scratch_bytes() const override { return StripScratch::bytes(); }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    const StripScratch scratch(arguments);
    for_each_strip(chunks_.bounds(chunk), x_.shape.columns(), [&](const StripPlace& place) {
      load_strip(x_, arguments.buffers[x_.buffer], place, scratch.strip);
      normalize_strip(scratch.strip,
                      place.rows,
                      {.mean = rows_.at(0, place.panel, arguments),
                       .scale = rows_.at(1, place.panel, arguments),
                       .shift = rows_.at(2, place.panel, arguments)});
      run_stages(stages_, place, arguments, scratch.strip, scratch.spare);
    });
  }

 private:
  Operand x_;
  MergedRows rows_;
  std::vector<Stage> stages_;
  Chunks chunks_;
};

}  // namespace

std::int64_t batch_norm_rows(const Shape& x) {
  return kMergedRows * panel_count(x.columns()) * kPanel;
}

std::unique_ptr<Kernel> make_batch_moments(Operand x, Operand partials) {
  check_matrix(x, x.shape, "batch norm: x");
  return std::make_unique<BatchMoments>(std::move(x), std::move(partials));
}

std::unique_ptr<Kernel> make_batch_moments_merge(BatchMomentsMerge spec) {
  const std::int64_t columns = spec.x.columns();
  check_row(spec.gamma, columns, "batch norm: gamma");
  check_row(spec.beta, columns, "batch norm: beta");
  check_row(spec.mean, columns, "batch norm: mean");
  check_row(spec.variance, columns, "batch norm: variance");
  return std::make_unique<BatchMomentsMerged>(std::move(spec));
}

std::unique_ptr<Kernel> make_batch_norm(Operand x, Operand rows, std::vector<Stage> stages) {
  check_matrix(x, x.shape, "batch norm: x");
  check_stages(stages, x.shape.rows(), x.shape.columns(), "batch norm");
  return std::make_unique<BatchNormKernel>(std::move(x), std::move(rows), std::move(stages));
}

}  // namespace carnyx::kernels

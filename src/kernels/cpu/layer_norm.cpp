// A chunk is some blocks of sixteen rows; each block is loaded whole, computed in place and sent on
// through the stages. The gradient of gamma and beta sums over rows: each chunk sums its own, and
// the next phase adds up the chunks, in their order.
#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "carnyx/base/ensure.h"
#include "carnyx/kernels/steps.h"

#include "kernels/cpu/layer_norm_row.h"
#include "kernels/cpu/row_set.h"

namespace carnyx::kernels {
namespace {

constexpr std::int64_t kMostChunks = 256;  // more would make the partial sums a burden
constexpr std::int64_t kBlockRows = RowSet::kMostRows;

/// Blocks of rows, in chunks of as many blocks each.
struct RowChunks {
  std::int64_t rows = 0;

  [[nodiscard]] std::int64_t blocks() const { return (rows + kBlockRows - 1) / kBlockRows; }
  [[nodiscard]] std::int64_t blocks_per_chunk() const {
    return std::max<std::int64_t>(1, (blocks() + kMostChunks - 1) / kMostChunks);
  }
  [[nodiscard]] std::int64_t count() const {
    return (blocks() + blocks_per_chunk() - 1) / blocks_per_chunk();
  }
  /// f(first row, rows) for each block of a chunk.
  template <class F>
  void for_each_block(std::int64_t chunk, const F& f) const {
    const std::int64_t first = chunk * blocks_per_chunk();
    for (std::int64_t i = first; i < std::min(blocks(), first + blocks_per_chunk()); ++i) {
      f(i * kBlockRows, std::min(kBlockRows, rows - i * kBlockRows));
    }
  }
};

/// Rows of scratch, one behind the other.
class Scratch {
 public:
  Scratch(const Arguments& arguments, std::int64_t columns)
      : next_(reinterpret_cast<float*>(arguments.scratch.data())),
        padded_(RowSet::padded(columns)) {}

  float* take(std::int64_t rows) { return std::exchange(next_, next_ + rows * padded_); }
  /// One row of an operand, or of `otherwise` if there is none; zero past the last column.
  const float* row(const std::optional<Operand>& operand,
                   float otherwise,
                   std::int64_t columns,
                   const Arguments& arguments) {
    const RowSet set(take(1), 0, 1, columns);
    if (operand) {
      set.load(*operand, 0, arguments);
    } else {
      std::fill_n(set.row(0), columns, otherwise);
      std::fill(set.row(0) + columns, set.row(0) + set.padded(), 0.0F);
    }
    return set.row(0);
  }
  static std::int64_t bytes(std::int64_t rows, std::int64_t columns) {
    return rows * RowSet::padded(columns) * static_cast<std::int64_t>(sizeof(float));
  }

 private:
  float* next_;
  std::int64_t padded_;
};

class LayerNorm final : public Kernel {
 public:
  explicit LayerNorm(LayerNormSpec spec)
      : spec_(std::move(spec)), columns_(spec_.x.shape.columns()), chunks_{spec_.x.shape.rows()} {}

  [[nodiscard]] std::int64_t chunks() const override { return chunks_.count(); }
  [[nodiscard]] std::int64_t scratch_bytes() const override {
    return Scratch::bytes(kBlockRows + 3, columns_);
  }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    Scratch scratch(arguments, columns_);
    const float* gamma = scratch.row(spec_.gamma, 1, columns_, arguments);
    const float* beta = scratch.row(spec_.beta, 0, columns_, arguments);
    float* spare = scratch.take(1);
    float* block = scratch.take(kBlockRows);
    chunks_.for_each_block(chunk, [&](std::int64_t first, std::int64_t rows) {
      const RowSet x(block, first, rows, columns_);
      x.load(spec_.x, 0, arguments);
      for (std::int64_t i = 0; i < rows; ++i) {
        normalize_row({.columns = columns_,
                       .padded = x.padded(),
                       .epsilon = spec_.epsilon,
                       .keeps_mean = spec_.keeps_mean,
                       .x = x.row(i),
                       .gamma = gamma},
                      beta,
                      spare,
                      x.row(i));
      }
      x.run(spec_.stages, arguments);
    });
  }

 private:
  LayerNormSpec spec_;
  std::int64_t columns_;
  RowChunks chunks_;
};

class LayerNormGradient final : public Kernel {
 public:
  LayerNormGradient(LayerNormGradientSpec spec, Operand partials)
      : spec_(std::move(spec)),
        partials_(std::move(partials)),
        columns_(spec_.x.shape.columns()),
        chunks_{spec_.x.shape.rows()} {}

  [[nodiscard]] std::int64_t chunks() const override { return chunks_.count(); }
  [[nodiscard]] std::int64_t scratch_bytes() const override {
    return Scratch::bytes(2 * kBlockRows + 2, columns_);
  }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    Scratch scratch(arguments, columns_);
    const float* gamma = scratch.row(spec_.gamma, 1, columns_, arguments);
    float* spare = scratch.take(1);
    float* x_block = scratch.take(kBlockRows);
    float* slope_block = scratch.take(kBlockRows);
    const std::int64_t padded = RowSet::padded(columns_);
    float* sums = arguments.address<float>(partials_.buffer) + chunk * 2 * padded;
    std::fill_n(sums, 2 * padded, 0.0F);
    chunks_.for_each_block(chunk, [&](std::int64_t first, std::int64_t rows) {
      const RowSet x(x_block, first, rows, columns_);
      const RowSet slope(slope_block, first, rows, columns_);
      x.load(spec_.x, 0, arguments);
      slope.load(spec_.slope, 0, arguments);
      for (std::int64_t i = 0; i < rows; ++i) {
        normalize_row_gradient({.columns = columns_,
                                .padded = padded,
                                .epsilon = spec_.epsilon,
                                .keeps_mean = spec_.keeps_mean,
                                .x = x.row(i),
                                .gamma = gamma},
                               slope.row(i),
                               spare,
                               slope.row(i),
                               sums,
                               sums + padded);
      }
      slope.run(spec_.stages, arguments);
    });
  }

 private:
  LayerNormGradientSpec spec_;
  Operand partials_;
  std::int64_t columns_;
  RowChunks chunks_;
};

/// Some panels a chunk, of both gradients.
class LayerNormSums final : public Kernel {
 public:
  LayerNormSums(Operand partials,
                const Shape& x,
                std::optional<Operand> gamma,
                std::optional<Operand> beta)
      : partials_(std::move(partials)),
        results_{std::move(gamma), std::move(beta)},
        columns_(x.columns()),
        partial_count_(RowChunks{x.rows()}.count()) {}

  [[nodiscard]] std::int64_t chunks() const override {
    return (panel_count(columns_) + kPanelsPerChunk - 1) / kPanelsPerChunk;
  }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    const std::int64_t first = chunk * kPanelsPerChunk;
    const std::int64_t end = std::min(first + kPanelsPerChunk, panel_count(columns_));
    for (std::int64_t panel = first; panel < end; ++panel) {
      for (std::int64_t which = 0; which < std::ssize(results_); ++which) {
        if (results_[which]) store_sum(panel, which, arguments);
      }
    }
  }

 private:
  static constexpr std::int64_t kPanelsPerChunk = 8;

  void store_sum(std::int64_t panel, std::int64_t which, const Arguments& arguments) const {
    const std::int64_t padded = RowSet::padded(columns_);
    const float* partial =
        arguments.address<float>(partials_.buffer) + which * padded + panel * kPanel;
    std::array<double, kPanel> sums{};
    for (std::int64_t i = 0; i < partial_count_; ++i, partial += 2 * padded) {
      for (std::int64_t lane = 0; lane < kPanel; ++lane) sums[lane] += partial[lane];
    }
    alignas(64) std::array<float, kPanel> strip;
    std::ranges::transform(sums, strip.begin(), [](double x) { return static_cast<float>(x); });
    const Operand& to = *results_[which];
    store_strip(strip.data(), strip_place(0, 1, panel, columns_), to, arguments.buffers[to.buffer]);
  }

  Operand partials_;
  std::array<std::optional<Operand>, 2> results_;
  std::int64_t columns_;
  std::int64_t partial_count_;
};

void check_row(const std::optional<Operand>& row, std::int64_t columns, std::string_view place) {
  if (row) check_operand(*row, 1, columns, false, place);
}

}  // namespace

std::unique_ptr<Kernel> make_layer_norm(LayerNormSpec spec) {
  const std::int64_t rows = spec.x.shape.rows(), columns = spec.x.shape.columns();
  CARNYX_ENSURE(columns > 0);
  check_operand(spec.x, rows, columns, false, "layer norm: x");
  check_row(spec.gamma, columns, "layer norm: gamma");
  check_row(spec.beta, columns, "layer norm: beta");
  check_stages(spec.stages, rows, columns, "layer norm");
  return std::make_unique<LayerNorm>(std::move(spec));
}

std::int64_t layer_norm_partials(std::int64_t rows, std::int64_t columns) {
  return RowChunks{rows}.count() * 2 * RowSet::padded(columns);
}

std::unique_ptr<Kernel> make_layer_norm_gradient(LayerNormGradientSpec spec, Operand partials) {
  const std::int64_t rows = spec.x.shape.rows(), columns = spec.x.shape.columns();
  CARNYX_ENSURE(columns > 0);
  check_operand(spec.x, rows, columns, false, "layer norm gradient: x");
  check_operand(spec.slope, rows, columns, false, "layer norm gradient: slope");
  check_row(spec.gamma, columns, "layer norm gradient: gamma");
  check_stages(spec.stages, rows, columns, "layer norm gradient");
  CARNYX_ENSURE(partials.format.dtype == DType::Float32);
  CARNYX_ENSURE(partials.shape.elements() == layer_norm_partials(rows, columns));
  return std::make_unique<LayerNormGradient>(std::move(spec), std::move(partials));
}

std::unique_ptr<Kernel> make_layer_norm_sums(Operand partials,
                                             const Shape& x,
                                             std::optional<Operand> gamma,
                                             std::optional<Operand> beta) {
  check_row(gamma, x.columns(), "layer norm sums: gamma");
  check_row(beta, x.columns(), "layer norm sums: beta");
  return std::make_unique<LayerNormSums>(std::move(partials), x, std::move(gamma), std::move(beta));
}

}  // namespace carnyx::kernels

// Matmul on strips; README.md tells the loop order and why.
#include "carnyx/kernels/matmul.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/matmul.cpp"  // NOLINT(readability-identifier-naming)

#include <array>
#include <utility>

#include "kernels/cpu/matmul_plan.h"
#include "kernels/cpu/matmul_results.h"
#include "kernels/cpu/strip.h"
#include "kernels/cpu/targets.h"
#include "kernels/cpu/tile_matmul.h"
// clang-format off: these need the target first
#include "kernels/cpu/matmul_tile-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {

/// One chunk of a matmul on one thread.
struct Work {
  const MatmulSpec& spec;
  const MatmulPlan& plan;
  const Arguments& arguments;
  ChunkBounds bounds;
  float* scratch;
  std::int64_t packed_row = -1, packed_k = -1;  ///< the block of a that lies in scratch
};

/// A block of c's rows and of k. `row` counts from the matrix's first.
struct Block {
  std::int64_t row, rows;
  std::int64_t k, depth;
};

/// The block of a as tiles read it: float32 panels, [depth / 16][rows][16] or, transposed,
/// [rows / 16][depth][16].
struct BlockOfA {
  const float* first;
  std::int64_t panel_stride;
};

BlockOfA place_a(Work& work, const Block& block) {
  const MatmulSpec& spec = work.spec;
  const std::byte* buffer = work.arguments.buffers[spec.a.buffer];
  const std::int64_t columns = spec.a.shape.columns();
  const StripPlace first = spec.transpose_a
                               ? strip_place(block.k, block.depth, block.row / kPanel, columns)
                               : strip_place(block.row, block.rows, block.k / kPanel, columns);
  if (const float* direct = strip_in_place(spec.a, buffer, first)) {
    return {direct, spec.a.shape.rows() * kPanel};
  }
  float* packed = work.scratch + work.plan.a;
  const std::int64_t stride = first.rows * kPanel;
  if (work.packed_row != block.row || work.packed_k != block.k) {
    const std::int64_t panels = panel_count(spec.transpose_a ? block.rows : block.depth);
    for (std::int64_t i = 0; i < panels; ++i) {
      const StripPlace place = strip_place(first.row, first.rows, first.panel + i, columns);
      load_strip(spec.a, buffer, place, packed + i * stride);
    }
    work.packed_row = block.row, work.packed_k = block.k;
  }
  return {packed, stride};
}

/// One panel of b for tiles, [k][16]; `packed` is where it goes if it does not lie so.
const float* place_b(const Work& work, std::int64_t panel, float* packed) {
  const MatmulSpec& spec = work.spec;
  const std::byte* buffer = work.arguments.buffers[spec.b.buffer];
  if (!spec.transpose_b) {
    return read_strip(spec.b, buffer, strip_place(0, spec.k, panel, spec.n), packed);
  }
  alignas(64) std::array<float, kPanel * kPanel> spare;
  const std::int64_t rows = std::min(kPanel, spec.n - panel * kPanel);
  for (std::int64_t k_panel = 0; k_panel < panel_count(spec.k); ++k_panel) {
    const StripPlace place = strip_place(panel * kPanel, rows, k_panel, spec.k);
    const float* block = read_strip(spec.b, buffer, place, spare.data());
    transpose_strip(block, rows, place.columns, packed + k_panel * kPanel * kPanel);
  }
  return packed;
}

/// A group of panels that tiles take together: b's, all of k, and the strips of c.
struct Panels {
  std::int64_t first, count;
  const float* b;
  float* c;
};

/// c[rows, panels] of one block; times `scale` if the block is the last of k.
void multiply_block(Work& work, const Block& block, const Panels& panels, float scale) {
  const bool transposed = work.spec.transpose_a;
  const bool last = block.k + block.depth == work.spec.k;
  const BlockOfA a = place_a(work, block);
  Tile tile{.a = nullptr,
            .a_panel_stride = transposed ? kPanel * kPanel : a.panel_stride,
            .b = panels.b + block.k * kPanel,
            .b_panel_stride = work.spec.k * kPanel,
            .k = block.depth,
            .c = nullptr,
            .c_panel_stride = work.plan.strip_rows * kPanel,
            .accumulate = block.k > 0,
            .scale = last ? scale : 1.0F};
  // Rows that lie side by side end with their panel of a.
  const std::int64_t unit = transposed ? kPanel : block.rows;
  for (std::int64_t start = 0; start < block.rows; start += unit) {
    const std::int64_t end = std::min(start + unit, block.rows);
    const float* unit_a = a.first + (transposed ? start / kPanel * a.panel_stride : 0);
    std::int64_t tiles = (end - start + kTileRows - 1) / kTileRows;
    for (std::int64_t row = start, rows = 0; tiles > 0; --tiles, row += rows) {
      rows = (end - row + tiles - 1) / tiles;  // even tiles: a small one would idle the FMA units
      tile.a = unit_a + (row - start) * (transposed ? 1 : kPanel);
      tile.c = panels.c + row * kPanel;
      tile_function(rows, panels.count, transposed)(tile);
    }
  }
}

void sum_columns(const Work& work, std::int64_t panel, const float* b) {
  alignas(64) std::array<float, kPanel> sum;
  sum_rows(b, work.spec.k, sum.data());
  finish_column_sum(*work.spec.column_sum, work.spec.n, panel, work.arguments, sum.data());
}

/// Rows `row`... of a group of panels, through all of k and then the stages.
void run_strips(Work& work, std::int64_t row, std::int64_t rows, const Panels& panels) {
  const MatmulSpec& spec = work.spec;
  const bool scaled = spec.update && spec.stages.empty();
  const auto scale = scaled ? static_cast<float>(work.arguments.context.gradient_scale) : 1.0F;
  std::int64_t k = 0;
  do {  // once at least: an empty sum is zero
    const std::int64_t depth = std::min(work.plan.k_block, spec.k - k);
    multiply_block(work, {row, rows, k, depth}, panels, scale);
    k += depth;
  } while (k < spec.k);
  for (std::int64_t i = 0; i < panels.count; ++i) {
    finish_strip(spec,
                 strip_place(row, rows, panels.first + i, spec.n),
                 work.arguments,
                 scaled,
                 panels.c + i * work.plan.strip_rows * kPanel,
                 work.scratch + work.plan.spare);
  }
}

void run_panels(Work& work, std::int64_t panel, std::int64_t count) {
  const MatmulSpec& spec = work.spec;
  const std::int64_t b_stride = spec.k * kPanel;
  float* packed = work.scratch + work.plan.b;
  const Panels panels{panel, count, place_b(work, panel, packed), work.scratch + work.plan.c};
  for (std::int64_t i = 1; i < count; ++i) place_b(work, panel + i, packed + i * b_stride);
  if (spec.column_sum && work.bounds.row == 0) {
    for (std::int64_t i = 0; i < count; ++i) sum_columns(work, panel + i, panels.b + i * b_stride);
  }
  const std::int64_t end = work.bounds.row + work.bounds.rows;
  for (std::int64_t row = work.bounds.row; row < end; row += work.plan.strip_rows) {
    run_strips(work, row, std::min(work.plan.strip_rows, end - row), panels);
  }
}

void run_chunk(const MatmulSpec& spec,
               const MatmulPlan& plan,
               std::int64_t chunk,
               const Arguments& arguments) {
  Work work{spec,
            plan,
            arguments,
            plan.chunks.bounds(chunk),
            reinterpret_cast<float*>(arguments.scratch.data())};
  const std::int64_t end = work.bounds.panel + work.bounds.panels;
  for (std::int64_t panel = work.bounds.panel; panel < end; panel += kTilePanels) {
    run_panels(work, panel, std::min(kTilePanels, end - panel));
  }
}

std::int64_t tile_panels() {
  return kTilePanels;
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace carnyx::kernels {
namespace {

HWY_EXPORT(run_chunk);
HWY_EXPORT(tile_panels);

class Matmul final : public Kernel {
 public:
  explicit Matmul(MatmulSpec spec)
      : spec_(std::move(spec)), plan_(plan_matmul(spec_, HWY_DYNAMIC_DISPATCH(tile_panels)())) {}

  [[nodiscard]] std::int64_t chunks() const override { return plan_.chunks.count(); }
  [[nodiscard]] std::int64_t scratch_bytes() const override {
    return plan_.floats * static_cast<std::int64_t>(sizeof(float));
  }
  void run(std::int64_t chunk, const Arguments& arguments) const override {
    HWY_DYNAMIC_DISPATCH(run_chunk)(spec_, plan_, chunk, arguments);
  }

 private:
  MatmulSpec spec_;
  MatmulPlan plan_;
};

}  // namespace

std::unique_ptr<Kernel> make_matmul(MatmulSpec spec) {
  check_matmul(spec);
  if (is_lines(spec.a.format.layout)) return make_tile_matmul(std::move(spec));
  return std::make_unique<Matmul>(std::move(spec));
}

}  // namespace carnyx::kernels
#endif

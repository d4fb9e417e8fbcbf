#include "kernels/cpu/matmul_plan.h"

#include "kernels/cpu/strip.h"

namespace carnyx::kernels {
namespace {

// Multiply-adds of a chunk: 5 to 40 us at 50 a ns, and 32 chunks where the work allows.
constexpr std::int64_t kLeastWork = std::int64_t{1} << 18;
constexpr std::int64_t kMostWork = std::int64_t{1} << 21;
constexpr std::int64_t kWantedChunks = 32;
constexpr std::int64_t kLongestKBlock = 256;

std::int64_t parts(std::int64_t total, std::int64_t most) {
  return (total + most - 1) / most;
}

Chunks cut(const MatmulSpec& spec, std::int64_t tile_panels) {
  Chunks chunks{.rows = spec.m, .panels = panel_count(spec.n)};
  const std::int64_t panel_work =
      std::max<std::int64_t>(1, spec.m * kPanel * std::max<std::int64_t>(1, spec.k));
  const std::int64_t wanted =
      std::clamp(panel_work * chunks.panels / kWantedChunks, kLeastWork, kMostWork);
  const std::int64_t group = std::clamp<std::int64_t>(chunks.panels, 1, tile_panels);
  chunks.panels_per_chunk = std::max<std::int64_t>(1, wanted / (panel_work * group)) * group;
  // Halves of the panels' work or less are not worth a cut: b is read, and perhaps packed, again.
  chunks.rows_per_chunk = even_share(spec.m, panel_work * group * 3 / 4 / wanted + 1, kPanel);
  return chunks;
}

}  // namespace

bool read_in_place(const Operand& operand) {
  return operand.format == Format{Layout::Panels, DType::Float32};
}

MatmulPlan plan_matmul(const MatmulSpec& spec, std::int64_t tile_panels) {
  MatmulPlan plan{.chunks = cut(spec, tile_panels)};
  const std::int64_t rows = plan.chunks.rows_per_chunk;
  plan.strip_rows = even_share(rows, parts(rows, kStripRows), kPanel);
  plan.k_block = even_share(spec.k, parts(spec.k, kLongestKBlock), kPanel);
  const std::int64_t padded_k = panel_count(spec.k) * kPanel;
  const bool b_in_place = read_in_place(spec.b) && !spec.transpose_b;
  plan.b = read_in_place(spec.a) ? 0 : plan.strip_rows * plan.k_block;
  plan.c = plan.b + (b_in_place ? 0 : tile_panels * padded_k * kPanel);
  plan.spare = plan.c + tile_panels * plan.strip_rows * kPanel;
  plan.floats = plan.spare + kStripRows * kPanel;
  return plan;
}

}  // namespace carnyx::kernels

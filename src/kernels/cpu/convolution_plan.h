// How convolutions are cut: from shapes alone, never from the number of threads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "carnyx/kernels/convolution.h"

#include "kernels/cpu/chunks.h"
#include "kernels/cpu/frames.h"
#include "kernels/cpu/strip.h"

namespace carnyx::kernels {

/// Of y = patches . kernel: chunks of rows and panels, strips of rows whose patches stay in L2.
struct ConvolutionPlan {
  Chunks chunks;
  std::int64_t strip_rows = 0;  ///< at most kStripRows
  std::int64_t k_block = 0;     ///< a multiple of 16
  /// Where a thread's scratch holds packed patches, packed panels of the kernel, strips of the
  /// result, of one phase's part of it, a spare strip and what is known of each phase, in floats.
  std::int64_t patches = 0, kernel = 0, result = 0, part = 0, spare = 0, phases = 0, floats = 0;
};

/// `rows`, `columns`: of the result's matrix; `k`: columns of patches. `packs_kernel`: its panels
/// are packed to scratch. `frames`, of kStripRows places, take the patches' place if they are
/// there.
inline ConvolutionPlan plan_convolution(std::int64_t rows,
                                        std::int64_t columns,
                                        std::int64_t k,
                                        std::int64_t tile_panels,
                                        std::int64_t phases,
                                        bool packs_kernel,
                                        const Frames* frames) {
  constexpr std::int64_t kPhaseFloats = 16;                     // a cache line
  constexpr std::int64_t kChunkWork = std::int64_t{1} << 21;    // multiply-adds: some 40 us
  constexpr std::int64_t kPatchFloats = std::int64_t{1} << 15;  // 128 KiB
  constexpr std::int64_t kKernelFloats = std::int64_t{1} << 17;
  const std::int64_t padded_k = std::max<std::int64_t>(1, panel_count(k)) * kPanel;
  ConvolutionPlan plan{.chunks = {.rows = rows, .panels = panel_count(columns)}};
  plan.strip_rows = frames != nullptr
                        ? kStripRows
                        : std::clamp(kPatchFloats / padded_k / kPanel * kPanel, kPanel, kStripRows);
  plan.k_block = std::min<std::int64_t>(padded_k, 256);
  plan.chunks.panels_per_chunk =
      std::clamp(kKernelFloats / (padded_k * kPanel) / tile_panels * tile_panels,
                 tile_panels,
                 std::max(tile_panels, plan.chunks.panels));
  const std::int64_t row_work =
      padded_k * kPanel * std::min(plan.chunks.panels_per_chunk, plan.chunks.panels);
  const std::int64_t strips =
      std::max<std::int64_t>(1, kChunkWork / std::max<std::int64_t>(1, row_work * plan.strip_rows));
  plan.chunks.rows_per_chunk = strips * plan.strip_rows;
  plan.kernel = frames != nullptr ? frames->floats() : plan.strip_rows * padded_k;
  plan.result = plan.kernel + (packs_kernel ? plan.chunks.panels_per_chunk * padded_k * kPanel : 0);
  plan.part = plan.result + tile_panels * plan.strip_rows * kPanel;
  plan.spare = plan.part + (phases > 1 ? tile_panels * plan.strip_rows * kPanel : 0);
  plan.phases = plan.spare + kStripRows * kPanel;
  plan.floats = plan.phases + phases * kPhaseFloats;
  return plan;
}

/// Of the kernel's gradient: parts of the rows, each with a partial sum of its own, and parts of
/// the kernel's rows within them.
struct KernelGradientPlan {
  std::int64_t parts = 1, rows_per_part = 0;
  std::int64_t cuts = 1, panels_per_cut = 1;  ///< of the panels of patches
  std::int64_t elements = 0;                  ///< of one partial sum: [N / 16][K][16]

  [[nodiscard]] std::int64_t chunks() const { return parts * cuts; }
};

inline KernelGradientPlan plan_kernel_gradient(std::int64_t rows,
                                               std::int64_t k,
                                               std::int64_t columns) {
  constexpr std::int64_t kChunkWork = std::int64_t{1} << 21;
  constexpr std::int64_t kMostParts = 64;
  constexpr std::int64_t kPartialFloats = std::int64_t{1} << 19;  // 2 MiB, all parts
  KernelGradientPlan plan;
  plan.elements = panel_count(columns) * kPanel * k;
  const std::int64_t size = std::max<std::int64_t>(1, plan.elements);
  const std::int64_t wanted = std::max<std::int64_t>(1, rows * size / kChunkWork);
  const std::int64_t most = std::clamp<std::int64_t>(kPartialFloats / size, 1, kMostParts);
  plan.rows_per_part = even_share(rows, std::min(wanted, most), kStripRows);
  plan.parts = std::max<std::int64_t>(1, (rows + plan.rows_per_part - 1) / plan.rows_per_part);
  const std::int64_t panels = std::max<std::int64_t>(1, panel_count(k));
  plan.panels_per_cut = (panels + wanted / plan.parts) / (1 + wanted / plan.parts);
  plan.cuts = (panels + plan.panels_per_cut - 1) / plan.panels_per_cut;
  return plan;
}

/// Of a thread's scratch, before what it has for the slope.
inline std::int64_t patch_floats(const KernelGradientPlan& plan, const Frames* frames) {
  return frames != nullptr ? frames->floats() : plan.panels_per_cut * kStripRows * kPanel;
}

}  // namespace carnyx::kernels

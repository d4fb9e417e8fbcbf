// The gradient of a convolution's kernel: patches transposed . slope, each part of the rows on its
// own.
#include "carnyx/kernels/convolution.h"

#undef HWY_TARGET_INCLUDE
// NOLINTNEXTLINE(readability-identifier-naming)
#define HWY_TARGET_INCLUDE "kernels/cpu/kernel_gradient.cpp"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"

#include "kernels/cpu/convolution_plan.h"
#include "kernels/cpu/frames.h"
#include "kernels/cpu/patches.h"
#include "kernels/cpu/stages.h"
#include "kernels/cpu/targets.h"
// clang-format off: these need the target first
#include "kernels/cpu/matmul_tile-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {

/// One chunk on one thread.
struct GradientWork {
  const KernelGradientSpec& spec;
  const KernelGradientPlan& plan;
  const Patches& patches;
  const Frames* frames;  ///< null if patches are packed
  const Arguments& arguments;
  std::int64_t first, panels;  ///< of patches
  float* packed_patches;
  float* packed_slope;
  float* sum;  ///< [N / 16][K][16]
};

/// Some rows of the left or right matrix, panel by panel.
struct Panels {
  const float* first;
  std::int64_t stride;
};

/// Steps of k that lie side by side in a frame whatever their line: strips begin at multiples of
/// 128.
std::int64_t run_in_lines(const Frames& frames) {
  return frames.width() % kPanel == 0 ? kPanel : kPanel / 2;
}
constexpr std::int64_t kMostRuns = kStripRows / (kPanel / 2);

Panels place_patches(const GradientWork& work,
                     std::int64_t group,
                     std::int64_t row,
                     std::int64_t rows) {
  const std::byte* images = work.arguments.buffers[work.spec.images.buffer];
  if (work.frames != nullptr) {
    work.frames->fill(images, group, row, rows, work.packed_patches);
    return {work.packed_patches, 0};
  }
  if (const float* there = work.patches.in_place(images, group, work.first)) {
    return {there + row * kPanel, work.patches.rows() * kPanel};
  }
  work.patches.pack(images,
                    group,
                    work.patches.phases().front(),
                    {row, rows},
                    {work.first, work.panels},
                    work.packed_patches);
  return {work.packed_patches, rows * kPanel};
}

/// Panels first ... end of the slope.
Panels place_slope(const GradientWork& work,
                   std::int64_t row,
                   std::int64_t rows,
                   std::int64_t first,
                   std::int64_t end) {
  const Operand& slope = work.spec.slope;
  const std::byte* buffer = work.arguments.buffers[slope.buffer];
  const std::int64_t columns = slope.shape.columns();
  if (const float* there = strip_in_place(slope, buffer, strip_place(row, rows, first, columns))) {
    return {there, slope.shape.rows() * kPanel};
  }
  for (std::int64_t panel = first; panel < end; ++panel) {
    float* to = work.packed_slope + (panel - first) * rows * kPanel;
    load_strip(slope, buffer, strip_place(row, rows, panel, columns), to);
  }
  return {work.packed_slope, rows * kPanel};
}

/// Onto the rows of the sum that panel `index` of patches makes, `count` panels wide.
void add_products(const GradientWork& work,
                  const Panels& patches,
                  std::int64_t index,
                  Tile tile,
                  std::int64_t count) {
  const std::int64_t first = (work.first + index) * kPanel;
  const std::int64_t rows = std::min(kPanel, work.patches.columns() - first);
  const std::int64_t distance =
      work.frames != nullptr
          ? work.frames->distances()[static_cast<std::size_t>(work.first + index)]
          : index * patches.stride;
  float* sum = tile.c + first * kPanel;
  std::int64_t tiles = (rows + kTileRows - 1) / kTileRows;
  for (std::int64_t row = 0, taken = 0; tiles > 0; --tiles, row += taken) {
    taken = (rows - row + tiles - 1) / tiles;
    tile.a = patches.first + distance + row;
    tile.c = sum + row * kPanel;
    tile_function(taken, count, true)(tile);
  }
}

void add_strip(const GradientWork& work, std::int64_t row, std::int64_t rows, bool accumulate) {
  const Convolution& conv = work.spec.convolution;
  const std::int64_t k = work.patches.columns();
  const std::int64_t group_panels = panel_count(conv.kernel[3] / conv.groups);
  const std::int64_t run = work.frames != nullptr ? run_in_lines(*work.frames) : kPanel;
  std::array<std::int64_t, kMostRuns> runs;
  for (std::int64_t i = 0; work.frames != nullptr && i * run < rows; ++i) {
    runs[static_cast<std::size_t>(i)] = work.frames->place(row, row + i * run);
  }
  for (std::int64_t group = 0; group < conv.groups; ++group) {
    const Panels patches = place_patches(work, group, row, rows);
    const std::int64_t first = group * group_panels;
    const Panels slope = place_slope(work, row, rows, first, first + group_panels);
    for (std::int64_t panel = 0, count = 0; panel < group_panels; panel += count) {
      count = group_panels - panel >= kTilePanels ? kTilePanels : 1;
      const Tile tile{.a = nullptr,
                      .a_panel_stride = kPanel * kPanel,
                      .b = slope.first + panel * slope.stride,
                      .b_panel_stride = slope.stride,
                      .k = rows,
                      .c = work.sum + (first + panel) * k * kPanel,
                      .c_panel_stride = k * kPanel,
                      .accumulate = accumulate,
                      .scale = 1,
                      .a_run = run,
                      .a_distances = work.frames != nullptr ? runs.data() : nullptr};
      for (std::int64_t i = 0; i < work.panels; ++i) add_products(work, patches, i, tile, count);
    }
  }
}

void run_kernel_gradient(const KernelGradientSpec& spec,
                         const KernelGradientPlan& plan,
                         const Patches& patches,
                         const Frames* frames,
                         std::int64_t chunk,
                         const Arguments& arguments) {
  const std::int64_t part = chunk / plan.cuts;
  const std::int64_t first = chunk % plan.cuts * plan.panels_per_cut;
  const std::int64_t panels = std::min(plan.panels_per_cut, panel_count(patches.columns()) - first);
  auto* scratch = reinterpret_cast<float*>(arguments.scratch.data());
  const GradientWork work{spec,
                          plan,
                          patches,
                          frames,
                          arguments,
                          first,
                          panels,
                          scratch,
                          scratch + patch_floats(plan, frames),
                          arguments.address<float>(spec.partials.buffer) + part * plan.elements};
  const std::int64_t begin = part * plan.rows_per_part;
  const std::int64_t end = std::min(patches.rows(), begin + plan.rows_per_part);
  for (std::int64_t row = begin; row < end; row += kStripRows) {
    add_strip(work, row, std::min(kStripRows, end - row), row > begin);
  }
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace carnyx::kernels {
namespace {

HWY_EXPORT(run_kernel_gradient);

KernelGradientPlan plan_of(const Convolution& conv) {
  return plan_kernel_gradient(conv.result.rows(), conv.kernel.rows(), conv.kernel.columns());
}

class KernelGradient final : public Kernel {
 public:
  explicit KernelGradient(KernelGradientSpec spec)
      : spec_(std::move(spec)),
        patches_(spec_.convolution, spec_.images, false),
        frames_(frames_of(spec_)),
        plan_(plan_of(spec_.convolution)) {}

  [[nodiscard]] std::int64_t chunks() const override { return plan_.chunks(); }
  [[nodiscard]] std::int64_t scratch_bytes() const override {
    const Convolution& conv = spec_.convolution;
    const std::int64_t slope = panel_count(conv.kernel[3] / conv.groups) * kStripRows * kPanel;
    return (patch_floats(plan_, frames_.get()) + slope) * static_cast<std::int64_t>(sizeof(float));
  }
  void run(std::int64_t chunk, const Arguments& arguments) const override {
    HWY_DYNAMIC_DISPATCH(run_kernel_gradient)
    (spec_, plan_, patches_, frames_.get(), chunk, arguments);
  }

 private:
  /// Only where runs of places do not go past a line's end.
  static std::unique_ptr<const Frames> frames_of(const KernelGradientSpec& spec) {
    if (spec.convolution.result[2] % (kPanel / 2) != 0) return nullptr;
    return Frames::make(spec.convolution, spec.images, false, kStripRows);
  }

  KernelGradientSpec spec_;
  Patches patches_;
  std::unique_ptr<const Frames> frames_;
  KernelGradientPlan plan_;
};

}  // namespace

std::int64_t kernel_gradient_partials(const Convolution& convolution) {
  const KernelGradientPlan plan = plan_of(convolution);
  return plan.parts * plan.elements;
}

std::unique_ptr<Kernel> make_kernel_gradient(KernelGradientSpec spec) {
  const Convolution& conv = spec.convolution;
  if (!is_convolvable(conv)) throw InvalidArgument("kernel gradient: groups must be whole panels");
  check_operand(
      spec.images, conv.image.rows(), conv.image.columns(), false, "kernel gradient: images");
  check_operand(
      spec.slope, conv.result.rows(), conv.result.columns(), false, "kernel gradient: slope");
  CARNYX_ENSURE(spec.partials.shape.elements() == kernel_gradient_partials(conv));
  return std::make_unique<KernelGradient>(std::move(spec));
}

}  // namespace carnyx::kernels
#endif

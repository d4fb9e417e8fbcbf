// y = patches . kernel, strip by strip. The gradient of the images is the same product of the
// slope's patches with the kernel transposed tap by tap.
#include "carnyx/kernels/convolution.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/convolution.cpp"  // NOLINT(readability-identifier-naming)

#include <array>
#include <string>
#include <utility>

#include "carnyx/base/error.h"

#include "kernels/cpu/convolution_plan.h"
#include "kernels/cpu/matmul_plan.h"
#include "kernels/cpu/patches.h"
#include "kernels/cpu/stages.h"
#include "kernels/cpu/targets.h"
// clang-format off: these need the target first
#include "kernels/cpu/matmul_tile-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {

/// One chunk on one thread.
struct ConvolutionWork {
  const ConvolutionSpec& spec;
  const ConvolutionPlan& plan;
  const Patches& patches;
  const Arguments& arguments;
  ChunkBounds bounds;
  float* scratch;
  std::int64_t columns;  ///< of the result
};

/// Panel of the kernel transposed: rows are taps and filters of the group, columns its channels.
void transpose_kernel_panel(const ConvolutionWork& work, std::int64_t panel, float* packed) {
  const Convolution& conv = work.spec.convolution;
  const std::byte* buffer = work.arguments.buffers[work.spec.kernel.buffer];
  const std::int64_t channels = conv.kernel[2];
  const std::int64_t filters = conv.kernel[3] / conv.groups;
  const std::int64_t group = panel * kPanel / channels;
  const std::int64_t channel = panel * kPanel - group * channels;
  const std::int64_t rows = std::min(kPanel, channels - channel);
  const std::int64_t first = group * filters / kPanel;
  alignas(64) std::array<float, kPanel * kPanel> spare;
  for (std::int64_t tap = 0; tap < conv.kernel[0] * conv.kernel[1]; ++tap) {
    for (std::int64_t i = 0; i < panel_count(filters); ++i) {
      const StripPlace place =
          strip_place(tap * channels + channel, rows, first + i, conv.kernel[3]);
      const float* block = read_strip(work.spec.kernel, buffer, place, spare.data());
      transpose_strip(block, rows, place.columns, packed + (tap * filters + i * kPanel) * kPanel);
    }
  }
}

/// One panel of the product's right side, [k][16]; `packed` is where it goes if it does not lie so.
const float* place_kernel(const ConvolutionWork& work, std::int64_t panel, float* packed) {
  const ConvolutionSpec& spec = work.spec;
  if (spec.transposed) {
    transpose_kernel_panel(work, panel, packed);
    return packed;
  }
  const StripPlace place = strip_place(0, work.patches.columns(), panel, work.columns);
  return read_strip(spec.kernel, work.arguments.buffers[spec.kernel.buffer], place, packed);
}

struct PackedPatches {
  const float* first;
  std::int64_t panel_stride;
};

PackedPatches place_patches(const ConvolutionWork& work,
                            std::int64_t group,
                            std::int64_t row,
                            std::int64_t rows) {
  const std::byte* images = work.arguments.buffers[work.spec.images.buffer];
  if (const float* there = work.patches.in_place(images, group, 0)) {
    return {there + row * kPanel, work.patches.rows() * kPanel};
  }
  const std::int64_t panels = panel_count(work.patches.columns());
  float* packed = work.scratch + work.plan.patches;
  work.patches.pack(images, group, row, rows, 0, panels, packed);
  return {packed, rows * kPanel};
}

/// Rows of some panels of the result: all of k, block by block.
void multiply_panels(const ConvolutionWork& work,
                     const PackedPatches& patches,
                     std::int64_t rows,
                     const float* kernel,
                     std::int64_t panels) {
  const std::int64_t k = work.patches.columns();
  Tile tile{.a = nullptr,
            .a_panel_stride = patches.panel_stride,
            .b = nullptr,
            .b_panel_stride = k * kPanel,
            .k = 0,
            .c = nullptr,
            .c_panel_stride = work.plan.strip_rows * kPanel,
            .accumulate = false,
            .scale = 1};
  for (std::int64_t first = 0; first < k; first += work.plan.k_block) {
    tile.k = std::min(work.plan.k_block, k - first);
    tile.b = kernel + first * kPanel;
    tile.accumulate = first > 0;
    std::int64_t tiles = (rows + kTileRows - 1) / kTileRows;
    for (std::int64_t row = 0, count = 0; tiles > 0; --tiles, row += count) {
      count = (rows - row + tiles - 1) / tiles;
      tile.a = patches.first + first / kPanel * patches.panel_stride + row * kPanel;
      tile.c = work.scratch + work.plan.result + row * kPanel;
      tile_function(count, panels, false)(tile);
    }
  }
}

void run_strip(const ConvolutionWork& work,
               std::int64_t row,
               std::int64_t rows,
               std::int64_t group_panels,
               const float* kernel) {
  const std::int64_t end = work.bounds.panel + work.bounds.panels;
  const std::int64_t k = work.patches.columns();
  for (std::int64_t panel = work.bounds.panel; panel < end;) {
    const std::int64_t group = panel / group_panels;
    const std::int64_t group_end = std::min(end, (group + 1) * group_panels);
    const PackedPatches patches = place_patches(work, group, row, rows);
    for (std::int64_t count = 0; panel < group_end; panel += count) {
      count = group_end - panel >= kTilePanels ? kTilePanels : 1;
      multiply_panels(
          work, patches, rows, kernel + (panel - work.bounds.panel) * k * kPanel, count);
      for (std::int64_t i = 0; i < count; ++i) {
        run_stages(work.spec.stages,
                   strip_place(row, rows, panel + i, work.columns),
                   work.arguments,
                   work.scratch + work.plan.result + i * work.plan.strip_rows * kPanel,
                   work.scratch + work.plan.spare);
      }
    }
  }
}

void run_convolution(const ConvolutionSpec& spec,
                     const ConvolutionPlan& plan,
                     const Patches& patches,
                     std::int64_t chunk,
                     const Arguments& arguments) {
  const Convolution& conv = spec.convolution;
  const std::int64_t columns = spec.transposed ? conv.image[3] : conv.result[3];
  const ConvolutionWork work{spec,
                             plan,
                             patches,
                             arguments,
                             plan.chunks.bounds(chunk),
                             reinterpret_cast<float*>(arguments.scratch.data()),
                             columns};
  const std::int64_t stride = patches.columns() * kPanel;
  float* packed = work.scratch + plan.kernel;
  const float* kernel = place_kernel(work, work.bounds.panel, packed);
  for (std::int64_t i = 1; i < work.bounds.panels; ++i) {
    place_kernel(work, work.bounds.panel + i, packed + i * stride);
  }
  const std::int64_t group_panels =
      conv.groups == 1 ? plan.chunks.panels : columns / conv.groups / kPanel;
  for (std::int64_t row = 0; row < work.bounds.rows; row += plan.strip_rows) {
    const std::int64_t rows = std::min(plan.strip_rows, work.bounds.rows - row);
    run_strip(work, work.bounds.row + row, rows, group_panels, kernel);
  }
}

std::int64_t convolution_tile_panels() {
  return kTilePanels;
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace carnyx::kernels {
namespace {

HWY_EXPORT(run_convolution);
HWY_EXPORT(convolution_tile_panels);

class ConvolutionKernel final : public Kernel {
 public:
  explicit ConvolutionKernel(ConvolutionSpec spec)
      : spec_(std::move(spec)),
        patches_(spec_.convolution, spec_.images, spec_.transposed),
        plan_(plan_convolution(
            patches_.rows(),
            spec_.transposed ? spec_.convolution.image[3] : spec_.convolution.result[3],
            patches_.columns(),
            HWY_DYNAMIC_DISPATCH(convolution_tile_panels)(),
            spec_.transposed || !read_in_place(spec_.kernel))) {}

  [[nodiscard]] std::int64_t chunks() const override {
    return plan_.chunks.rows == 0 ? 0 : plan_.chunks.count();
  }
  [[nodiscard]] std::int64_t scratch_bytes() const override {
    return plan_.floats * static_cast<std::int64_t>(sizeof(float));
  }
  void run(std::int64_t chunk, const Arguments& arguments) const override {
    HWY_DYNAMIC_DISPATCH(run_convolution)(spec_, plan_, patches_, chunk, arguments);
  }

 private:
  ConvolutionSpec spec_;
  Patches patches_;
  ConvolutionPlan plan_;
};

}  // namespace

bool is_convolvable(const Convolution& convolution) {
  const bool whole_panels = convolution.kernel[2] % kPanel == 0 &&
                            convolution.kernel[3] / convolution.groups % kPanel == 0;
  return convolution.image.elements() > 0 && convolution.kernel.elements() > 0 &&
         (convolution.groups == 1 || whole_panels);
}

std::unique_ptr<Kernel> make_convolution(ConvolutionSpec spec) {
  const Convolution& conv = spec.convolution;
  const Shape& from = spec.transposed ? conv.result : conv.image;
  const Shape& to = spec.transposed ? conv.image : conv.result;
  if (!is_convolvable(conv)) throw InvalidArgument("convolution: groups must be whole panels");
  check_operand(spec.images, from.rows(), from.columns(), false, "convolution: images");
  check_operand(
      spec.kernel, conv.kernel.rows(), conv.kernel.columns(), false, "convolution: kernel");
  check_stages(spec.stages, to.rows(), to.columns(), "convolution");
  return std::make_unique<ConvolutionKernel>(std::move(spec));
}

}  // namespace carnyx::kernels
#endif

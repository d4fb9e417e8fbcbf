// y = patches . kernel, strip by strip. The gradient of the images is the same product of the
// slope's patches with the kernel transposed tap by tap.
#include "carnyx/kernels/convolution.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/convolution.cpp"  // NOLINT(readability-identifier-naming)

#include <array>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "carnyx/base/error.h"

#include "kernels/cpu/convolution_plan.h"
#include "kernels/cpu/frames.h"
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
  const Frames* frames;  ///< null if patches are packed
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
  for (const std::int64_t tap : work.patches.taps()) {
    for (std::int64_t i = 0; i < panel_count(filters); ++i) {
      const StripPlace place =
          strip_place(tap * channels + channel, rows, first + i, conv.kernel[3]);
      const float* block = read_strip(work.spec.kernel, buffer, place, spare.data());
      transpose_strip(block, rows, place.columns, packed + i * kPanel * kPanel);
    }
    packed += filters * kPanel;
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

/// The rows of a strip that are of one phase.
struct PackedPatches {
  const float* first;
  std::int64_t panel_stride;
  std::int64_t rows;
};

PackedPatches place_patches(const ConvolutionWork& work,
                            const Phase& phase,
                            std::int64_t group,
                            std::int64_t row,
                            std::int64_t rows) {
  const std::byte* images = work.arguments.buffers[work.spec.images.buffer];
  if (const float* there = work.patches.in_place(images, group, 0)) {
    return {there + row * kPanel, work.patches.rows() * kPanel, rows};
  }
  const std::int64_t first = phase.column / kPanel;
  float* packed = work.scratch + work.plan.patches + first * rows * kPanel;
  const std::int64_t count = work.patches.pack(
      images, group, phase, {row, rows}, {first, panel_count(phase.columns)}, packed);
  return {packed, rows * kPanel, count};
}

/// Some panels of the product of a phase's rows, to strips at `to`; `kernel`: of its columns.
void multiply_panels(const ConvolutionWork& work,
                     const PackedPatches& patches,
                     std::int64_t k,
                     const float* kernel,
                     std::int64_t panels,
                     float* to) {
  Tile tile{.a = nullptr,
            .a_panel_stride = patches.panel_stride,
            .b = nullptr,
            .b_panel_stride = work.patches.columns() * kPanel,
            .k = 0,
            .c = nullptr,
            .c_panel_stride = work.plan.strip_rows * kPanel,
            .accumulate = false,
            .scale = 1};
  std::int64_t first = 0;
  do {  // once at least: without a tap the sum is zero
    tile.k = std::min(work.plan.k_block, k - first);
    tile.b = kernel + first * kPanel;
    tile.accumulate = first > 0;
    std::int64_t tiles = (patches.rows + kTileRows - 1) / kTileRows;
    for (std::int64_t row = 0, count = 0; tiles > 0; --tiles, row += count) {
      count = (patches.rows - row + tiles - 1) / tiles;
      tile.a = patches.first + first / kPanel * patches.panel_stride + row * kPanel;
      tile.c = to + row * kPanel;
      tile_function(count, panels, false)(tile);
    }
    first += tile.k;
  } while (first < k);
}

/// Some panels of the product of a strip whose frame is filled, line by line, to strips at `to`.
void multiply_lines(const ConvolutionWork& work,
                    std::int64_t row,
                    std::int64_t rows,
                    const float* kernel,
                    std::int64_t panels,
                    float* to) {
  const Frames& frames = *work.frames;
  const std::int64_t k = work.patches.columns();
  const float* frame = work.scratch + work.plan.patches;
  Tile tile{.a = nullptr,
            .a_panel_stride = 0,
            .b = nullptr,
            .b_panel_stride = k * kPanel,
            .k = 0,
            .c = nullptr,
            .c_panel_stride = work.plan.strip_rows * kPanel,
            .accumulate = false,
            .scale = 1};
  for (std::int64_t first = 0; first < k; first += tile.k) {
    tile.k = std::min(work.plan.k_block, k - first);
    tile.a_distances = frames.distances().data() + first / kPanel;
    tile.b = kernel + first * kPanel;
    tile.accumulate = first > 0;
    for (std::int64_t place = row, end = row; place < row + rows; place = end) {
      end = std::min(row + rows, (place / frames.width() + 1) * frames.width());
      const float* line = frame + frames.place(row, place);
      std::int64_t tiles = (end - place + kTileRows - 1) / kTileRows;
      for (std::int64_t i = 0, count = 0; tiles > 0; --tiles, i += count) {
        count = (end - place - i + tiles - 1) / tiles;
        tile.a = line + i * kPanel;
        tile.c = to + (place - row + i) * kPanel;
        tile_function(count, panels, false)(tile);
      }
    }
  }
}

/// The strip's rows of a phase from where they lie one behind the other to their places.
void spread_rows(const ConvolutionWork& work,
                 const Phase& phase,
                 std::int64_t row,
                 std::int64_t rows,
                 const float* from,
                 float* to) {
  phase.for_each_row(work.patches.places(), row, rows, [&](std::int64_t i) {
    std::copy_n(from, kPanel, to + i * kPanel);
    from += kPanel;
  });
}

/// Some panels of a strip of the result.
void multiply_strip(const ConvolutionWork& work,
                    std::span<const PackedPatches> patches,
                    std::int64_t row,
                    std::int64_t rows,
                    const float* kernel,
                    std::int64_t panels) {
  float* result = work.scratch + work.plan.result;
  const std::vector<Phase>& phases = work.patches.phases();
  if (work.frames != nullptr) return multiply_lines(work, row, rows, kernel, panels, result);
  if (phases.size() == 1) {
    return multiply_panels(work, patches[0], work.patches.columns(), kernel, panels, result);
  }
  float* part = work.scratch + work.plan.part;
  const std::int64_t stride = work.plan.strip_rows * kPanel;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    multiply_panels(
        work, patches[i], phases[i].columns, kernel + phases[i].column * kPanel, panels, part);
    for (std::int64_t panel = 0; panel < panels; ++panel) {
      spread_rows(work, phases[i], row, rows, part + panel * stride, result + panel * stride);
    }
  }
}

void run_strip(const ConvolutionWork& work,
               std::int64_t row,
               std::int64_t rows,
               std::int64_t group_panels,
               const float* kernel) {
  const std::int64_t end = work.bounds.panel + work.bounds.panels;
  const std::vector<Phase>& phases = work.patches.phases();
  auto* patches = reinterpret_cast<PackedPatches*>(work.scratch + work.plan.phases);
  for (std::int64_t panel = work.bounds.panel; panel < end;) {
    const std::int64_t group = panel / group_panels;
    const std::int64_t group_end = std::min(end, (group + 1) * group_panels);
    if (work.frames != nullptr) {
      const std::byte* images = work.arguments.buffers[work.spec.images.buffer];
      work.frames->fill(images, group, row, rows, work.scratch + work.plan.patches);
    }
    for (std::size_t i = 0; work.frames == nullptr && i < phases.size(); ++i) {
      std::construct_at(patches + i, place_patches(work, phases[i], group, row, rows));
    }
    for (std::int64_t count = 0; panel < group_end; panel += count) {
      count = group_end - panel >= kTilePanels ? kTilePanels : 1;
      const float* panels = kernel + (panel - work.bounds.panel) * work.patches.columns() * kPanel;
      multiply_strip(work, {patches, phases.size()}, row, rows, panels, count);
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
                     const Frames* frames,
                     std::int64_t chunk,
                     const Arguments& arguments) {
  const Convolution& conv = spec.convolution;
  const std::int64_t columns = spec.transposed ? conv.image[3] : conv.result[3];
  const ConvolutionWork work{spec,
                             plan,
                             patches,
                             frames,
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
        frames_(Frames::make(spec_.convolution, spec_.images, spec_.transposed, kStripRows)),
        plan_(plan_convolution(
            patches_.rows(),
            spec_.transposed ? spec_.convolution.image[3] : spec_.convolution.result[3],
            patches_.columns(),
            HWY_DYNAMIC_DISPATCH(convolution_tile_panels)(),
            std::ssize(patches_.phases()),
            spec_.transposed || !read_in_place(spec_.kernel),
            frames_.get())) {}

  [[nodiscard]] std::int64_t chunks() const override {
    return plan_.chunks.rows == 0 ? 0 : plan_.chunks.count();
  }
  [[nodiscard]] std::int64_t scratch_bytes() const override {
    return plan_.floats * static_cast<std::int64_t>(sizeof(float));
  }
  void run(std::int64_t chunk, const Arguments& arguments) const override {
    HWY_DYNAMIC_DISPATCH(run_convolution)(spec_, plan_, patches_, frames_.get(), chunk, arguments);
  }

 private:
  ConvolutionSpec spec_;
  Patches patches_;
  std::unique_ptr<const Frames> frames_;
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

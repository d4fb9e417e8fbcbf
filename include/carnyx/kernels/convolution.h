// Convolutions of images as products of matrices. The left one, patches, has a row for each place
// of the window and is never in memory as a whole: strips of it are packed as the product needs
// them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "carnyx/kernels/kernel.h"
#include "carnyx/kernels/matmul.h"
#include "carnyx/kernels/stage.h"
#include "carnyx/kernels/window.h"

namespace carnyx::kernels {

/// What a convolution and both its gradients have in common. `groups` is 1, or the channels and the
/// filters of a group are multiples of 16.
struct Convolution {
  Window window;
  std::int64_t groups = 1;
  Shape image;   ///< [B, H, W, C]
  Shape kernel;  ///< [KH, KW, C / groups, N]
  Shape result;  ///< [B, I, J, N]
};
/// Whether the kernels below can do it.
bool is_convolvable(const Convolution& convolution);

struct ConvolutionSpec {
  Convolution convolution;
  Operand images;  ///< float32 or bfloat16, Rows or Panels; the result's slope if `transposed`
  Operand kernel;  ///< likewise
  /// The result is the gradient of the images, from `images` that hold the result's.
  bool transposed = false;
  std::vector<Stage> stages;  ///< on strips of the result; Store stages put it somewhere
};
std::unique_ptr<Kernel> make_convolution(ConvolutionSpec spec);

/// The gradient of the kernel over parts of the batch, one behind the other in `partials`, a
/// float32 Rows buffer of kernel_gradient_partials() elements, for make_kernel_gradient_sum() in
/// the next phase.
struct KernelGradientSpec {
  Convolution convolution;
  Operand images;  ///< float32 or bfloat16, Rows or Panels
  Operand slope;   ///< of the result; likewise
  Operand partials;
};
std::unique_ptr<Kernel> make_kernel_gradient(KernelGradientSpec spec);
std::int64_t kernel_gradient_partials(const Convolution& convolution);

/// The sum of those parts, in order: through `stages`, then, times gradient_scale, to the update.
struct KernelGradientSum {
  Convolution convolution;
  Operand partials;
  std::vector<Stage> stages;
  std::optional<UpdateTarget> update;
};
std::unique_ptr<Kernel> make_kernel_gradient_sum(KernelGradientSum spec);

}  // namespace carnyx::kernels

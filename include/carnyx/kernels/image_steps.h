// The kernels of images [B, H, W, C] that are no convolutions, and of the sums over all but the
// last axis. Every operand is a matrix of its shape and may lie in Rows, Panels or RowTiles of
// float32 or bfloat16, unless it says otherwise; results go on through stages.
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

/// float64 numbers of a buffer that holds `quantities` partial results for each column of a matrix,
/// one for each range of its rows; the next phase merges them, in order.
std::int64_t column_partials(const Shape& x, std::int64_t quantities);

/// partials = column sums of ranges of x's rows, one quantity.
std::unique_ptr<Kernel> make_column_sums(Operand x, Operand partials);
/// The sums themselves, of the x that the partials are of.
std::unique_ptr<Kernel> make_column_totals(Operand partials, const Shape& x, ColumnSum result);

/// partials = mean and sum of squared distances from it, two quantities, of ranges of x's rows,
/// those of samples below valid_rows. Shapes: x [B, ..., C].
std::unique_ptr<Kernel> make_batch_moments(Operand x, Operand partials);

/// Merges the moments of x. `rows`, float32 Rows [batch_norm_rows(x)], is what make_batch_norm
/// reads.
struct BatchMomentsMerge {
  Operand partials;
  Shape x;
  std::optional<Operand> gamma, beta;  ///< [C]; if absent, 1 and 0
  float epsilon = 0;
  Operand mean, variance;  ///< [C]; the variance is biased
  Operand rows;
};
std::unique_ptr<Kernel> make_batch_moments_merge(BatchMomentsMerge spec);
std::int64_t batch_norm_rows(const Shape& x);

/// (x - mean) / sqrt(variance + epsilon) * gamma + beta, by merged rows; of a variance and an
/// epsilon of 0 it makes beta.
std::unique_ptr<Kernel> make_batch_norm(Operand x, Operand rows, std::vector<Stage> stages);

/// partials = sum of the slope and of slope * (x - mean), two quantities, over the same rows.
std::unique_ptr<Kernel> make_batch_norm_slopes(Operand slope,
                                               Operand x,
                                               Operand mean,
                                               Operand partials);
/// Merges them. `rows` [batch_norm_rows(x)] is what make_batch_norm_gradient reads. gamma's update
/// may be of the gamma that is read here.
struct BatchNormSlopesMerge {
  Operand partials;
  Shape x;
  Operand mean, variance;
  std::optional<Operand> gamma;
  float epsilon = 0;
  std::optional<ColumnSum> gamma_slope, beta_slope;
  Operand rows;
};
std::unique_ptr<Kernel> make_batch_norm_slopes_merge(BatchNormSlopesMerge spec);
/// x's gradient; zero in samples at and above valid_rows.
std::unique_ptr<Kernel> make_batch_norm_gradient(Operand slope,
                                                 Operand x,
                                                 Operand rows,
                                                 std::vector<Stage> stages);

enum class Pooling { Max, Average, Sum };

/// Of each window what lies in the image, channel by channel; a NaN is never the largest.
/// Shapes: x [B, H, W, C] -> [B, I, J, C].
struct PoolSpec {
  Pooling kind{};
  Window window;
  Operand x;  ///< of the images' shape
  std::vector<Stage> stages;
};
std::unique_ptr<Kernel> make_pool2d(PoolSpec spec);

/// The gradient of max or average pooling: slope [B, I, J, C] -> [B, H, W, C]. Of equal largest
/// elements the first gets it.
struct PoolGradientSpec {
  Pooling kind{};
  Window window;
  Operand slope;
  std::optional<Operand> x;  ///< of max pooling
  Shape image;               ///< x's shape
  std::vector<Stage> stages;
};
std::unique_ptr<Kernel> make_pool2d_gradient(PoolGradientSpec spec);

/// A box of the result's elements, and the elements of x that they are. Boxes do not overlap.
struct MovedPart {
  Operand x;
  std::vector<std::int64_t> begin;    ///< of the box, along each axis of the result
  std::vector<std::int64_t> extents;  ///< of the box
  std::int64_t first = 0;             ///< x's element at the box's begin, counted row-major
  /// From one element of the box to the next along each axis, in x's elements, row-major: 0, 1 or
  /// a multiple of x's columns.
  std::vector<std::int64_t> strides;
};
/// Elements moved by strides: transposed, cut out, padded, repeated, put side by side. `shape` is
/// the result's; any leading axes may be split or merged in it.
struct MoveSpec {
  Shape shape;
  std::vector<MovedPart> parts;
  float number = 0;  ///< where no part is
  std::vector<Stage> stages;
};
std::unique_ptr<Kernel> make_move(MoveSpec spec);

/// The same elements, row-major, in another shape.
std::unique_ptr<Kernel> make_reshape(Operand x, const Shape& shape, std::vector<Stage> stages);

}  // namespace carnyx::kernels

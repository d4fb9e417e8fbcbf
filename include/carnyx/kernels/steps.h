// The kernels of a training step that are neither matmuls nor elementwise.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "carnyx/kernels/image_change.h"
#include "carnyx/kernels/kernel.h"
#include "carnyx/kernels/matmul.h"
#include "carnyx/kernels/stage.h"

namespace carnyx::kernels {

/// Softmax and cross-entropy over the rows of `logits`, everything one read of them can give.
/// Rows >= valid_rows count nothing and get a zero gradient, whatever their logits; so does a row
/// whose label is outside [0, classes).
struct SoftmaxCrossEntropySpec {
  Operand logits;                  ///< [batch, classes], float32 or bfloat16, Rows or Panels
  Operand target;                  ///< labels int32 [batch], or probabilities [batch, classes]
  std::optional<Operand> loss;     ///< float64 [1]: sum over valid rows of -sum t log p, in nats
  std::optional<Operand> correct;  ///< float64 [1]: rows whose first largest logit is the target's
  std::optional<Operand> probabilities;
  std::vector<Operand> gradients;  ///< d loss / d logits, unscaled; one or two formats
};
/// The per-chunk partial sums live in `partials`, a float64 buffer of partials_elements(batch);
/// the last chunk to run does not merge them: make_sum_partials does, in the next phase. Of a sum
/// that the spec does not ask for the partials are zero.
std::unique_ptr<Kernel> make_softmax_cross_entropy(SoftmaxCrossEntropySpec spec, Operand partials);
std::int64_t partials_elements(std::int64_t batch);
/// results[i][0] (float64) = partials[i] + partials[i + n] + ..., n results, in index order.
std::unique_ptr<Kernel> make_sum_partials(Operand partials,
                                          std::vector<std::optional<Operand>> results);

/// partials[chunk] (float64) = sum of the elements of x, or of their squares, in a range of rows;
/// x is a vector, whose elements are samples, or has samples on its first axis.
struct SumSpec {
  Operand x;         ///< float32, float64 or bfloat16, Rows or Panels
  Operand partials;  ///< float64 [sum_chunks(x.shape)]; one chunk's is the sum itself
  bool only_valid_rows = false;
  bool squared = false;
};
std::unique_ptr<Kernel> make_sum(SumSpec spec);
std::int64_t sum_chunks(const Shape& shape);

/// Each row of x [rows, columns] less its mean, over its deviation sqrt(variance + epsilon), times
/// gamma plus beta; `keeps_mean`: x itself over its deviation. Of a row without deviation, epsilon
/// being 0, it makes zeros. Statistics are float32. The result goes on through `stages`.
struct LayerNormSpec {
  Operand x;                     ///< float32 or bfloat16
  std::optional<Operand> gamma;  ///< [columns]; if absent, 1
  std::optional<Operand> beta;   ///< [columns]; if absent, 0
  float epsilon = 0;
  bool keeps_mean = false;
  std::vector<Stage> stages;
};
std::unique_ptr<Kernel> make_layer_norm(LayerNormSpec spec);

/// The gradients of that: of x through `stages`, of gamma and beta as partial sums of each chunk's
/// rows in `partials`, a float32 buffer of layer_norm_partials(rows, columns) elements, for
/// make_layer_norm_sums() in the next phase.
struct LayerNormGradientSpec {
  Operand slope;  ///< of the result
  Operand x;
  std::optional<Operand> gamma;
  float epsilon = 0;
  bool keeps_mean = false;
  std::vector<Stage> stages;
};
std::unique_ptr<Kernel> make_layer_norm_gradient(LayerNormGradientSpec spec, Operand partials);
std::int64_t layer_norm_partials(std::int64_t rows, std::int64_t columns);
/// gamma's and beta's gradients, [columns], of the x that the partials are of; either may be
/// absent.
std::unique_ptr<Kernel> make_layer_norm_sums(Operand partials,
                                             const Shape& x,
                                             std::optional<Operand> gamma,
                                             std::optional<Operand> beta);

/// One pass of the rule over whole buffers: weights, slots and `gradient` in one float32 format.
/// The rule sees steps counted from 1, and the gradient times context.gradient_scale and, if there
/// is one, `multiplier` (float32 [1]: clipping by a norm), which a rule that multiplies() gets
/// beside it.
std::unique_ptr<Kernel> make_update(Operand gradient,
                                    UpdateTarget target,
                                    std::optional<Operand> multiplier = std::nullopt);

/// The same values in another format. Any of float32, bfloat16, float64, uint8, int32, int64;
/// integers are truncated towards zero, and must fit.
std::unique_ptr<Kernel> make_reorder(Operand from, Operand to);

/// Rows of a resident data set: source[index] / divisor * scale + shift, into one or more formats.
/// `source` is bound at run time: the address of a row-major [count, ...] array of `source_dtype`
/// sits in buffer `source_buffer`. Reads context.next.indices; rows past them are zero.
/// It divides, correctly rounded, for that is what Keras's programs do: x.astype("float32") / 255.
/// Every index must be a row of the source: the caller has checked.
/// With a `change`, rows are images: each is divided, then changed by draws of its own, then scaled
/// and shifted. `columns` are the result's; the source's rows have change->elements().
struct GatherSpec {
  int source_buffer = -1;
  DType source_dtype = DType::Uint8;  ///< with a change Uint8 or Float32
  std::int64_t batch = 0, columns = 0;
  float divisor = 1;
  float scale = 1, shift = 0;    ///< neither for int32 outputs, which hold source[index] itself
  std::vector<Operand> outputs;  ///< [batch, columns]; float32 or bfloat16, or int32 for labels
  std::optional<ImageChange> change;
};
/// The stream of a gather's draws; ops have those of their layers.
std::uint32_t gather_stream();
std::unique_ptr<Kernel> make_gather(GatherSpec spec);

/// Each image of x changed by draws of (seed, stream, step, its row in the whole batch).
struct ChangeImagesSpec {
  Operand x;  ///< [batch, height, width, channels], float32 or bfloat16, Rows or Panels
  Operand y;  ///< [batch, new_height, new_width, channels], likewise
  ImageChange change;
  std::uint32_t stream = 0;
};
std::unique_ptr<Kernel> make_change_images(ChangeImagesSpec spec);

}  // namespace carnyx::kernels

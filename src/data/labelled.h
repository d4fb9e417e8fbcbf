// Images and labels as files of many kinds hold them, made into a Dataset.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "carnyx/data/dataset.h"

namespace carnyx {

/// Where a part's images and labels came from, for messages.
struct Origin {
  std::string images;
  std::string labels;
};

struct LabelledOptions {
  std::int64_t classes = 0;  ///< 0: one more than the largest label
};

/// Labels alone, as labelled() makes them: uint8, int32 above 256 classes.
struct ClassLabels {
  Tensor y;
  std::int64_t classes = 0;
};
/// labels: whole numbers [samples], or one-hot rows [samples, classes]. Throws CorruptData.
ClassLabels class_labels(const Tensor& labels,
                         const std::string& where,
                         const LabelledOptions& options = {});

/// images [samples, ...]: uint8 (divisor 255), whole numbers in [0, 255], or floats (divisor 255 if
/// one is above 1, else 1). A row of s * s numbers is seen as s x s. labels: whole numbers
/// [samples], or one-hot rows [samples, classes]. The result has uint8 labels, int32 above 256
/// classes. Throws CorruptData naming the origin, the sample, what was expected and what came.
Dataset labelled(Tensor images,
                 const Tensor& labels,
                 const Origin& origin,
                 const LabelledOptions& options = {});

/// `rows` [samples, columns] as images [samples, s, s] if columns is the square of some s above 1.
Tensor as_squares(const Tensor& rows);

/// The samples of both, in this order; they must agree in shape and type.
Dataset joined(const Dataset& first, const Dataset& second);

}  // namespace carnyx

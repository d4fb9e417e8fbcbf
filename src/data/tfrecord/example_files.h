#pragma once

#include <span>
#include <string>

#include "carnyx/data/dataset.h"

namespace carnyx {

/// Which features of an Example are the sample and its label; empty: the usual names are looked for
/// (image, image_raw, image/encoded, x; label, image/class/label, y).
struct ExampleNames {
  std::string image = {};
  std::string label = {};
};

/// All Examples of TFRecord files, plain or packed by gzip, in the order of the files. The first
/// record says what all must have: images as whole numbers or floats, as raw bytes, or as PNG or
/// JPEG; labels as a whole number or one-hot. Every checksum is looked at.
/// Throws NotFound, IoError, or CorruptData naming file, byte, what was expected and what came.
Dataset read_examples(std::span<const std::string> paths, const ExampleNames& names = {});

}  // namespace carnyx

// A model that was trained on standardised pictures keeps how they were read: pictures.json, in its
// folder.
#pragma once

#include <string>

#include "carnyx/data/dataset.h"

namespace carnyx {

/// Keeps how the data set's pictures are read, if that is not as bytes over 255: whole or not at
/// all. Throws IoError.
void write_picture_reading(const std::string& path, const Dataset& data);

/// The data set as the model's pictures.json has its pictures read; as it is if there is none.
/// Throws CorruptData naming the place.
Dataset with_picture_reading(Dataset data, const std::string& model_path);

}  // namespace carnyx

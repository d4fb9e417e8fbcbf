#pragma once

#include <memory>
#include <string>

#include "data/streams/stream_source.h"

namespace carnyx {

/// Images in an IDX file and labels in another, as MNIST has them. The labels are in memory.
std::unique_ptr<StreamSource> open_idx_arrays(const std::string& images, const std::string& labels);

/// Two arrays of an .npz file, by their names without ".npy". The labels are in memory.
std::unique_ptr<StreamSource> open_npz_arrays(const std::string& path,
                                              const std::string& images,
                                              const std::string& labels);

}  // namespace carnyx

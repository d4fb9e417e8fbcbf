// MNIST's four files under their usual names.
#pragma once

#include <optional>
#include <string>

#include "carnyx/data/mnist.h"

namespace carnyx {

/// The four files of one folder, "-idx3-" or ".idx3-", plain or .gz. If some are missing, nothing,
/// and `missing` names them.
std::optional<datasets::MnistFiles> find_idx_files(const std::string& folder, std::string& missing);

}  // namespace carnyx

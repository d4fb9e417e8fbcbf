// CIFAR-10's batches of records, cut anywhere between two of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "data/streams/stream_source.h"

namespace carnyx {

/// The records of some files, read once for their labels. Throws NotFound, IoError or CorruptData.
std::unique_ptr<StreamSource> open_cifar_batches(std::vector<std::string> paths,
                                                 const std::string& name);

}  // namespace carnyx

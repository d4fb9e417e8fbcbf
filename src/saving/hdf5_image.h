// An HDF5 file made in memory, in the oldest layout of the format.
#pragma once

#include <string>

#include "carnyx/tensor/tensor.h"

#include "saving/hdf5_library.h"

namespace carnyx {

/// Writing in memory fails only if memory does or we misuse the library.
hid_t must(hid_t id);
void must_succeed(herr_t status);

Hdf5File create_in_memory() CARNYX_REQUIRES(hdf5_mutex());

/// A new group, with those above it that are not there yet.
Hdf5Object create_group(hid_t file, const std::string& path);

/// A dataset `name`, which may lead through groups, of a float32 or int64 tensor.
void write_dataset(hid_t group, const std::string& name, const Tensor& tensor);

std::string image_of(hid_t file);

}  // namespace carnyx

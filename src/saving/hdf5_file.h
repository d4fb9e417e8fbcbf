// HDF5 files as Keras writes them, from and to memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/saving/model_file.h"

namespace carnyx {

/// A group "PATH" with the attribute `name` and datasets "0", "1", ...
struct VariableGroup {
  std::string path;  ///< "layers/dense/vars"
  std::string name;
  std::vector<Tensor> variables;
};

/// The bytes of an HDF5 file with these groups, in the oldest layout of the format, which h5py
/// writes too. The same groups give the same bytes. Tensors: float32 or int64.
std::string make_hdf5(const std::vector<VariableGroup>& groups);

/// Every dataset of an HDF5 file under its path, "layers/dense/vars/0": floats as float32, integers
/// as int64. They are read by a confined child, and what it says is checked again.
/// Throws CorruptData naming `where` and what is wrong: damage, links, external or virtual storage,
/// filters that are not built in, more than `max_bytes` of tensors.
std::vector<NamedTensor> read_hdf5(std::string_view file,
                                   const std::string& where,
                                   std::uint64_t max_bytes);

}  // namespace carnyx

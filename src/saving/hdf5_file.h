// HDF5 files as Keras writes them, from and to memory.
#pragma once

#include <array>
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

/// Text beside a group: one string, or a list of them.
struct TextAttribute {
  std::string name;  ///< one of kTextAttributes
  std::vector<std::string> values;
  bool is_list = true;
};

/// A group with what Keras notes beside it, and datasets under it by names that may have slashes.
struct AttributedGroup {
  std::string path;  ///< "model_weights/dense"; empty for the file's first group
  std::vector<TextAttribute> attributes;
  std::vector<NamedTensor> datasets = {};
};

/// The text attributes of whole-model files: all that is read of attributes.
inline constexpr std::array<std::string_view, 6> kTextAttributes = {
    "model_config", "training_config", "keras_version", "backend", "layer_names", "weight_names"};

/// The bytes of an HDF5 file with these groups, in the oldest layout of the format, which h5py
/// writes too. The same groups give the same bytes. Tensors: float32 or int64.
std::string make_hdf5(const std::vector<VariableGroup>& groups);

/// As above for whole-model files. Strings are of fixed length, padded with NUL, which every h5py
/// reads as every Keras expects; one that an object's header can't hold is of variable length, and
/// a list that it can't hold is split into NAME0, NAME1, ... as Keras does.
/// Throws InvalidArgument for an item of a list that is longer than the header can hold.
std::string make_hdf5(const std::vector<AttributedGroup>& groups);

/// Every dataset of an HDF5 file under its path, "layers/dense/vars/0": floats as float32, integers
/// as int64. They are read by a confined child, and what it says is checked again.
/// Throws CorruptData naming `where` and what is wrong: damage, links, external or virtual storage,
/// filters that are not built in, more than `max_bytes` of tensors.
std::vector<NamedTensor> read_hdf5(std::string_view file,
                                   const std::string& where,
                                   std::uint64_t max_bytes);

/// The groups that have attributes of kTextAttributes, without their datasets; lists that were
/// split are whole again, and one of no strings is an empty list. Read as read_hdf5() does. Throws
/// CorruptData as it does, or for more text than a model can have.
std::vector<AttributedGroup> read_hdf5_attributes(std::string_view file, const std::string& where);

/// `text` fit for a terminal, and as the paths of read_hdf5() are: what is not printable ASCII is
/// '?'.
std::string printable(std::string text);

}  // namespace carnyx

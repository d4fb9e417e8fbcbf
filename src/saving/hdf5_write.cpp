#include <algorithm>
#include <cstddef>
#include <span>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "saving/hdf5_file.h"
#include "saving/hdf5_image.h"
#include "saving/hdf5_library.h"

namespace carnyx {
namespace {

constexpr std::size_t kMostObjectHeaderBytes = 64512;  // Keras's HDF5_OBJECT_HEADER_LIMIT

/// A scalar string of variable length in UTF-8, as h5py writes a Python str.
void write_name(hid_t group, const std::string& name) {
  const Hdf5Type type(must(H5Tcopy(H5T_C_S1)));
  must_succeed(H5Tset_size(type.get(), H5T_VARIABLE));
  must_succeed(H5Tset_cset(type.get(), H5T_CSET_UTF8));
  const Hdf5Space space(must(H5Screate(H5S_SCALAR)));
  const Hdf5Attribute attribute(
      must(H5Acreate2(group, "name", type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT)));
  const char* text = name.c_str();
  must_succeed(H5Awrite(attribute.get(), type.get(), &text));
}

/// Strings of one length, padded with NUL.
hid_t fixed_text(std::size_t bytes) {
  const hid_t type = must(H5Tcopy(H5T_C_S1));
  must_succeed(H5Tset_size(type, std::max<std::size_t>(1, bytes)));
  must_succeed(H5Tset_strpad(type, H5T_STR_NULLPAD));
  return type;
}

void write_attribute(
    hid_t group, const std::string& name, hid_t type, hid_t space, const void* values) {
  const Hdf5Attribute attribute(
      must(H5Acreate2(group, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT)));
  if (values != nullptr) must_succeed(H5Awrite(attribute.get(), type, values));
}

void write_text(hid_t group, const std::string& name, const std::string& text) {
  const Hdf5Space space(must(H5Screate(H5S_SCALAR)));
  if (text.size() <= kMostObjectHeaderBytes) {
    const std::string padded = text.empty() ? std::string(1, '\0') : text;
    const Hdf5Type type(fixed_text(text.size()));
    return write_attribute(group, name, type.get(), space.get(), padded.data());
  }
  const Hdf5Type type(must(H5Tcopy(H5T_C_S1)));
  must_succeed(H5Tset_size(type.get(), H5T_VARIABLE));
  const char* pointer = text.c_str();
  write_attribute(group, name, type.get(), space.get(), static_cast<const void*>(&pointer));
}

void write_part(hid_t group,
                const std::string& name,
                std::span<const std::string> texts,
                std::size_t width) {
  std::string fields;
  for (const std::string& text : texts) fields += text + std::string(width - text.size(), '\0');
  const hsize_t count = texts.size();
  const Hdf5Space space(must(H5Screate_simple(1, &count, nullptr)));
  const Hdf5Type type(fixed_text(width));
  write_attribute(group, name, type.get(), space.get(), fields.data());
}

/// What h5py makes of an empty list: no elements of float64.
void write_nothing(hid_t group, const std::string& name) {
  const hsize_t count = 0;
  const Hdf5Space space(must(H5Screate_simple(1, &count, nullptr)));
  write_attribute(group, name, H5T_IEEE_F64LE, space.get(), nullptr);
}

void write_list(hid_t group, const std::string& name, std::span<const std::string> texts) {
  if (texts.empty()) return write_nothing(group, name);
  const std::size_t width =
      std::max<std::size_t>(1, std::ranges::max(texts, {}, &std::string::size).size());
  if (width > kMostObjectHeaderBytes) {
    throw InvalidArgument(
        format("saving a model: {}: expected names of at most {} bytes, got one of {}; give the "
               "layer a shorter name",
               name,
               kMostObjectHeaderBytes,
               width));
  }
  const std::size_t most = kMostObjectHeaderBytes / width;
  if (texts.size() <= most) return write_part(group, name, texts, width);
  for (std::size_t first = 0, part = 0; first < texts.size(); first += most, ++part) {
    const std::size_t count = std::min(most, texts.size() - first);
    write_part(group, name + std::to_string(part), texts.subspan(first, count), width);
  }
}

}  // namespace

std::string make_hdf5(const std::vector<VariableGroup>& groups) {
  const MutexLock lock(hdf5_mutex());
  start_hdf5();
  const Hdf5File file = create_in_memory();
  for (const VariableGroup& group : groups) {
    const Hdf5Object target = create_group(file.get(), group.path);
    write_name(target.get(), group.name);
    for (std::size_t i = 0; i < group.variables.size(); ++i) {
      write_dataset(target.get(), std::to_string(i), group.variables[i]);
    }
  }
  return image_of(file.get());
}

std::string make_hdf5(const std::vector<AttributedGroup>& groups) {
  const MutexLock lock(hdf5_mutex());
  start_hdf5();
  const Hdf5File file = create_in_memory();
  for (const AttributedGroup& group : groups) {
    const Hdf5Object target = group.path.empty()
                                  ? Hdf5Object(must(H5Oopen(file.get(), "/", H5P_DEFAULT)))
                                  : create_group(file.get(), group.path);
    for (const auto& [name, values, is_list] : group.attributes) {
      is_list ? write_list(target.get(), name, values)
              : write_text(target.get(), name, values.at(0));
    }
    for (const auto& [name, tensor] : group.datasets) write_dataset(target.get(), name, tensor);
  }
  return image_of(file.get());
}

}  // namespace carnyx

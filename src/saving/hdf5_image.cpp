#include "saving/hdf5_image.h"

#include <cstddef>
#include <vector>

#include "carnyx/base/ensure.h"

namespace carnyx {
namespace {

/// For objects whose names lead through groups that are made on the way.
hid_t links_through_groups() {
  const hid_t links = must(H5Pcreate(H5P_LINK_CREATE));
  must_succeed(H5Pset_create_intermediate_group(links, 1));
  return links;
}

Hdf5Space space_of(const Shape& shape) {
  if (shape.rank() == 0) return Hdf5Space(must(H5Screate(H5S_SCALAR)));
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  return Hdf5Space(
      must(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr)));
}

}  // namespace

hid_t must(hid_t id) {
  CARNYX_ENSURE(id >= 0);
  return id;
}
void must_succeed(herr_t status) {
  CARNYX_ENSURE(status >= 0);
}

Hdf5File create_in_memory() {
  const Hdf5Properties access(must(H5Pcreate(H5P_FILE_ACCESS)));
  constexpr std::size_t kGrowthBytes = std::size_t{1} << 20;
  must_succeed(H5Pset_fapl_core(access.get(), kGrowthBytes, /*backing_store=*/0));
  must_succeed(H5Pset_libver_bounds(access.get(), H5F_LIBVER_EARLIEST, H5F_LIBVER_V110));
  return Hdf5File(must(H5Fcreate("/weights", H5F_ACC_TRUNC, H5P_DEFAULT, access.get())));
}

Hdf5Object create_group(hid_t file, const std::string& path) {
  const Hdf5Properties links(links_through_groups());
  return Hdf5Object(must(H5Gcreate2(file, path.c_str(), links.get(), H5P_DEFAULT, H5P_DEFAULT)));
}

void write_dataset(hid_t group, const std::string& name, const Tensor& tensor) {
  CARNYX_ENSURE(tensor.dtype() == DType::Float32 || tensor.dtype() == DType::Int64);
  const bool is_float = tensor.dtype() == DType::Float32;
  const Hdf5Properties creation(must(H5Pcreate(H5P_DATASET_CREATE)));
  must_succeed(H5Pset_obj_track_times(creation.get(), false));  // equal models, equal bytes
  const Hdf5Properties links(links_through_groups());
  const Hdf5Space space = space_of(tensor.shape());
  const Hdf5Object dataset(must(H5Dcreate2(group,
                                           name.c_str(),
                                           is_float ? H5T_IEEE_F32LE : H5T_STD_I64LE,
                                           space.get(),
                                           links.get(),
                                           creation.get(),
                                           H5P_DEFAULT)));
  must_succeed(H5Dwrite(dataset.get(),
                        is_float ? H5T_NATIVE_FLOAT : H5T_NATIVE_INT64,
                        H5S_ALL,
                        H5S_ALL,
                        H5P_DEFAULT,
                        tensor.bytes()));
}

std::string image_of(hid_t file) {
  must_succeed(H5Fflush(file, H5F_SCOPE_GLOBAL));
  const ssize_t size = H5Fget_file_image(file, nullptr, 0);
  CARNYX_ENSURE(size > 0);
  std::string image(static_cast<std::size_t>(size), '\0');
  CARNYX_ENSURE(H5Fget_file_image(file, image.data(), image.size()) == size);
  return image;
}

}  // namespace carnyx

#include "saving/hdf5_walk.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "saving/hdf5_library.h"
#include "saving/hdf5_stream.h"
#include "saving/hdf5_texts.h"
#include "saving/inflation.h"

namespace carnyx {
namespace {

constexpr int kMostDepth = 16;
constexpr std::int64_t kMostObjects = 100'000;  // hard links can make a small file look endless

[[noreturn]] void refuse_object(std::string_view path, std::string_view problem) {
  if (path.empty()) throw CorruptData(std::string(problem));  // of the file as a whole
  throw CorruptData(format("/{}: {}", path, problem));
}

template <class T>
void put(ConfinedOutput& output, T value) {
  output.write(std::as_bytes(std::span(&value, 1)));
}

void put_text(ConfinedOutput& output, std::string_view text) {
  put(output, static_cast<std::uint16_t>(text.size()));
  output.write(std::as_bytes(std::span(text)));
}

/// What a dataset declares, and where it keeps it.
struct Stored {
  bool is_integer = false;
  std::vector<std::uint64_t> extents;
  std::uint64_t elements = 1;
  std::uint64_t file_bytes = 0;  // the elements as the file's type has them

  [[nodiscard]] std::uint64_t bytes() const {
    return elements * (is_integer ? sizeof(std::int64_t) : sizeof(float));
  }
};

class Walker {
 public:
  Walker(Hdf5Part part, std::uint64_t max_bytes, ConfinedOutput& output)
      : part_(part), budget_(max_bytes), output_(output) {}

  void group(hid_t id, const std::string& path, int depth) {
    if (depth > kMostDepth) refuse_object(path, format("groups nest deeper than {}", kMostDepth));
    H5G_info_t info{};
    if (H5Gget_info(id, &info) < 0) refuse_object(path, "the group can't be read");
    if (part_ == Hdf5Part::Attributes) attributes(id, path);
    for (hsize_t i = 0; i < info.nlinks; ++i) link(id, path, i, depth);
  }

 private:
  void link(hid_t parent, const std::string& parent_path, hsize_t index, int depth);
  void dataset(hid_t id, const std::string& path);
  void attributes(hid_t group, const std::string& path);
  Stored declared(hid_t id, const std::string& path) const;
  void check_storage(hid_t id, const Stored& stored, const std::string& path) const;
  static void check_layout(hid_t id, const std::string& path);

  Hdf5Part part_;
  std::uint64_t budget_;
  std::int64_t objects_ = 0;
  ConfinedOutput& output_;
};

std::string link_name(hid_t parent, const std::string& parent_path, hsize_t index) {
  std::array<char, kMostPathBytes + 1> name{};
  const ssize_t size = H5Lget_name_by_idx(
      parent, ".", H5_INDEX_NAME, H5_ITER_NATIVE, index, name.data(), name.size(), H5P_DEFAULT);
  if (size <= 0) refuse_object(parent_path, "a name in the group can't be read");
  if (static_cast<std::size_t>(size) > kMostPathBytes)
    refuse_object(parent_path, "a name is too long");
  std::string path = parent_path + (parent_path.empty() ? "" : "/") + name.data();
  if (path.size() > kMostPathBytes) refuse_object(parent_path, "a name is too long");
  return path;
}

void Walker::link(hid_t parent, const std::string& parent_path, hsize_t index, int depth) {
  const std::string path = link_name(parent, parent_path, index);
  if (++objects_ > kMostObjects) refuse_object(path, format("more than {} objects", kMostObjects));
  const std::string name = path.substr(parent_path.empty() ? 0 : parent_path.size() + 1);
  H5L_info_t info{};
  if (H5Lget_info(parent, name.c_str(), &info, H5P_DEFAULT) < 0) {
    refuse_object(path, "the link can't be read");
  }
  if (info.type == H5L_TYPE_SOFT) refuse_object(path, "a soft link; expected a group or a dataset");
  if (info.type != H5L_TYPE_HARD)
    refuse_object(path, "an external link; other files are never opened");
  const Hdf5Object object(H5Oopen(parent, name.c_str(), H5P_DEFAULT));
  if (!object.ok()) refuse_object(path, "the object can't be opened");
  const H5I_type_t kind = H5Iget_type(object.get());
  if (kind == H5I_GROUP) {
    group(object.get(), path, depth + 1);
  } else if (kind == H5I_DATASET) {
    if (part_ == Hdf5Part::Datasets) dataset(object.get(), path);
  } else {
    refuse_object(path, "expected a group or a dataset, found another kind of object");
  }
}

void Walker::check_layout(hid_t id, const std::string& path) {
  const Hdf5Properties creation(H5Dget_create_plist(id));
  const H5D_layout_t layout = H5Pget_layout(creation.get());
  if (layout == H5D_VIRTUAL) refuse_object(path, "a virtual dataset; other files are never opened");
  if (layout != H5D_COMPACT && layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED) {
    refuse_object(path, "its storage layout is unknown");
  }
  if (layout == H5D_CONTIGUOUS && H5Pget_external_count(creation.get()) != 0) {
    refuse_object(path, "its elements are in an external file; other files are never opened");
  }
  const int filters = H5Pget_nfilters(creation.get());
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0;
    unsigned config = 0;
    std::size_t values = 0;
    const H5Z_filter_t filter = H5Pget_filter2(
        creation.get(), static_cast<unsigned>(i), &flags, &values, nullptr, 0, nullptr, &config);
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
        filter != H5Z_FILTER_FLETCHER32) {
      refuse_object(path,
                    format("packed by filter {}; expected none, deflate, shuffle or fletcher32",
                           static_cast<int>(filter)));
    }
  }
}

Stored Walker::declared(hid_t id, const std::string& path) const {
  const Hdf5Type type(H5Dget_type(id));
  const Hdf5Space space(H5Dget_space(id));
  const H5T_class_t kind = H5Tget_class(type.get());
  if (kind != H5T_FLOAT && kind != H5T_INTEGER) {
    refuse_object(path, "expected float or integer elements, found another type");
  }
  const std::size_t element_bytes = H5Tget_size(type.get());
  if (element_bytes == 0 || element_bytes > 8) {
    refuse_object(path, format("expected elements of 1 to 8 bytes, found {}", element_bytes));
  }
  const H5S_class_t extent = H5Sget_simple_extent_type(space.get());
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if ((extent != H5S_SCALAR && extent != H5S_SIMPLE) || rank < 0 ||
      static_cast<std::size_t>(rank) > kMostAxes) {
    refuse_object(path, format("expected a shape of 0 to {} axes, found {}", kMostAxes, rank));
  }
  std::array<hsize_t, H5S_MAX_RANK> extents{};
  H5Sget_simple_extent_dims(space.get(), extents.data(), nullptr);
  Stored stored;
  stored.is_integer = kind == H5T_INTEGER;
  stored.extents.assign(extents.begin(), extents.begin() + rank);
  for (const std::uint64_t axis : stored.extents) {
    if (axis > 0 && stored.elements > budget_ / axis) {
      refuse_object(path, "declares more elements than the model can have");
    }
    stored.elements *= axis;
  }
  stored.file_bytes = stored.elements * element_bytes;
  return stored;
}

void Walker::check_storage(hid_t id, const Stored& stored, const std::string& path) const {
  if (stored.bytes() > budget_) refuse_object(path, "declares more bytes than the model can have");
  const std::uint64_t in_file = H5Dget_storage_size(id);
  if (stored.file_bytes / kMostInflation > in_file || (stored.file_bytes > 0 && in_file == 0)) {
    refuse_object(path, format("declares {} bytes and stores {}", stored.file_bytes, in_file));
  }
}

void Walker::dataset(hid_t id, const std::string& path) {
  check_layout(id, path);
  const Stored stored = declared(id, path);
  check_storage(id, stored, path);
  std::vector<std::byte> elements(stored.bytes());
  const hid_t type = stored.is_integer ? H5T_NATIVE_INT64 : H5T_NATIVE_FLOAT;
  if (!elements.empty() && H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, elements.data()) < 0) {
    refuse_object(path, "its elements can't be read");
  }
  budget_ -= stored.bytes();
  put(output_, Hdf5Frame::Dataset);
  put_text(output_, path);
  put(output_, static_cast<std::uint8_t>(stored.is_integer));
  put(output_, static_cast<std::uint8_t>(stored.extents.size()));
  output_.write(std::as_bytes(std::span(stored.extents)));
  output_.write(elements);
}

void Walker::attributes(hid_t group, const std::string& path) {
  for (std::size_t i = 0; i < kTextAttributes.size(); ++i) {
    const std::string name(kTextAttributes[i]);
    std::optional<std::vector<std::string>> texts;
    try {
      texts = text_attribute(group, name, budget_);
    } catch (const CorruptData& error) {
      refuse_object(path, error.what());
    }
    if (!texts) continue;
    put(output_, Hdf5Frame::Attribute);
    put_text(output_, path);
    put(output_, static_cast<std::uint8_t>(i));
    put(output_, static_cast<std::uint32_t>(texts->size()));
    for (const std::string& text : *texts) {
      put(output_, static_cast<std::uint32_t>(text.size()));
      output_.write(std::as_bytes(std::span(text)));
    }
  }
}

/// The core driver on a given image opens no file; a name with a folder keeps it from asking for
/// the current one.
hid_t open_image(std::string_view file) {
  const Hdf5Properties access(H5Pcreate(H5P_FILE_ACCESS));
  constexpr std::size_t kGrowthBytes = std::size_t{64} << 10;
  if (H5Pset_fapl_core(access.get(), kGrowthBytes, /*backing_store=*/0) < 0) return -1;
  std::string image(file);  // libhdf5 takes a mutable buffer and copies it
  if (H5Pset_file_image(access.get(), image.data(), image.size()) < 0) return -1;
  return H5Fopen("/weights", H5F_ACC_RDONLY, access.get());
}

void walk(std::string_view file, Hdf5Part part, std::uint64_t max_bytes, ConfinedOutput& output) {
  const Hdf5File image(open_image(file));
  if (!image.ok()) refuse_object("", "not an HDF5 file, or cut short");
  const Hdf5Object root(H5Oopen(image.get(), "/", H5P_DEFAULT));
  if (!root.ok()) refuse_object("", "the file's first group can't be opened");
  Walker(part, max_bytes, output).group(root.get(), "", 0);
}

}  // namespace

void walk_hdf5(std::string_view file,
               Hdf5Part part,
               std::uint64_t max_bytes,
               ConfinedOutput& output) {
  try {
    walk(file, part, max_bytes, output);
    put(output, Hdf5Frame::End);
  } catch (const CorruptData& refusal) {
    put(output, Hdf5Frame::Refusal);
    put_text(output, std::string_view(refusal.what()).substr(0, kMostPathBytes));
  }
}

}  // namespace carnyx

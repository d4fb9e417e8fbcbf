#include "saving/hdf5_file.h"

#include <functional>

#include <gmock/gmock.h>
#include <hdf5/serial/hdf5.h>

#include "carnyx/base/error.h"
#include "carnyx/base/temporary_directory.h"

#include "saving/hdf5_stream.h"
#include "tests/saving/saved_models.h"

namespace carnyx {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::uint64_t kMostFileBytes = std::uint64_t{1} << 20;

std::vector<VariableGroup> two_groups() {
  const std::int64_t seven = 7;
  return {{"layers/dense/vars", "dense", {numbers({3, 2}, 1), numbers({2}, 2)}},
          {"optimizer/vars", "rmsprop", {Tensor::from<std::int64_t>({}, std::span(&seven, 1))}}};
}

/// The bytes of a file that `fill` makes with libhdf5 itself.
std::string file_made_by_hdf5(const std::function<void(hid_t file)>& fill,
                              H5F_libver_t low = H5F_LIBVER_EARLIEST) {
  const TemporaryDirectory directory;
  const std::string path = directory / "made.h5";
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(access, low, H5F_LIBVER_LATEST);
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  fill(file);
  H5Fclose(file);
  H5Pclose(access);
  return read_file(path, kMostFileBytes);
}

/// A dataset "x" of float32 zeros with these creation properties; written if `written`.
void add_dataset(hid_t file, std::vector<hsize_t> extents, hid_t creation, bool written = true) {
  const hid_t space = H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr);
  const hid_t dataset =
      H5Dcreate2(file, "x", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  hsize_t count = 1;
  for (const hsize_t extent : extents) count *= extent;
  if (written) {
    const std::vector<float> zeros(count);
    H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, zeros.data());
  }
  H5Dclose(dataset);
  H5Sclose(space);
}

std::string complaint(const std::string& file, std::uint64_t max_bytes = kMostFileBytes) {
  return message_of<CorruptData>([&] { read_hdf5(file, "a.h5", max_bytes); });
}

TEST(Hdf5File, ReadsWhatWasWritten) {
  const auto tensors = read_hdf5(make_hdf5(two_groups()), "a.h5", kMostFileBytes);

  ASSERT_EQ(tensors.size(), 3U);
  EXPECT_EQ(tensors[0].name, "layers/dense/vars/0");
  EXPECT_EQ(tensors[0].tensor.shape(), (Shape{3, 2}));
  EXPECT_EQ(tensors[0].tensor.at(5), 1.75);
  EXPECT_EQ(tensors[2].name, "optimizer/vars/0");
  EXPECT_EQ(tensors[2].tensor.dtype(), DType::Int64);
  EXPECT_EQ(tensors[2].tensor.shape(), Shape());
  EXPECT_EQ(tensors[2].tensor.at(0), 7);
}

TEST(Hdf5File, IsTheSameForTheSameGroups) {
  EXPECT_EQ(make_hdf5(two_groups()), make_hdf5(two_groups()));
}

TEST(Hdf5File, HasTheOldestSuperblock) {
  EXPECT_EQ(make_hdf5(two_groups()).substr(0, 9), std::string("\x89HDF\r\n\x1A\n\0", 9));
}

TEST(Hdf5File, ReadsWhatH5pyWrote) {
  const auto tensors = read_hdf5(bytes_of_fixture("k3_mlp.weights.h5"), "k3_mlp", kMostFileBytes);

  EXPECT_EQ(tensors.size(), 14U);
}

TEST(Hdf5File, ReadsTheNewestLayoutOfTheFormat) {
  const auto fill = [](hid_t file) { add_dataset(file, {2, 2}, H5P_DEFAULT); };

  EXPECT_EQ(read_hdf5(file_made_by_hdf5(fill, H5F_LIBVER_LATEST), "a.h5", kMostFileBytes).size(),
            1U);
}

TEST(Hdf5File, ReadsDeflatedChunks) {
  const std::string file = file_made_by_hdf5([](hid_t id) {
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk[] = {16};
    H5Pset_chunk(creation, 1, chunk);
    H5Pset_shuffle(creation);
    H5Pset_deflate(creation, 9);
    add_dataset(id, {100}, creation);
    H5Pclose(creation);
  });

  EXPECT_EQ(read_hdf5(file, "a.h5", kMostFileBytes).at(0).tensor.elements(), 100);
}

TEST(Hdf5File, RefusesSoftAndExternalLinks) {
  const std::string soft = file_made_by_hdf5(
      [](hid_t file) { H5Lcreate_soft("/nowhere", file, "s", H5P_DEFAULT, H5P_DEFAULT); });
  const std::string external = file_made_by_hdf5([](hid_t file) {
    H5Lcreate_external("/etc/passwd", "/x", file, "e", H5P_DEFAULT, H5P_DEFAULT);
  });

  EXPECT_THAT(complaint(soft), AllOf(HasSubstr("a.h5: /s:"), HasSubstr("soft link")));
  EXPECT_THAT(complaint(external), AllOf(HasSubstr("a.h5: /e:"), HasSubstr("external link")));
}

TEST(Hdf5File, RefusesExternalStorage) {
  const std::string file = file_made_by_hdf5([](hid_t id) {
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(creation, "/etc/passwd", 0, 16);
    add_dataset(id, {4}, creation, false);
    H5Pclose(creation);
  });

  EXPECT_THAT(complaint(file), HasSubstr("external file"));
}

TEST(Hdf5File, RefusesVirtualDatasets) {
  const auto fill = [](hid_t file) {
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t extent[] = {4};
    const hid_t space = H5Screate_simple(1, extent, nullptr);
    H5Pset_virtual(creation, space, "/etc/passwd", "x", space);
    add_dataset(file, {4}, creation, false);
    H5Sclose(space);
    H5Pclose(creation);
  };

  EXPECT_THAT(complaint(file_made_by_hdf5(fill)), HasSubstr("virtual dataset"));
}

TEST(Hdf5File, RefusesFiltersThatAreNotBuiltIn) {
  const std::string file = file_made_by_hdf5([](hid_t id) {
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk[] = {4};
    H5Pset_chunk(creation, 1, chunk);
    H5Pset_filter(creation, 32015, H5Z_FLAG_OPTIONAL, 0, nullptr);  // zstd's registered number
    add_dataset(id, {4}, creation);
    H5Pclose(creation);
  });

  EXPECT_THAT(complaint(file), HasSubstr("filter 32015"));
}

TEST(Hdf5File, RefusesMoreThanItStores) {
  const std::string file = file_made_by_hdf5([](hid_t id) {
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk[] = {1024};
    H5Pset_chunk(creation, 1, chunk);
    add_dataset(id, {100'000}, creation, false);  // 400 kB of fill values, nothing stored
    H5Pclose(creation);
  });

  EXPECT_THAT(complaint(file), HasSubstr("declares 400000 bytes and stores 0"));
}

TEST(Hdf5File, RefusesMoreThanItIsAllowed) {
  const std::string file = file_made_by_hdf5([](hid_t id) {
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk[] = {1024, 1024};
    H5Pset_chunk(creation, 2, chunk);
    add_dataset(id, {hsize_t{1} << 40, hsize_t{1} << 40}, creation, false);
    H5Pclose(creation);
  });

  EXPECT_THAT(complaint(file), HasSubstr("/x: declares more elements"));
  EXPECT_THAT(complaint(make_hdf5(two_groups()), 23), HasSubstr("more"));
}

TEST(Hdf5File, RefusesOtherElementsAndTooManyAxes) {
  const std::string text = file_made_by_hdf5([](hid_t file) {
    const hid_t space = H5Screate(H5S_SCALAR);
    H5Dclose(H5Dcreate2(file, "x", H5T_C_S1, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
  });
  const std::string deep = file_made_by_hdf5(
      [](hid_t file) { add_dataset(file, std::vector<hsize_t>(9, 1), H5P_DEFAULT); });

  EXPECT_THAT(complaint(text), HasSubstr("expected float or integer elements"));
  EXPECT_THAT(complaint(deep), HasSubstr("expected a shape of 0 to 8 axes, found 9"));
}

TEST(Hdf5File, RefusesAGroupInsideItself) {
  const std::string file = file_made_by_hdf5([](hid_t id) {
    const hid_t group = H5Gcreate2(id, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(id, "g", group, "g", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(id, "g", group, "h", H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(group);
  });

  EXPECT_THAT(complaint(file), HasSubstr("nest deeper"));
}

TEST(Hdf5File, RefusesAFileCutAnywhere) {
  const std::string file = make_hdf5(two_groups());
  for (std::size_t size = 0; size < file.size(); size += 61) {
    EXPECT_THROW(read_hdf5(std::string_view(file).substr(0, size), "a.h5", kMostFileBytes),
                 CorruptData)
        << size;
  }
}

TEST(Hdf5File, SurvivesAnyDamage) {
  const std::string file = bytes_of_fixture("k3_mlp.weights.h5");
  Rng rng(1);
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    try {
      for (const auto& [name, tensor] : read_hdf5(damaged(file, rng), "a.h5", kMostFileBytes)) {
        EXPECT_LE(tensor.size_bytes(), static_cast<std::int64_t>(kMostFileBytes));
      }
    } catch (const CorruptData&) {
      ++refused;
    }
  }

  EXPECT_GT(refused, 50);
  EXPECT_LT(refused, 300);
}

/// What the parent makes of a child that says `words`.
std::vector<NamedTensor> received_tensors(const std::string& words) {
  const auto say = [&](ConfinedOutput& output) { output.write(std::as_bytes(std::span(words))); };
  ConfinedChild child(say, {}, "a.h5");
  return receive_hdf5(child, "a.h5", 64);
}

TEST(Hdf5Stream, GivesTheDatasetsThatTheChildReports) {
  const std::string dataset = std::string("\1\2\0ab\0\1", 7) + std::string("\2\0\0\0\0\0\0\0", 8) +
                              std::string("\0\0\x80\x3F\0\0\0\x40", 8);

  const auto tensors = received_tensors(dataset + "\3");

  ASSERT_EQ(tensors.size(), 1U);
  EXPECT_EQ(tensors[0].name, "ab");
  EXPECT_EQ(tensors[0].tensor.at(1), 2.0);
}

TEST(Hdf5Stream, TrustsNothingThatTheChildSays) {
  const std::string head("\1\1\0a\0", 5);
  const std::string huge(8, '\x7F');
  const std::string empty = head + std::string("\1", 1) + std::string(8, '\0');
  const std::vector<std::string> lies = {
      "",                                                // no end
      "\4",                                              // no such frame
      head + "\x9",                                      // nine axes
      head + "\1" + huge,                                // more than allowed
      head + "\2" + huge + huge,                         // whose product overflows
      head + "\1" + std::string("\2\0\0\0\0\0\0\0", 8),  // without its elements
      std::string("\1\xFF\xFF", 3),                      // too long a name
      empty + empty + "\3",                              // a name twice
      empty + "\3\3",                                    // something after the end
  };
  for (const std::string& lie : lies) {
    EXPECT_THROW(received_tensors(lie), CorruptData) << testing::PrintToString(lie);
  }
}

TEST(Hdf5Stream, PassesNoControlCharactersOn) {
  EXPECT_EQ(message_of<CorruptData>([] { received_tensors(std::string("\2\3\0a\x1B\n", 6)); }),
            "a.h5: a??");
}

}  // namespace
}  // namespace carnyx

#include "carnyx/data/npz.h"

#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <zip.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"

#include "tests/data/bytes.h"
#include "tests/data/golden_data.h"
#include "tests/data/message.h"
#include "tests/data/numpy_archives.h"

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 2> kNames = {"x", "y"};
constexpr std::array<std::string_view, 1> kX = {"x"};

template <std::size_t N>
std::string text_of(const std::array<std::uint8_t, N>& bytes) {
  return {bytes.begin(), bytes.end()};
}

std::vector<Tensor> decoded_npz(std::string_view file) {
  return decode_npz(bytes_of(file), "some.npz", kNames);
}

void expect_arrays(const std::vector<Tensor>& arrays) {
  ASSERT_EQ(arrays.size(), 2);
  EXPECT_EQ(arrays[0].dtype(), DType::Uint8);
  EXPECT_EQ(arrays[0].shape(), (Shape{2, 3}));
  EXPECT_EQ(arrays[0].at(2), 3);
  EXPECT_EQ(arrays[0].at(5), 252);
  EXPECT_EQ(arrays[1].dtype(), DType::Float32);
  EXPECT_EQ(arrays[1].shape(), (Shape{2}));
  EXPECT_EQ(arrays[1].at(0), -1.5);
  EXPECT_EQ(arrays[1].at(1), 2.25);
}

std::string npy(const std::string& header, const std::string& data, char major = 1) {
  const auto length = static_cast<char>(header.size());
  std::string file = std::string("\x93NUMPY") + major + '\0' + length + '\0';
  if (major > 1) file += std::string(2, '\0');
  return file + header + data;
}

/// The bytes of an archive with the one member x.npy.
std::string archive_of(const std::string& member) {
  const TemporaryDirectory folder;
  const std::string path = folder / "one.npz";
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE, nullptr);
  zip_source_t* source = zip_source_buffer(archive, member.data(), member.size(), 0);
  zip_file_add(archive, "x.npy", source, 0);
  zip_close(archive);
  return read_file(path, 1 << 20);
}

Tensor decode_one(const std::string& member) {
  return decode_npz(bytes_of(archive_of(member)), "some.npz", kX).front();
}

std::string npz_complaint(const std::string& member) {
  return message_of<CorruptData>([&] { decode_one(member); });
}

TEST(Npz, ReadsWhatNumpyStores) {
  expect_arrays(decoded_npz(text_of(kStoredNpz)));
}

TEST(Npz, ReadsWhatNumpyDeflates) {
  expect_arrays(decoded_npz(text_of(kDeflatedNpz)));
}

TEST(Npz, ReadsFromDisk) {
  const TemporaryDirectory folder;
  write_file_atomically(folder / "a.npz", text_of(kStoredNpz));

  expect_arrays(read_npz(folder / "a.npz", kNames));
}

TEST(Npz, RejectsAnArchiveCutAtAnyByte) {
  for (const std::string& file : {text_of(kStoredNpz), text_of(kDeflatedNpz)}) {
    for (std::size_t size = 0; size < file.size(); ++size) {
      EXPECT_THROW(decoded_npz(file.substr(0, size)), CorruptData) << size;
    }
  }
}

TEST(Npz, NeverTakesAFlippedArchiveForOtherNumbers) {
  for (const std::string& file : {text_of(kStoredNpz), text_of(kDeflatedNpz)}) {
    for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
      std::string flipped = file;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      try {
        expect_arrays(
            decoded_npz(flipped));  // a date, a version, or what only one of two headers says
      } catch (const CorruptData&) {
        SUCCEED();
      } catch (const NotFound&) {
        SUCCEED();  // the flip was in a name
      }
    }
  }
}

TEST(Npz, SaysWhatTheArchiveHoldsIfAnArrayIsMissing) {
  constexpr std::array<std::string_view, 1> kWanted = {"x_train"};
  const std::string file = text_of(kStoredNpz);

  const std::string message =
      message_of<NotFound>([&] { decode_npz(bytes_of(file), "some.npz", kWanted); });

  EXPECT_EQ(message, "some.npz: no x_train.npy; the archive holds x.npy, y.npy");
}

TEST(Npy, ReadsEveryVersionAndPythonTwosNumbers) {
  const std::string header = "{'shape': (2L, 1L,), 'fortran_order': False, 'descr': \"|u1\"}\n";
  for (const char major : {'\1', '\2', '\3'}) {
    const Tensor tensor = decode_one(npy(header, "ab", major));

    EXPECT_EQ(tensor.shape(), (Shape{2, 1}));
    EXPECT_EQ(tensor.at(1), 'b');
  }
}

TEST(Npy, WidensSwapsAndTransposesWhatNumpyWrote) {
  const std::string path = golden_data("types.npz");
  std::vector<std::string> names = npz_names(path);
  ASSERT_EQ(names.size(), 19U);

  for (const std::string& name : names) {
    const Tensor array = read_npz(path, std::array{std::string_view(name)}).front();
    if (name == "halves" || name == "fortran" || name == "b1") continue;
    const int sign = name.starts_with("negative") ? -1 : 1;
    EXPECT_EQ(array.shape(), (Shape{2, 3})) << name;
    EXPECT_EQ(array.at(2), 2 * sign) << name;
    EXPECT_EQ(array.at(5), 127 * sign) << name;
  }
}

TEST(Npy, ReadsHalvesBoolsAndFortranOrder) {
  constexpr std::array<std::string_view, 3> kSpecial = {"halves", "b1", "fortran"};
  const std::vector<Tensor> arrays = read_npz(golden_data("types.npz"), kSpecial);

  EXPECT_EQ(arrays[0].at(1), -2.75);
  EXPECT_NEAR(arrays[0].at(2), 5.9604645e-8, 1e-15);  // the least half above 0
  EXPECT_EQ(arrays[0].at(3), 65504);
  EXPECT_EQ(arrays[0].at(5), -INFINITY);
  EXPECT_TRUE(std::isnan(arrays[0].at(6)));
  EXPECT_EQ(arrays[1].dtype(), DType::Uint8);
  EXPECT_EQ(arrays[1].at(1), 0);
  EXPECT_EQ(arrays[1].at(2), 1);
  ASSERT_EQ(arrays[2].shape(), (Shape{2, 3, 4}));
  for (int i = 0; i < 24; ++i) EXPECT_EQ(arrays[2].at(i), i);
}

TEST(Npz, WritesWhatItReads) {
  constexpr std::array<std::string_view, 2> kBoth = {"a", "b"};
  const std::array values = {1.5F, -2.0F, 3.0F};
  const std::array<std::uint8_t, 4> bytes = {1, 2, 3, 255};
  const TemporaryDirectory folder;

  write_npz(
      folder / "two.npz",
      kBoth,
      std::array{Tensor::from<float>({3, 1}, values), Tensor::from<std::uint8_t>({4}, bytes)});
  const std::vector<Tensor> arrays = read_npz(folder / "two.npz", kBoth);

  EXPECT_EQ(arrays[0].shape(), (Shape{3, 1}));
  EXPECT_EQ(arrays[0].at(1), -2);
  EXPECT_EQ(arrays[1].dtype(), DType::Uint8);
  EXPECT_EQ(arrays[1].at(3), 255);
}

TEST(Npy, ReadsAScalar) {
  const Tensor tensor =
      decode_one(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", "a"));

  EXPECT_EQ(tensor.shape(), Shape{});
  EXPECT_EQ(tensor.at(0), 'a');
}

TEST(Npy, RejectsWhatItCannotRead) {
  const auto header = [](const std::string& descr,
                         const std::string& order,
                         const std::string& shape) {
    return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  };

  EXPECT_TRUE(contains(npz_complaint(npy(header("|O", "False", "(1,)"), "a")), "found |O"));
  EXPECT_TRUE(
      contains(npz_complaint(npy(header("<c8", "False", "(1,)"), "abcdefgh")), "found <c8"));
  EXPECT_TRUE(contains(npz_complaint(npy(header(">i4", "True", "(1,)"), "abc")), "more data"));
  EXPECT_TRUE(contains(npz_complaint(npy(header("|u1", "Maybe", "(1,)"), "a")), "True or False"));
  EXPECT_TRUE(contains(npz_complaint(npy(header("|u1", "False", "(-1,)"), "a")), "not negative"));
  EXPECT_TRUE(contains(npz_complaint(npy(header("|u1", "False", "(2,)"), "a")), "more data"));
  EXPECT_TRUE(contains(npz_complaint(npy(header("|u1", "False", "(1,)"), "ab")), "found more"));
  EXPECT_TRUE(contains(npz_complaint(npy("{'descr': '|u1'}", "a")), "the keys"));
  EXPECT_TRUE(contains(npz_complaint(npy("{'descr': '|u1', 'descr': '|u1'}", "a")), "once"));
  EXPECT_TRUE(contains(npz_complaint(npy("{'descr", "a")), "the end of a string"));
  EXPECT_TRUE(contains(npz_complaint(npy("{}", "a", '\4')), "found 4.0"));
  EXPECT_TRUE(contains(npz_complaint("not an array"), "expected a NumPy array"));
}

TEST(Npy, AllocatesNothingForAShapeThatCannotBe) {
  const std::string shape = "(4611686018427387904, 4611686018427387904, 4)";
  const std::string header = "{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + "}";

  EXPECT_TRUE(contains(npz_complaint(npy(header, "a")), "more data"));
}

}  // namespace
}  // namespace carnyx

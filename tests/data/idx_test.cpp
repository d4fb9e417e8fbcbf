#include "carnyx/data/idx.h"

#include <string>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"

#include "tests/data/bytes.h"
#include "tests/data/message.h"

namespace carnyx {
namespace {

Tensor decode(std::string_view file) {
  return decode_idx(bytes_of(file), "some.idx");
}

std::string idx_complaint(std::string_view file) {
  return message_of<CorruptData>([&] { decode(file); });
}

std::string two_images() {
  return idx_file({2, 2, 3}, "abcdefghijkl");
}

void expect_two_images(const Tensor& tensor) {
  EXPECT_EQ(tensor.dtype(), DType::Uint8);
  EXPECT_EQ(tensor.shape(), (Shape{2, 2, 3}));
  EXPECT_EQ(tensor.at(0), 'a');
  EXPECT_EQ(tensor.at(11), 'l');
}

TEST(Idx, ReadsPlainBytes) {
  expect_two_images(decode(two_images()));
}

TEST(Idx, ReadsGzip) {
  expect_two_images(decode(gzip(two_images())));
}

TEST(Idx, ReadsBothFromDisk) {
  const TemporaryDirectory folder;
  write_file_atomically(folder / "plain", two_images());
  write_file_atomically(folder / "packed.gz", gzip(two_images()));

  expect_two_images(read_idx(folder / "plain"));
  expect_two_images(read_idx(folder / "packed.gz"));
}

TEST(Idx, NamesAMissingFile) {
  const TemporaryDirectory folder;
  const std::string path = folder / "none";

  EXPECT_TRUE(contains(message_of<NotFound>([&] { read_idx(path); }), path));
}

TEST(Idx, ReadsAnEmptySet) {
  EXPECT_EQ(decode(idx_file({0, 28, 28}, "")).elements(), 0);
}

TEST(Idx, RejectsAFileCutAtAnyByte) {
  const std::string file = two_images();
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_THROW(decode(file.substr(0, size)), CorruptData) << size;
  }
}

TEST(Idx, RejectsAGzipFileCutAtAnyByte) {
  const std::string file = gzip(two_images());
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_THROW(decode(file.substr(0, size)), CorruptData) << size;
  }
}

TEST(Idx, NeverTakesAFlippedGzipFileForOtherPixels) {
  const std::string file = gzip(two_images());
  for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
    std::string flipped = file;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    try {
      expect_two_images(decode(flipped));  // a flag or the date of gzip's header
    } catch (const CorruptData&) {
      SUCCEED();
    }
  }
}

TEST(Idx, SaysWhereAFileEnds) {
  const std::string message = idx_complaint(two_images().substr(0, 20));

  EXPECT_TRUE(contains(message, "some.idx: at byte 4")) << message;
  EXPECT_TRUE(contains(message, "(2, 2, 3)")) << message;
  EXPECT_TRUE(contains(message, "4 bytes")) << message;
}

TEST(Idx, SaysWhereTrailingBytesBegin) {
  const std::string message = idx_complaint(two_images() + "xy");

  EXPECT_TRUE(contains(message, "some.idx: at byte 28")) << message;
  EXPECT_TRUE(contains(message, "found 2 more bytes")) << message;
}

TEST(Idx, RejectsBytesAfterTheGzipStream) {
  EXPECT_TRUE(contains(idx_complaint(gzip(two_images()) + "x"), "found 1 more bytes"));
}

TEST(Idx, StopsUnpackingWhereTheDeclaredDataEnds) {
  const std::string bomb = gzip(idx_file({2}, std::string(50'000'000, 'x')));

  EXPECT_TRUE(
      contains(idx_complaint(bomb), "at byte 10 of the unpacked content: expected the end"));
}

TEST(Idx, AllocatesNothingForADeclaredSizeThatCannotBe) {
  const std::uint32_t huge = 0xFFFFFFFF;

  EXPECT_TRUE(contains(idx_complaint(idx_file({huge, huge, huge, huge}, "abc")), "more data"));
  EXPECT_TRUE(contains(idx_complaint(gzip(idx_file({huge, 28, 28}, "abc"))), "more data"));
  EXPECT_TRUE(contains(idx_complaint(idx_file({huge, huge, huge, 0}, "")), "more data"));
}

TEST(Idx, NamesATypeItDoesNotRead) {
  std::string file = two_images();
  file[2] = '\x0D';

  EXPECT_TRUE(contains(idx_complaint(file), "found 13 (float32)"));
}

TEST(Idx, RejectsAnotherFormat) {
  EXPECT_TRUE(contains(idx_complaint("PK\x03\x04 and so on"), "found 80 and 75"));
}

TEST(Idx, RejectsNoAxesAndTooMany) {
  std::string file = two_images();
  file[3] = '\0';
  EXPECT_TRUE(contains(idx_complaint(file), "found 0"));

  file[3] = '\x09';
  EXPECT_TRUE(contains(idx_complaint(file), "found 9"));
}

}  // namespace
}  // namespace carnyx

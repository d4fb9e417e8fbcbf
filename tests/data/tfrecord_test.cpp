#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/crc32c.h"
#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/rng.h"
#include "carnyx/base/temporary_directory.h"

#include "data/tfrecord/example.h"
#include "data/tfrecord/example_files.h"
#include "data/tfrecord/records.h"
#include "tests/data/bytes.h"
#include "tests/data/golden_data.h"
#include "tests/data/message.h"

namespace carnyx {
namespace {

Dataset read(const std::string& path, const ExampleNames& names = {}) {
  return read_examples(std::array{path}, names);
}

std::string tfrecord_complaint(const std::string& content) {
  const TemporaryDirectory folder;
  write_file_atomically(folder / "a.tfrecord", content);
  return message_of<CorruptData>([&] { read(folder / "a.tfrecord"); });
}

// RFC 3720, appendix B.4.
TEST(Crc32c, AgreesWithTheStandardsExamples) {
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\0'))), 0x8A9136AAU);
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\xFF'))), 0x62A8AB43U);
  std::string rising;
  for (char c = 0; c < 32; ++c) rising += c;
  EXPECT_EQ(crc32c(bytes_of(rising)), 0x46DD794EU);
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xE3069283U);
  EXPECT_EQ(masked_crc32c(bytes_of(std::string(32, '\0'))), 0x0FD7FFFAU);
}

TEST(Crc32c, IsTheSameByInstructionAndByTables) {
  Rng rng(1);
  std::string text;
  for (int size = 0; size < 70; ++size) {
    EXPECT_EQ(crc32c(bytes_of(text)), crc32c_by_tables(bytes_of(text))) << size;
    text += static_cast<char>(rng.next());
  }
}

TEST(TfRecord, ReadsWholeNumbersWithEitherKindOfLabel) {
  for (const char* name : {"one_hot.tfrecord", "scalar.tfrecord", "scalar.tfrecord.gz"}) {
    SCOPED_TRACE(name);
    expect_golden_digits(read(golden_data(name)), 0, 6);
  }
}

TEST(TfRecord, ReadsImagesThatAreBytesOrPng) {
  for (const char* name : {"bytes.tfrecord", "png.tfrecord"}) {
    SCOPED_TRACE(name);
    expect_golden_digits(read(golden_data(name)), 0, 6);
  }
}

TEST(TfRecord, ReadsFloats) {
  const Dataset data = read(golden_data("float.tfrecord"));

  ASSERT_EQ(data.x.shape(), (Shape{6, 4, 4}));
  EXPECT_EQ(data.x.dtype(), DType::Float32);
  EXPECT_EQ(data.divisor, 1);
  EXPECT_EQ(data.x.at(17), 48 / 256.0);
  EXPECT_EQ(data.y.at(4), 2);
}

TEST(TfRecord, ReadsOneFileAfterTheOther) {
  const std::array<std::string, 2> paths = {golden_data("scalar.tfrecord"),
                                            golden_data("scalar.tfrecord.gz")};

  const Dataset data = read_examples(paths);

  EXPECT_EQ(data.samples(), 12);
  EXPECT_EQ(data.y.at(7), data.y.at(1));
}

TEST(TfRecord, RejectsAFileCutAtAnyByteBetweenRecords) {
  const std::string file = golden_bytes("scalar.tfrecord");
  std::vector<std::size_t> ends = {0};
  for (const Record& record : find_records(file, "whole")) {
    ends.push_back(record.offset + 16 + record.bytes.size());
  }
  for (std::size_t size = 0; size < file.size(); ++size) {
    const std::string_view cut = std::string_view(file).substr(0, size);
    if (std::find(ends.begin(), ends.end(), size) != ends.end()) {
      EXPECT_NO_THROW(find_records(cut, "cut")) << size;  // a shorter file, and a whole one
    } else {
      EXPECT_THROW(find_records(cut, "cut"), CorruptData) << size;
    }
  }
}

TEST(TfRecord, NoticesEveryFlippedBit) {
  const std::string file = golden_bytes("bytes.tfrecord").substr(0, 65);
  for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
    std::string flipped = file;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_THROW(
        {
          for (const Record& record : find_records(flipped, "flipped")) {
            check_record(record, "flipped");
          }
        },
        CorruptData)
        << bit;
  }
}

TEST(TfRecord, RejectsAnExampleCutAtAnyByte) {
  const std::string file = golden_bytes("one_hot.tfrecord");
  const Record record = find_records(file, "whole").front();
  const std::string_view example(reinterpret_cast<const char*>(record.bytes.data()),
                                 record.bytes.size());
  for (std::size_t size = 1; size < example.size(); ++size) {
    EXPECT_THROW(features_of(example.substr(0, size), "cut"), CorruptData) << size;
  }
}

TEST(TfRecord, FramesRecordsAsTensorFlowDoes) {
  const std::string file = golden_bytes("scalar.tfrecord");
  const Record record = find_records(file, "whole").front();
  const std::string content(reinterpret_cast<const char*>(record.bytes.data()),
                            record.bytes.size());

  EXPECT_EQ(framed(content), file.substr(0, content.size() + 16));
}

TEST(TfRecord, WritesExamplesThatItReads) {
  const std::array<std::int64_t, 3> values = {0, 300, -1};

  const std::string example = encode_example(std::array{ExampleFeature{"image", values}});
  const std::vector<Feature> features = features_of(example, "own");

  ASSERT_EQ(features.size(), 1U);
  EXPECT_EQ(features[0].name, "image");
  EXPECT_EQ(features[0].shape, (FeatureShape{FeatureKind::Int64, 3}));
  std::array<std::int64_t, 3> copy{};
  copy_ints(features[0], copy, "own");
  EXPECT_EQ(copy, values);
}

TEST(TfRecord, ReadsNumbersThatAreNotPacked) {
  const std::string list = "\x08\x05\x08\xAC\x02";  // field 1, varints 5 and 300
  const std::string entry = std::string("\x0A\x01x\x12\x07\x1A\x05") + list;
  const std::string map = std::string("\x0A") + static_cast<char>(entry.size()) + entry;
  const std::string example = std::string("\x0A") + static_cast<char>(map.size()) + map;

  const std::vector<Feature> features = features_of(example, "old");
  std::array<std::int64_t, 2> values{};
  copy_ints(features.at(0), values, "old");

  EXPECT_EQ(values, (std::array<std::int64_t, 2>{5, 300}));
}

TEST(TfRecord, SaysWhichFeaturesThereAre) {
  const std::array<std::int64_t, 1> one = {1};
  const std::string message =
      tfrecord_complaint(framed(encode_example(std::array{ExampleFeature{"pixels", one}})));

  EXPECT_TRUE(contains(message, "record at byte 0: expected one of the features image,"))
      << message;
  EXPECT_TRUE(contains(message, "found pixels (a list of 1 whole numbers)")) << message;
}

TEST(TfRecord, TakesOtherNames) {
  const std::array<std::int64_t, 2> pixels = {3, 4};
  const std::array<std::int64_t, 1> kind = {1};
  const TemporaryDirectory folder;
  write_file_atomically(folder / "a",
                        framed(encode_example(std::array{ExampleFeature{"pixels", pixels},
                                                         ExampleFeature{"kind", kind}})));

  const Dataset data = read(folder / "a", {.image = "pixels", .label = "kind"});

  EXPECT_EQ(data.x.at(1), 4);
  EXPECT_EQ(data.y.at(0), 1);
}

TEST(TfRecord, NamesTheRecordThatIsUnlikeTheFirst) {
  const std::array<std::int64_t, 2> two = {3, 4};
  const std::array<std::int64_t, 1> one = {1};
  const std::string first = framed(
      encode_example(std::array{ExampleFeature{"image", two}, ExampleFeature{"label", one}}));
  const std::string other = framed(
      encode_example(std::array{ExampleFeature{"image", one}, ExampleFeature{"label", one}}));
  const std::array<std::int64_t, 2> large = {3, 256};
  const std::string bright = framed(
      encode_example(std::array{ExampleFeature{"image", large}, ExampleFeature{"label", one}}));

  EXPECT_TRUE(contains(tfrecord_complaint(first + other),
                       "feature image: expected a list of 2 whole numbers as in the first record, "
                       "found a list of 1 whole numbers"));
  EXPECT_TRUE(contains(tfrecord_complaint(first + bright),
                       "expected pixels in [0, 255], found 256 at place 1"));
}

TEST(TfRecord, RejectsOtherFiles) {
  EXPECT_TRUE(contains(tfrecord_complaint("this is no file of records"),
                       "the checksum of a record's length"));
  EXPECT_TRUE(contains(tfrecord_complaint(""), "expected records, found none"));
}

TEST(TfRecord, AllocatesNothingForALengthThatCannotBe) {
  std::string file(8, '\xFF');
  const std::uint32_t crc = masked_crc32c(bytes_of(file));
  file.append(reinterpret_cast<const char*>(&crc), sizeof crc);

  EXPECT_TRUE(
      contains(tfrecord_complaint(file + "abcdef"), "a record of 18446744073709551615 bytes"));
}

}  // namespace
}  // namespace carnyx

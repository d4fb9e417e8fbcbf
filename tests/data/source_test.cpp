#include "carnyx/data/source.h"

#include <string>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/data/mnist.h"

#include "tests/data/bytes.h"
#include "tests/data/golden_data.h"
#include "tests/data/message.h"

namespace carnyx {
namespace {

class Source : public testing::Test {
 protected:
  void put(const std::string& path, std::string_view content) {
    create_directories(parent_directory(folder_ / path));
    write_file_atomically(folder_ / path, content);
  }
  [[nodiscard]] std::string complaint() const {
    return message_of<CorruptData>([&] { read_data(folder_.path()); });
  }
  TemporaryDirectory folder_;
};

TEST_F(Source, IsAnArchiveStoredOrDeflatedOrWithWiderLabels) {
  for (const char* name : {"stored.npz", "deflated.npz", "int64_labels.npz"}) {
    SCOPED_TRACE(name);
    expect_golden_digits(read_data(golden_data(name)).parts);

    put("mnist.npz", golden_bytes(name));
    expect_golden_digits(datasets::mnist({.data_dir = folder_.path()}));
  }
}

TEST_F(Source, IsAPickleUnderItsNameOrInItsFolder) {
  put("a/mnist.pkl", golden_bytes("python3_protocol4.pkl"));
  put("b/mnist.pkl.gz", gzip(golden_bytes("python3_protocol0.pkl")));

  expect_golden_digits(datasets::mnist({.data_dir = folder_ / "a"}));
  expect_golden_digits(datasets::mnist({.data_dir = folder_ / "a/mnist.pkl"}));
  expect_golden_digits(datasets::mnist({.data_dir = folder_ / "b"}));
}

TEST_F(Source, IsTwoFoldersOfPairedParts) {
  put("train/images/part-00000", "1,2,3,4\n5,6,7,8\n");
  put("train/images/part-00001", "9,10,11,12\n");
  put("train/images/_SUCCESS", "");
  put("train/images/.part-00000.crc", "crc");
  put("train/labels/part-00000", "0.0,1.0,0.0\n1.0,0.0,0.0\n");
  put("train/labels/part-00001", "0.0,0.0,1.0\n");
  put("test/images/part-00000.gz", gzip("13,14,15,16\n"));
  put("test/labels/part-00000", "0.0,1.0,0.0\n");

  const LoadedData loaded = read_data(folder_.path());

  EXPECT_EQ(loaded.source.format, DataFormat::Csv);
  EXPECT_EQ(loaded.parts.train.x.shape(), (Shape{3, 2, 2}));
  EXPECT_EQ(loaded.parts.train.x.at(8), 9);
  EXPECT_EQ(loaded.parts.train.y.at(0), 1);
  EXPECT_EQ(loaded.parts.train.y.at(2), 2);
  EXPECT_EQ(loaded.parts.test.x.at(3), 16);
  EXPECT_EQ(loaded.parts.test.classes, 3);
}

TEST_F(Source, IsRowsWithTheLabelInFront) {
  put("csv2/train/part-00000", "1|2,3,4,5\n");
  put("csv2/test/part-00000", "0|2,3,4,5\n");
  put("csv3/csv/train/part-00000", "1,2,3,4,5\n");
  put("csv3/csv/test/part-00000", "0,2,3,4,5\n");

  const LoadedData bars = read_data(folder_ / "csv2");
  const LoadedData commas = read_data(folder_ / "csv3");

  EXPECT_EQ(bars.source.format, DataFormat::Csv2);
  EXPECT_EQ(commas.source.format, DataFormat::Csv3);
  for (const LoadedData& loaded : {bars, commas}) {
    EXPECT_EQ(loaded.parts.train.x.shape(), (Shape{1, 2, 2}));
    EXPECT_EQ(loaded.parts.train.y.at(0), 1);
    EXPECT_EQ(loaded.parts.test.y.at(0), 0);
    EXPECT_EQ(loaded.parts.test.classes, 2);
  }
}

TEST_F(Source, IsRecordsUnderTheirUsualNames) {
  put("train/part-r-00000", golden_bytes("one_hot.tfrecord"));
  put("test/part-r-00000", golden_bytes("scalar.tfrecord"));

  const LoadedData loaded = read_data(folder_.path());

  EXPECT_EQ(loaded.source.format, DataFormat::Tfr);
  expect_golden_digits(loaded.parts.train, 0, 6);
  expect_golden_digits(loaded.parts.test, 0, 6);
}

TEST_F(Source, IsAFolderAClassWithNames) {
  for (const std::string part : {"train", "test"}) {
    put(part + "/cat/1.png", golden_bytes("grey.png"));
    put(part + "/dog/1.jpg", golden_bytes("grey.jpg"));
  }

  const LoadedData loaded = read_data(folder_.path());

  EXPECT_EQ(loaded.source.format, DataFormat::Images);
  EXPECT_EQ(loaded.class_names, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(loaded.parts.test.samples(), 2);
}

TEST_F(Source, MayHaveOnePart) {
  put("part-00000", "1|2,3,4,5\n");

  const LoadedData loaded = read_data(folder_.path());

  EXPECT_FALSE(loaded.has_test());
  EXPECT_EQ(loaded.parts.train.samples(), 1);
  EXPECT_TRUE(contains(message_of<NotFound>([&] { datasets::mnist({.data_dir = folder_.path()}); }),
                       "expected a training and a test part"));
}

TEST_F(Source, SaysWhatItUnderstandsWhereThereIsNothing) {
  put("notes.txt", "hello");

  const std::string message = message_of<NotFound>([&] { read_data(folder_.path()); });

  EXPECT_TRUE(contains(message, folder_.path() + ": no data set; expected")) << message;
  EXPECT_THROW(read_data(folder_ / "none"), NotFound);
}

TEST_F(Source, RefusesPartsThatDoNotPairUp) {
  put("images/part-00000", "1,2,3,4\n5,6,7,8\n");
  put("labels/part-00000", "0,1\n");
  EXPECT_TRUE(contains(complaint(), "labels/part-00000: expected 2 rows, one for each image of"));

  put("images/part-00001", "1,2,3,4\n");
  EXPECT_TRUE(contains(complaint(), "as many part files of labels as of images, 2, found 1"));
}

TEST_F(Source, RefusesLabelsThatAreNone) {
  put("images/part-00000", "1,2,3,4\n5,6,7,8\n");
  put("labels/part-00000", "0,1,0\n1,1,0\n");
  EXPECT_TRUE(contains(complaint(), "expected one 1 and zeros as the label of sample 1"));

  put("labels/part-00000", "0,1,0\n0,0,0.5\n");
  EXPECT_TRUE(contains(complaint(), "expected one 1 and zeros as the label of sample 1"));
}

TEST_F(Source, RefusesAnUnlikeTestPart) {
  put("train/part-00000", "1|2,3,4,5\n");
  put("test/part-00000", "1|2,3,4\n");
  EXPECT_TRUE(contains(complaint(), "expected images of the shape (2, 2)"));

  put("test/part-00000", "1|2,3,4,0.5\n");
  EXPECT_TRUE(contains(complaint(), "expected images of uint8"));

  put("test/part-00000", "1.5|2,3,4,5\n");
  EXPECT_TRUE(contains(complaint(), "row 1: expected a whole number as the label, found 1.5"));
}

}  // namespace
}  // namespace carnyx

#include "carnyx/data/write_data.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/failpoint.h"
#include "carnyx/base/files.h"
#include "carnyx/base/rng.h"
#include "carnyx/base/temporary_directory.h"

#include "tests/data/message.h"

namespace carnyx {
namespace {

Dataset random_part(std::int64_t samples, Rng rng, DType dtype = DType::Uint8) {
  Dataset part{.x = Tensor(dtype, {samples, 5, 5}),
               .y = Tensor(DType::Uint8, {samples}),
               .divisor = dtype == DType::Uint8 ? 255.0F : 1.0F,
               .classes = 10,
               .name = "random"};
  for (std::int64_t i = 0; i < part.x.elements(); ++i) {
    const double value =
        dtype == DType::Uint8 ? static_cast<double>(rng.below(256)) : rng.uniform();
    store_element(part.x.bytes(), dtype, i, value);
  }
  for (auto& label : part.y.data<std::uint8_t>()) label = static_cast<std::uint8_t>(rng.below(10));
  part.y.data<std::uint8_t>()[0] = 9;  // so that the number of classes shows in every format
  return part;
}

TrainTest random_set(DType dtype = DType::Uint8) {
  return {.train = random_part(23, Rng(1), dtype), .test = random_part(11, Rng(2), dtype)};
}

std::string text_of(const std::string& path) {
  return read_file(path, 1 << 20);
}

constexpr DataFormat kWritten[] = {DataFormat::Idx,
                                   DataFormat::Npz,
                                   DataFormat::Pickle,
                                   DataFormat::Csv,
                                   DataFormat::Csv2,
                                   DataFormat::Csv3,
                                   DataFormat::Tfr};

TEST(WriteData, CarriesRandomDataThroughAllFormatsOneAfterTheOther) {
  const TemporaryDirectory folder;
  const TrainTest original = random_set();
  TrainTest current = original;

  for (const DataFormat format : kWritten) {
    SCOPED_TRACE(std::string(name_of(format)));
    const std::string place = folder / name_of(format);
    write_data(place, current, {.format = format, .num_partitions = 4});
    const LoadedData loaded = read_data(place);

    EXPECT_EQ(loaded.source.format, format);
    EXPECT_EQ(loaded.parts.train.x.shape(), (Shape{23, 5, 5}));
    EXPECT_EQ(loaded.parts.train.classes, 10);
    EXPECT_NO_THROW(check_same_data(original, loaded.parts, DataFormat::Csv));
    current = loaded.parts;
  }
}

TEST(WriteData, MakesAFolderOfPngFilesForEachClass) {
  const TemporaryDirectory folder;
  const TrainTest original = random_set();

  write_data(folder / "images", original, {.format = DataFormat::Images});
  const LoadedData loaded = read_data(folder / "images");

  EXPECT_EQ(loaded.source.format, DataFormat::Images);
  EXPECT_EQ(loaded.parts.train.classes, 10);
  EXPECT_EQ(loaded.parts.train.x.shape(), (Shape{23, 5, 5}));
  EXPECT_NO_THROW(check_same_data(original, loaded.parts, DataFormat::Images));
}

TEST(WriteData, MakesNoPicturesOfNumbersThatAreNone) {
  const TemporaryDirectory folder;

  EXPECT_THROW(
      write_data(folder / "images", random_set(DType::Float32), {.format = DataFormat::Images}),
      InvalidArgument);
  EXPECT_FALSE(exists(folder / "images"));
}

TEST(WriteData, CarriesFloatsBitForBit) {
  const TemporaryDirectory folder;
  const TrainTest original = random_set(DType::Float32);

  for (const DataFormat format : kWritten) {
    if (format == DataFormat::Idx) continue;
    SCOPED_TRACE(std::string(name_of(format)));
    write_data(folder / name_of(format), original, {.format = format});

    EXPECT_NO_THROW(check_same_data(original, read_data(folder / name_of(format)).parts, format));
  }
}

TEST(WriteData, WritesTheLayoutsOfTheSetUpTool) {
  const TemporaryDirectory folder;
  TrainTest parts = random_set();
  parts.train = parts.train.slice(0, 2);
  for (int i = 0; i < 50; ++i) parts.train.x.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(i);
  parts.train.y.data<std::uint8_t>()[1] = 3;

  write_data(folder / "csv", parts, {.format = DataFormat::Csv, .num_partitions = 2});
  write_data(folder / "csv2", parts, {.format = DataFormat::Csv2, .num_partitions = 1});
  write_data(folder / "tfr", parts, {.format = DataFormat::Tfr, .num_partitions = 3});

  EXPECT_EQ(text_of(folder / "csv/train/images/part-00001"),
            "25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49\n");
  EXPECT_EQ(text_of(folder / "csv/train/labels/part-00001"),
            "0.0,0.0,0.0,1.0,0.0,0.0,0.0,0.0,0.0,0.0\n");
  EXPECT_EQ(text_of(folder / "csv/train/labels/_SUCCESS"), "");
  EXPECT_EQ(text_of(folder / "csv2/train/part-00000").substr(0, 10), "9|0,1,2,3,");
  EXPECT_TRUE(exists(folder / "tfr/test/part-r-00002"));
}

TEST(WriteData, LeavesWhatIsThereUnlessToldToReplaceIt) {
  const TemporaryDirectory folder;
  const std::string place = folder / "out";
  write_data(place, random_set(), {.format = DataFormat::Npz});

  const std::string message = message_of<InvalidArgument>(
      [&] { write_data(place, random_set(), {.format = DataFormat::Csv2}); });
  write_data(place + "/", random_set(), {.format = DataFormat::Csv2, .overwrite = true});

  EXPECT_EQ(message, place + ": it exists already; add --overwrite or choose another --output");
  EXPECT_FALSE(exists(place + "/mnist.npz"));
  EXPECT_TRUE(exists(place + "/train/part-00009"));
}

TEST(WriteData, LeavesNothingBehindWhenTheDiskIsFull) {
  const TemporaryDirectory folder;

  {
    const ScopedFailpoints full("files.write=enospc");
    EXPECT_THROW(write_data(folder / "out", random_set(), {.format = DataFormat::Csv}), IoError);
  }

  EXPECT_FALSE(exists(folder / "out"));
  EXPECT_NO_THROW(write_data(folder / "out", random_set(), {.format = DataFormat::Csv}));
}

TEST(WriteData, SaysWhatAFormatCannotHold) {
  const TemporaryDirectory folder;
  TrainTest one = random_set();
  one.test = {};

  const auto refusal = [&](const TrainTest& parts, const WriteOptions& options) {
    return message_of<InvalidArgument>([&] { write_data(folder / "out", parts, options); });
  };

  EXPECT_TRUE(contains(refusal(one, {.format = DataFormat::Npz}), "a training and a test part"));
  EXPECT_TRUE(
      contains(refusal(random_set(DType::Float32), {.format = DataFormat::Idx}), "use npz"));
  EXPECT_TRUE(contains(refusal(one, {.format = DataFormat::Csv, .num_partitions = 0}), "got 0"));
  write_data(folder / "one", one, {.format = DataFormat::Csv2});
  EXPECT_FALSE(read_data(folder / "one").has_test());
}

TEST(WriteData, FindsTheSampleThatDiffers) {
  const TrainTest original = random_set();
  TrainTest pixel = original;
  pixel.test.x = original.test.x.clone();
  pixel.test.x.data<std::uint8_t>()[26] ^= 1;
  TrainTest label = original;
  label.train.y = original.train.y.clone();
  label.train.y.data<std::uint8_t>()[0] = 8;

  EXPECT_EQ(message_of<CorruptData>([&] { check_same_data(original, pixel, DataFormat::Npz); }),
            "random: test part: sample 1: found other pixels");
  EXPECT_EQ(message_of<CorruptData>([&] { check_same_data(original, label, DataFormat::Npz); }),
            "random: training part: sample 0: expected the label 9, found 8");
}

}  // namespace
}  // namespace carnyx

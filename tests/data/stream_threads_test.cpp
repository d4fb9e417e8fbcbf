#include <algorithm>
#include <numeric>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/data/stream_order.h"
#include "carnyx/data/synthetic_digits.h"
#include "carnyx/data/write_data.h"

#include "tests/data/bytes.h"
#include "tests/data/golden_data.h"
#include "tests/data/message.h"
#include "tests/data/stream_files.h"

namespace carnyx {
namespace {

constexpr std::int64_t kSamples = 2100;  // about 4 KiB each: nine pieces
constexpr std::int64_t kBatch = 64;
constexpr std::int64_t kBatches = 33;

class Stream : public testing::Test {
 protected:
  void put(const std::string& path, std::string_view content) {
    create_directories(parent_directory(folder_ / path));
    write_file_atomically(folder_ / path, content);
  }
  /// Three part files of rows.
  std::string rows() {
    if (exists(folder_ / "rows")) return folder_ / "rows";
    for (int part = 0; part < 3; ++part) {
      std::string text;
      for (std::int64_t n = 700 * part; n < 700 * (part + 1); ++n) text += streamed_row(n, ',');
      put("rows/part-0000" + std::to_string(part), text);
    }
    return folder_ / "rows";
  }
  SampleStream stream(std::int64_t buffer = 500) {
    return open_stream(rows(), {.buffer_samples = buffer});
  }
  TemporaryDirectory folder_;
};

std::vector<std::int64_t> joined(const std::vector<std::vector<std::int64_t>>& batches) {
  std::vector<std::int64_t> all;
  for (const auto& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

std::vector<std::int64_t> in_order(std::int64_t count) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

TEST_F(Stream, HasEachSampleOnceAnEpochInAnOrderOfItsOwn) {
  StreamOrder order(stream(), {.batch_size = kBatch, .seed = 3});
  ASSERT_EQ(order.batches_per_epoch(), kBatches);

  const auto first = joined(batches(order, kBatches));
  const auto second = joined(batches(order, kBatches));

  EXPECT_NE(first, second);
  for (std::vector<std::int64_t> epoch : {first, second}) {
    EXPECT_FALSE(std::ranges::is_sorted(epoch));
    std::ranges::sort(epoch);
    EXPECT_EQ(epoch, in_order(kSamples));
  }
}

TEST_F(Stream, MixesSamplesOfDifferentFilesAndFarApartInOneBatch) {
  StreamOrder order(stream(1000), {.batch_size = kBatch, .seed = 3});

  const auto batch = batches(order, 5).back();

  const auto [least, most] = std::ranges::minmax(batch);
  EXPECT_GT(most - least, 600);
}

TEST_F(Stream, NamesTheSamplesOfABatchTheSameAfterASeek) {
  StreamOrder order(stream(), {.batch_size = kBatch, .seed = 3});
  std::vector<std::vector<std::int64_t>> names;
  for (std::int64_t i = 0; i < 2 * kBatches; ++i) {
    static_cast<void>(order.next());
    names.emplace_back(order.samples().begin(), order.samples().end());
  }
  order.seek({.epoch = 1, .batch = 9});
  static_cast<void>(order.next());

  std::vector<std::int64_t> first = joined({names.begin(), names.begin() + kBatches});
  std::ranges::sort(first);
  EXPECT_EQ(first, in_order(kSamples));
  EXPECT_TRUE(std::ranges::equal(order.samples(), names[kBatches + 9]));
}

TEST_F(Stream, HasTheLabelsOfItsSamples) {
  StreamOrder order(stream(), {.batch_size = kBatch, .epochs = 1});
  for (std::int64_t i = 0; i < kBatches; ++i) {
    const auto rows = order.next();
    const auto samples = samples_in(order.window(), rows);
    for (std::size_t k = 0; k < rows.size(); ++k) {
      ASSERT_EQ(order.window().y.at(rows[k]), static_cast<double>(samples[k] % 7));
    }
  }
}

TEST_F(Stream, IsAFunctionOfSeedAndEpochAlone) {
  StreamOrder order(stream(), {.batch_size = kBatch, .seed = 3});
  const auto both = batches(order, 2 * kBatches);
  StreamOrder same(stream(), {.batch_size = kBatch, .seed = 3, .epochs = 2});
  StreamOrder other(stream(), {.batch_size = kBatch, .seed = 4});

  same.seek({.epoch = 1, .batch = 0});
  const auto second = batches(same, kBatches);

  EXPECT_TRUE(std::equal(second.begin(), second.end(), both.begin() + kBatches));
  EXPECT_NE(batches(other, kBatches), std::vector(both.begin(), both.begin() + kBatches));
}

TEST_F(Stream, GoesOnFromAnyPositionWithTheSameBatches) {
  StreamOrder whole(stream(), {.batch_size = kBatch, .seed = 3, .epochs = 2});
  const auto all = batches(whole, 2 * kBatches);
  for (const std::int64_t batch : {1, 4, 5, 20, 31, 32}) {
    StreamOrder resumed(stream(), {.batch_size = kBatch, .seed = 3, .epochs = 2});

    resumed.seek({.epoch = 0, .batch = batch});
    const auto rest = batches(resumed, 2 * kBatches - batch);

    EXPECT_TRUE(std::equal(rest.begin(), rest.end(), all.begin() + batch, all.end())) << batch;
  }
}

TEST_F(Stream, CanLeaveAnEpochEarlyAndComeBack) {
  StreamOrder order(stream(), {.batch_size = kBatch, .seed = 3});
  const auto first = batches(order, 3);

  order.seek({.epoch = 5, .batch = 7});
  static_cast<void>(order.next());
  order.seek({});

  EXPECT_EQ(batches(order, 3), first);
}

TEST_F(Stream, HasTheFilesOrderWithoutShuffling) {
  for (const std::int64_t buffer : {128, 500, 2100}) {
    StreamOrder order(stream(buffer), {.batch_size = kBatch, .shuffle = false, .epochs = 2});

    EXPECT_EQ(joined(batches(order, kBatches)), in_order(kSamples)) << buffer;
    EXPECT_EQ(joined(batches(order, kBatches)), in_order(kSamples)) << buffer;
  }
}

TEST_F(Stream, ShufflesWithABufferOfAllSamplesAndOfTwoBatches) {
  for (const std::int64_t buffer : {2 * kBatch, kSamples, 2 * kSamples}) {
    StreamOrder order(stream(buffer), {.batch_size = kBatch, .seed = 3});

    for (int epoch = 0; epoch < 2; ++epoch) {
      auto samples = joined(batches(order, kBatches));
      std::ranges::sort(samples);
      EXPECT_EQ(samples, in_order(kSamples)) << buffer;
    }
  }
}

TEST_F(Stream, KeepsTheSamplesOfABatchUntilTheNextIsAskedFor) {
  StreamOrder order(stream(2 * kBatch), {.batch_size = kBatch, .seed = 3});
  for (std::int64_t i = 0; i < 2 * kBatches; ++i) {
    const auto rows = order.next();
    const auto samples = samples_in(order.window(), rows);
    for (int look = 0; look < 20; ++look) {
      ASSERT_EQ(samples_in(order.window(), rows), samples);
    }
  }
}

TEST_F(Stream, WeighsSamplesByTheirClasses) {
  StreamOrder order(stream(), {.batch_size = kBatch, .class_weight = {{2, 0.5}, {3, 4}}});

  const auto rows = order.next();

  for (const std::int64_t row : rows) {
    const double label = order.window().y.at(row);
    EXPECT_EQ(order.window().sample_weight.at(row), label == 2 ? 0.5 : label == 3 ? 4 : 1);
  }
}

TEST_F(Stream, OfRecordsPlainOrPackedHasEachSampleOnce) {
  for (int part = 0; part < 3; ++part) {
    std::string records;
    for (std::int64_t n = 700 * part; n < 700 * (part + 1); ++n) records += streamed_record(n);
    put("tfr/part-r-0000" + std::to_string(part), part == 1 ? gzip(records) : records);
  }
  StreamOrder order(open_stream(folder_ / "tfr", {.buffer_samples = 500}),
                    {.batch_size = kBatch, .seed = 3});
  for (int epoch = 0; epoch < 2; ++epoch) {
    auto samples = joined(batches(order, kBatches));
    EXPECT_FALSE(std::ranges::is_sorted(samples));
    std::ranges::sort(samples);
    EXPECT_EQ(samples, in_order(kSamples));
  }
}

TEST_F(Stream, OfPackedRowsHasEachSampleOnce) {
  std::string text;
  for (std::int64_t n = 0; n < kSamples; ++n) text += streamed_row(n, '|');
  put("packed/part-00000.gz", gzip(text));
  StreamOrder order(open_stream(folder_ / "packed", {.buffer_samples = 500}),
                    {.batch_size = kBatch, .seed = 3});

  auto samples = joined(batches(order, kBatches));

  std::ranges::sort(samples);
  EXPECT_EQ(samples, in_order(kSamples));
}

TEST_F(Stream, SaysWhichFileWasChangedMeanwhileAtTheBatchThatLacksIt) {
  StreamOrder order(stream(128), {.batch_size = kBatch, .shuffle = false, .epochs = 2});
  static_cast<void>(order.next());
  put("rows/part-00002", streamed_row(0, ','));

  std::int64_t reached = 1;
  const std::string complaint = message_of<CorruptData>([&] {
    for (; reached < kBatches; ++reached) static_cast<void>(order.next());
  });

  EXPECT_THAT(complaint, testing::HasSubstr("part-00002: the file was changed while it was"));
  EXPECT_EQ(reached, 1400 / kBatch);  // samples before are there
}

TEST_F(Stream, CanBeLeftAtAnyTime) {
  const SampleStream samples = stream();
  for (std::int64_t count = 0; count < 12; ++count) {
    StreamOrder order(samples, {.batch_size = kBatch, .seed = 3});
    static_cast<void>(batches(order, count));
  }
}

/// Everything in the window, sample by sample, as one text.
std::string all_of(const SampleStream& stream) {
  StreamOrder order(stream, {.batch_size = 2, .shuffle = false, .epochs = 1});
  std::string all;
  const Dataset& window = order.window();
  const std::int64_t bytes = window.x.size_bytes() / window.samples();
  for (std::int64_t i = 0; i < order.batches_per_epoch(); ++i) {
    for (const std::int64_t row : order.next()) {
      all.append(reinterpret_cast<const char*>(window.x.bytes()) + row * bytes,
                 static_cast<std::size_t>(bytes));
      all += '|' + std::to_string(window.y.at(row)) + '\n';
    }
  }
  return all;
}

std::string all_of(const Dataset& data) {
  std::string all;
  const std::int64_t bytes = data.x.size_bytes() / data.samples();
  for (std::int64_t i = 0; i < data.samples(); ++i) {
    all.append(reinterpret_cast<const char*>(data.x.bytes()) + i * bytes,
               static_cast<std::size_t>(bytes));
    all += '|' + std::to_string(data.y.at(i)) + '\n';
  }
  return all;
}

void expect_same(const SampleStream& stream, const Dataset& data) {
  EXPECT_EQ(stream.samples(), data.samples());
  EXPECT_EQ(stream.schema().sample_shape, data.sample_shape());
  EXPECT_EQ(stream.schema().x_dtype, data.x.dtype());
  EXPECT_EQ(stream.schema().divisor, data.divisor);
  EXPECT_EQ(stream.schema().classes, data.classes);
  EXPECT_EQ(all_of(stream), all_of(data));
}

class StreamedFormat : public testing::TestWithParam<DataFormat> {};

TEST_P(StreamedFormat, IsWhatReadDataHas) {
  const TemporaryDirectory folder;
  const TrainTest digits = datasets::synthetic_digits({.train = 700, .test = 90});
  write_data(folder / "digits", digits, {.format = GetParam(), .num_partitions = 3});

  const StreamedData streamed = open_streams(folder / "digits");

  const LoadedData loaded = read_data(folder / "digits");
  EXPECT_EQ(streamed.source.format, GetParam());
  expect_same(streamed.train, loaded.parts.train);
  ASSERT_TRUE(streamed.test.has_value());
  expect_same(*streamed.test, loaded.parts.test);
}
INSTANTIATE_TEST_SUITE_P(All,
                         StreamedFormat,
                         testing::Values(DataFormat::Csv,
                                         DataFormat::Csv2,
                                         DataFormat::Csv3,
                                         DataFormat::Tfr,
                                         DataFormat::Npz,
                                         DataFormat::Idx),
                         [](const auto& each) { return std::string(name_of(each.param)); });

TEST_F(Stream, OfArraysDeflatedOrWithWiderLabelsIsWhatReadDataHas) {
  for (const char* name : {"stored.npz", "deflated.npz", "int64_labels.npz"}) {
    SCOPED_TRACE(name);
    const StreamedData streamed = open_streams(golden_data(name));
    const LoadedData loaded = read_data(golden_data(name));

    expect_same(streamed.train, loaded.parts.train);
    expect_same(streamed.test.value(), loaded.parts.test);
  }
}

TEST_F(Stream, OfImageFoldersIsWhatReadDataHas) {
  for (const std::string part : {"train", "test"}) {
    put(part + "/cat/1.png", golden_bytes("grey.png"));
    put(part + "/cat/2.jpg", golden_bytes("grey.jpg"));
    put(part + "/dog/1.jpg", golden_bytes("grey.jpg"));
  }

  const StreamedData streamed = open_streams(folder_.path());

  const LoadedData loaded = read_data(folder_.path());
  expect_same(streamed.train, loaded.parts.train);
  EXPECT_EQ(streamed.class_names, loaded.class_names);
}

TEST_F(Stream, FindsThatALaterFileHasFractionsAndNumbersAboveOne) {
  put("train/part-00000", "1,0,1,0,1\n0,1,1,1,1\n");
  put("train/part-00001", "2,0.5,1,0,1\n");
  put("test/part-00000", "0,0.5,3,0,1\n");

  const StreamedData streamed = open_streams(folder_.path());

  const LoadedData loaded = read_data(folder_.path());
  expect_same(streamed.train, loaded.parts.train);
  expect_same(streamed.test.value(), loaded.parts.test);
}

TEST_F(Stream, NamesTheLineOfARowThatIsDamagedFarInAFile) {
  std::string text = "label" + std::string(static_cast<std::size_t>(kStreamedColumns), ',') + "\n";
  for (std::int64_t n = 0; n < 1000; ++n) text += n == 800 ? "3,4,x\n" : streamed_row(n, ',');
  put("rows/part-00000", text);

  const std::string complaint =
      message_of<CorruptData>([&] { static_cast<void>(open_stream(folder_ / "rows")); });

  EXPECT_THAT(complaint,
              testing::HasSubstr(
                  "part-00000: line 802: expected 2000 numbers as in the first row, found 2"));
}

TEST_F(Stream, NamesTheByteOfARecordThatIsDamaged) {
  std::string records;
  for (std::int64_t n = 0; n < 700; ++n) records += streamed_record(n);
  const std::size_t size = records.size() / 700;
  records[size * 600 + 50] ^= 1;
  put("tfr/part-r-00000", records);

  const std::string complaint =
      message_of<CorruptData>([&] { static_cast<void>(open_stream(folder_ / "tfr")); });

  EXPECT_THAT(complaint, testing::HasSubstr("part-r-00000: at byte"));
  EXPECT_THAT(complaint, testing::HasSubstr("checksum is wrong"));
}

TEST_F(Stream, OfImagesAndLabelsThatDisagreeInNumberIsCorrupt) {
  put("images/part-00000", "1,2,3,4\n5,6,7,8\n");
  put("labels/part-00000", "0.0,1.0\n");

  const std::string complaint =
      message_of<CorruptData>([&] { static_cast<void>(open_stream(folder_.path())); });

  EXPECT_THAT(complaint, testing::HasSubstr("labels/part-00000: expected 2 rows, one for each"));
}

TEST_F(Stream, AsksForABufferOfTwoBatches) {
  const std::string complaint = message_of<InvalidArgument>(
      [&] { const StreamOrder order(stream(100), {.batch_size = kBatch}); });

  EXPECT_THAT(complaint, testing::HasSubstr("two batches of 64 samples, got 100; give it 128"));
}

TEST_F(Stream, OfAPickleSaysHowToWriteItAnew) {
  const std::string complaint = message_of<InvalidArgument>(
      [&] { static_cast<void>(open_stream(golden_data("python3_protocol4.pkl"))); });

  EXPECT_THAT(complaint, testing::HasSubstr("carnyx data convert --format npz"));
}

TEST_F(Stream, BuffersAsManySamplesAsItsMemoryHolds) {
  const SampleStream samples = open_stream(rows(), {.memory_bytes = std::int64_t{10} << 20});

  EXPECT_LE(samples.buffer_samples() * samples.sample_bytes(), std::int64_t{2} << 20);
  EXPECT_GT(samples.buffer_samples() * samples.sample_bytes(), std::int64_t{19} << 16);
  EXPECT_THROW(static_cast<void>(open_stream(rows(), {.memory_bytes = 1000})), InvalidArgument);
}

}  // namespace
}  // namespace carnyx

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/failpoint.h"
#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/data/cifar10.h"
#include "carnyx/data/sample_stream.h"
#include "carnyx/data/write_data.h"

#include "data/cifar/cifar_files.h"
#include "data/cifar/cifar_records.h"
#include "tests/data/bytes.h"
#include "tests/data/message.h"
#include "tests/data/tar_files.h"

namespace carnyx {
namespace {

using testing::HasSubstr;

class Cifar : public testing::Test {
 protected:
  void put(const std::string& path, std::string_view content) {
    create_directories(parent_directory(folder_ / path));
    write_file_atomically(folder_ / path, content);
  }
  void put_batches(const std::string& below, bool is_pickled = false) {
    for (int batch = 1; batch <= 6; ++batch) {
      const std::string name = cifar_batch_names(is_pickled)[static_cast<std::size_t>(batch) - 1];
      put(below + name, is_pickled ? cifar_pickle(batch) : cifar_batch(batch));
    }
  }
  template <class Error = CorruptData>
  [[nodiscard]] std::string complaint(const std::string& place = "") const {
    return message_of<Error>([&] { read_data(place.empty() ? folder_.path() : folder_ / place); });
  }
  TemporaryDirectory folder_;
};

void expect_image(const Dataset& data, std::int64_t sample, int batch, int n) {
  EXPECT_EQ(data.y.at(sample), cifar_label(batch, n)) << sample;
  for (int p = 0; p < 1024; ++p) {
    const auto colour = cifar_pixel(batch, n, p);
    for (int c = 0; c < 3; ++c) {
      ASSERT_EQ(data.x.at(sample * 3072 + 3 * p + c), colour[static_cast<std::size_t>(c)])
          << sample << ' ' << p << ' ' << c;
    }
  }
}

void expect_small_cifar(const TrainTest& parts) {
  ASSERT_EQ(parts.train.x.shape(), (Shape{10, 32, 32, 3}));
  ASSERT_EQ(parts.test.x.shape(), (Shape{2, 32, 32, 3}));
  for (int batch = 1; batch <= 5; ++batch) {
    for (int n = 0; n < 2; ++n) expect_image(parts.train, 2 * (batch - 1) + n, batch, n);
  }
  for (int n = 0; n < 2; ++n) expect_image(parts.test, n, 6, n);
  for (const Dataset* part : {&parts.train, &parts.test}) {
    EXPECT_EQ(part->x.dtype(), DType::Uint8);
    EXPECT_EQ(part->y.dtype(), DType::Uint8);
    EXPECT_EQ(part->divisor, 255);
    EXPECT_EQ(part->classes, 10);
    EXPECT_NO_THROW(validate(*part));
  }
}

TEST_F(Cifar, IsReadFromTheFolderOfItsBatchesAndFromTheOneAbove) {
  put_batches("cifar-10-batches-bin/");

  const LoadedData loaded = read_data(folder_.path());

  EXPECT_EQ(loaded.source.format, DataFormat::Cifar);
  expect_small_cifar(loaded.parts);
  expect_small_cifar(read_data(folder_ / "cifar-10-batches-bin").parts);
  ASSERT_EQ(loaded.class_names.size(), 10);
  EXPECT_EQ(loaded.class_names.front(), "airplane");
  EXPECT_EQ(loaded.class_names.back(), "truck");
}

TEST_F(Cifar, IsReadFromItsArchivesPackedOrNot) {
  put("a/cifar-10-binary.tar.gz", gzip(cifar_archive()));
  put("b/cifar-10-binary.tar", cifar_archive());
  put("c/cifar-10-python.tar.gz", gzip(cifar_archive(true)));

  for (const char* place :
       {"a", "b", "c", "a/cifar-10-binary.tar.gz", "c/cifar-10-python.tar.gz"}) {
    SCOPED_TRACE(place);
    expect_small_cifar(read_data(folder_ / place).parts);
  }
}

TEST_F(Cifar, IsReadFromThePicklesOfPythonTwo) {
  put_batches("cifar-10-batches-py/", true);

  expect_small_cifar(read_data(folder_.path()).parts);
  expect_small_cifar(read_data(folder_ / "cifar-10-batches-py").parts);
}

TEST_F(Cifar, HasOnePartInOneBatch) {
  put("test_batch.bin", cifar_batch(6));

  const LoadedData loaded = read_data(folder_ / "test_batch.bin");

  EXPECT_FALSE(loaded.has_test());
  ASSERT_EQ(loaded.parts.train.samples(), 2);
  expect_image(loaded.parts.train, 1, 6, 1);
}

TEST_F(Cifar, IsFoundUnpackedBeforeItsArchive) {
  put("cifar-10-binary.tar.gz", "damaged");
  put_batches("cifar-10-batches-bin/");

  expect_small_cifar(datasets::cifar10({.data_dir = folder_.path()}));
}

TEST_F(Cifar, MayBeNamedInAnyFormat) {
  put_batches("set/cifar-10-batches-bin/");
  const TrainTest parts = read_data(folder_ / "set").parts;
  write_data(folder_ / "npz", parts, {.format = DataFormat::Npz});

  expect_small_cifar(datasets::cifar10({.data_dir = folder_ / "npz"}));
}

TEST_F(Cifar, SaysWhereItWasLookedFor) {
  const std::string message =
      message_of<NotFound>([&] { datasets::cifar10({.data_dir = folder_ / "none"}); });

  EXPECT_THAT(message, HasSubstr(folder_ / "none" + ": no such file or folder"));
  EXPECT_THAT(message, HasSubstr("carnyx data fetch cifar10"));
}

TEST_F(Cifar, RefusesOtherImagesUnderItsName) {
  put("part-00000", "1|2,3,4,5\n");
  put("both/train/part-00000", "1|2,3,4,5\n");
  put("both/test/part-00000", "1|2,3,4,5\n");

  EXPECT_THAT(
      message_of<NotFound>([&] { datasets::cifar10({.data_dir = folder_ / "part-00000"}); }),
      HasSubstr("expected a training and a test part"));
  EXPECT_THAT(message_of<CorruptData>([&] { datasets::cifar10({.data_dir = folder_ / "both"}); }),
              HasSubstr("expected CIFAR-10's images uint8 (32, 32, 3)"));
}

TEST_F(Cifar, NamesTheBatchesThatAreMissing) {
  put("data_batch_1.bin", cifar_batch(1));
  put("data_batch_4.bin", cifar_batch(4));

  EXPECT_THAT(complaint<NotFound>(),
              HasSubstr("lacks data_batch_2.bin, data_batch_3.bin, data_batch_5.bin, "
                        "test_batch.bin"));
}

TEST_F(Cifar, TellsCifar100Apart) {
  const std::string record = std::string("\1\2", 2) + cifar_planes(1, 0);
  put("hundred/train.bin", record + record);
  put("hundred/test.bin", record);
  put_batches("mixed/");
  put("mixed/data_batch_3.bin", record);

  for (const char* place : {"hundred", "hundred/train.bin", "mixed"}) {
    EXPECT_THAT(complaint(place), HasSubstr("are records of CIFAR-100, which have 3074 bytes"));
  }
  put_batches("pickles/", true);
  put("pickles/data_batch_2", cifar_pickle(2, 2, "fine_labels"));
  EXPECT_THAT(complaint("pickles"), HasSubstr("data_batch_2: a batch of CIFAR-100"));
}

TEST_F(Cifar, NamesTheByteOfALabelThatIsNone) {
  std::string batch = cifar_batch(2);
  batch[3073] = 10;
  put_batches("");
  put("data_batch_2.bin", batch);

  EXPECT_THAT(complaint(),
              HasSubstr("data_batch_2.bin: at byte 3073: expected a label below 10, found 10"));
}

TEST_F(Cifar, RefusesABatchCutAtAnyByte) {
  const std::string batch = cifar_batch(1);
  for (std::size_t size = 0; size < batch.size(); ++size) {
    if (size == kCifarRecordBytes) continue;  // a whole record
    const CifarRecords cut{.bytes = bytes_of(batch).first(size), .name = "batch"};
    EXPECT_THROW(decode_cifar_records({&cut, 1}, "batch"), CorruptData) << size;
  }
}

TEST_F(Cifar, RefusesAPickledBatchCutAtAnyByte) {
  const std::string batch = cifar_pickle(1, 1);
  for (std::size_t size = 0; size < batch.size(); ++size) {
    ASSERT_THROW(decode_cifar_pickle(bytes_of(batch).first(size), "batch"), CorruptData) << size;
  }
}

TEST_F(Cifar, RefusesAPickleOfSomethingElse) {
  const auto refuse = [](const std::string& pickle) {
    return message_of<CorruptData>([&] { decode_cifar_pickle(bytes_of(pickle), "some"); });
  };
  EXPECT_THAT(refuse("\x80\2]."), HasSubstr("some: expected a dict with 'data' and 'labels'"));
  EXPECT_THAT(refuse("\x80\2}."), HasSubstr("some: expected 'data' in the dict, found none"));
  EXPECT_THAT(refuse(std::string("\x80\2}U\4dataK\1s.", 13)),
              HasSubstr("some: 'data': expected a NumPy array uint8 (images, 3072)"));
  EXPECT_THAT(refuse("cos\nsystem\n."), HasSubstr("os.system; this file would run code"));
}

TEST_F(Cifar, RefusesAnArchiveCutAtAnyByte) {
  const std::string archive = cifar_archive();
  for (std::size_t size = 0; size < archive.size(); size += 97) {  // of 40,000: each by chance
    EXPECT_THROW(decode_cifar_archive(bytes_of(archive).first(size), "cut"), CorruptData) << size;
  }
  const std::string packed = gzip(archive);
  for (std::size_t size = 0; size < packed.size(); ++size) {
    if (packed.size() - size > 600 && size % 31 != 0) continue;
    EXPECT_THROW(decode_cifar_archive(bytes_of(packed).first(size), "cut"), CorruptData) << size;
  }
}

TEST_F(Cifar, SaysWhatAnArchiveOfSomethingElseLacks) {
  put("notes.tar", tar_member("notes.txt", "hello") + tar_end());
  put("twice.tar", tar_member("a/test_batch.bin", cifar_batch(6)) + cifar_archive());

  EXPECT_THAT(complaint("notes.tar"),
              HasSubstr("expected an archive of CIFAR-10 with six batches, it lacks "
                        "data_batch_1.bin, "));
  EXPECT_THAT(complaint("twice.tar"), HasSubstr("test_batch.bin is in it twice"));
}

TEST_F(Cifar, IsUnpackedIntoItsFolderOnce) {
  put("cifar-10-binary.tar.gz", gzip(cifar_archive()));

  const std::string unpacked = unpack_cifar(folder_ / "cifar-10-binary.tar.gz", folder_.path());

  EXPECT_EQ(unpacked, folder_ / "cifar-10-batches-bin");
  expect_small_cifar(read_data(unpacked).parts);
  EXPECT_FALSE(exists(unpacked + "/readme.html"));
  put("cifar-10-binary.tar.gz", "damaged");
  EXPECT_EQ(unpack_cifar(folder_ / "cifar-10-binary.tar.gz", folder_.path()), unpacked);
}

TEST_F(Cifar, IsUnpackedAnewWhereABatchIsMissing) {
  put("cifar-10-binary.tar", cifar_archive());
  put("cifar-10-batches-bin/data_batch_1.bin", cifar_batch(1));

  expect_small_cifar(
      read_data(unpack_cifar(folder_ / "cifar-10-binary.tar", folder_.path())).parts);
}

TEST_F(Cifar, WritesNothingOutsideItsFolder) {
  put("evil.tar", tar_member("../../data_batch_1.bin", cifar_batch(1)) + cifar_archive());

  EXPECT_THROW(unpack_cifar(folder_ / "evil.tar", folder_ / "below"), CorruptData);

  EXPECT_FALSE(exists(folder_ / "data_batch_1.bin"));
  EXPECT_FALSE(exists(folder_ / "below/cifar-10-batches-bin"));
}

TEST_F(Cifar, LeavesNothingBehindWhenTheDiskIsFull) {
  put("cifar-10-binary.tar", cifar_archive());
  {
    const ScopedFailpoints full("files.write=enospc");
    EXPECT_THROW(unpack_cifar(folder_ / "cifar-10-binary.tar", folder_.path()), IoError);
  }
  EXPECT_FALSE(exists(folder_ / "cifar-10-batches-bin"));
}

TEST_F(Cifar, IsWrittenAndReadBack) {
  put_batches("set/");
  const TrainTest parts = read_data(folder_ / "set").parts;

  write_data(folder_ / "out", parts, {.format = DataFormat::Cifar});

  const LoadedData loaded = read_data(folder_ / "out");
  EXPECT_EQ(loaded.source.format, DataFormat::Cifar);
  expect_small_cifar(loaded.parts);
  EXPECT_EQ(read_file(folder_ / "out/data_batch_3.bin", 1 << 20), cifar_batch(3));
  EXPECT_TRUE(exists(folder_ / "out/batches.meta.txt"));
}

TEST_F(Cifar, HoldsNoOtherImages) {
  put("csv2/train/part-00000", "1|2,3,4,5\n");
  put("csv2/test/part-00000", "1|2,3,4,5\n");
  const TrainTest digits = read_data(folder_ / "csv2").parts;

  EXPECT_THAT(message_of<InvalidArgument>(
                  [&] { write_data(folder_ / "out", digits, {.format = DataFormat::Cifar}); }),
              HasSubstr("cifar holds uint8 images (32, 32, 3) of at most 10 classes, got uint8"));
  EXPECT_FALSE(exists(folder_ / "out"));
}

TEST_F(Cifar, StreamsWhatItHasInMemory) {
  for (int batch = 1; batch <= 6; ++batch) {
    put(cifar_batch_names(false)[static_cast<std::size_t>(batch) - 1], cifar_batch(batch, 70));
  }
  const LoadedData loaded = read_data(folder_.path());

  const StreamedData streams = open_streams(folder_.path());

  EXPECT_EQ(streams.class_names, loaded.class_names);
  EXPECT_EQ(streams.train.schema().sample_shape, (Shape{32, 32, 3}));
  EXPECT_EQ(streams.train.schema().classes, 10);
  const Dataset first = streams.train.first_samples(350);
  EXPECT_NO_THROW(check_same_data({.train = loaded.parts.train, .test = loaded.parts.test},
                                  {.train = first, .test = streams.test->first_samples(70)},
                                  DataFormat::Cifar));
}

TEST_F(Cifar, StreamsNoArchiveAndNoPickle) {
  put("a/cifar-10-binary.tar.gz", gzip(cifar_archive()));
  put_batches("b/", true);

  EXPECT_THAT(message_of<InvalidArgument>([&] { open_streams(folder_ / "a"); }),
              HasSubstr("an archive can't be streamed"));
  EXPECT_THAT(message_of<InvalidArgument>([&] { open_streams(folder_ / "b"); }),
              HasSubstr("a pickle can't be streamed"));
}

TEST_F(Cifar, LiesInAFolderOfItsNameToo) {
  put_batches("cifar10/");
  put("mnist/train/part-00000", "1|2,3,4,5\n");

  EXPECT_EQ(find_data(folder_.path())->format, DataFormat::Csv2);
  EXPECT_EQ(find_cifar(folder_ / "cifar10")->path, folder_ / "cifar10");
  remove_all(folder_ / "mnist");
  EXPECT_EQ(find_data(folder_.path())->path, folder_ / "cifar10");
}

}  // namespace
}  // namespace carnyx

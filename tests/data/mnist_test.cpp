#include "carnyx/data/mnist.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"

#include "tests/data/bytes.h"
#include "tests/data/message.h"
#include "tests/data/numpy_archives.h"

namespace carnyx {
namespace {

using datasets::find_mnist;
using datasets::mnist;
using datasets::MnistFiles;

/// Sets a variable while it lives. For one thread.
class ScopedVariable final {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    setenv(name, value.c_str(), 1);
  }
  ~ScopedVariable() {
    if (old_) {
      setenv(name_, old_->c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

/// Makes a folder the working directory while it lives: some places are looked for below that one.
class ScopedWorkingDirectory final {
 public:
  explicit ScopedWorkingDirectory(const std::string& path) : old_(std::filesystem::current_path()) {
    std::filesystem::current_path(path);
  }
  ~ScopedWorkingDirectory() { std::filesystem::current_path(old_); }
  ScopedWorkingDirectory(const ScopedWorkingDirectory&) = delete;
  ScopedWorkingDirectory& operator=(const ScopedWorkingDirectory&) = delete;

 private:
  std::filesystem::path old_;
};

/// A set of 3 + 2 images of 1 x 2.
void write_small_mnist(const std::string& folder) {
  create_directories(folder);
  write_file_atomically(folder + "/train-images-idx3-ubyte.gz",
                        gzip(idx_file({3, 1, 2}, "abcdef")));
  write_file_atomically(folder + "/train-labels-idx1-ubyte.gz", gzip(idx_file({3}, "\7\1\2")));
  write_file_atomically(folder + "/t10k-images.idx3-ubyte", idx_file({2, 1, 2}, "ghij"));
  write_file_atomically(folder + "/t10k-labels-idx1-ubyte", idx_file({2}, "\3\4"));
}

void expect_small_mnist(const TrainTest& digits) {
  EXPECT_EQ(digits.train.x.shape(), (Shape{3, 1, 2}));
  EXPECT_EQ(digits.train.x.at(5), 'f');
  EXPECT_EQ(digits.train.y.at(0), 7);
  EXPECT_EQ(digits.train.divisor, 255);
  EXPECT_EQ(digits.train.classes, 10);
  EXPECT_EQ(digits.test.samples(), 2);
  EXPECT_EQ(digits.test.y.at(1), 4);
}

TEST(Mnist, ReadsTheFourFilesUnderTheirUsualNames) {
  const TemporaryDirectory folder;
  write_small_mnist(folder.path());

  expect_small_mnist(mnist({.data_dir = folder.path()}));
}

TEST(Mnist, LooksIntoTheSubfolderMnist) {
  const TemporaryDirectory folder;
  write_small_mnist(folder / "mnist");

  expect_small_mnist(mnist({.data_dir = folder.path()}));
}

TEST(Mnist, SaysWhichFilesItWouldUse) {
  const TemporaryDirectory folder;
  write_small_mnist(folder.path());

  const MnistFiles files = find_mnist({.data_dir = folder.path()});

  EXPECT_EQ(files.train_images, folder / "train-images-idx3-ubyte.gz");
  EXPECT_EQ(files.test_images, folder / "t10k-images.idx3-ubyte");
  EXPECT_EQ(files.source.format, DataFormat::Idx);
}

TEST(Mnist, TakesAnNpzFileOrItsFolder) {
  const TemporaryDirectory folder;
  const std::string path = folder / "mnist.npz";
  write_file_atomically(path, "");

  EXPECT_EQ(find_mnist({.data_dir = folder.path()}).source.path, path);
  EXPECT_EQ(find_mnist({.data_dir = path}).source.path, path);
}

TEST(Mnist, RefusesAnNpzFileWithOtherArrays) {
  const TemporaryDirectory folder;
  write_file_atomically(folder / "mnist.npz",
                        {reinterpret_cast<const char*>(kStoredNpz.data()), kStoredNpz.size()});

  const std::string message = message_of<NotFound>([&] { mnist({.data_dir = folder.path()}); });

  EXPECT_TRUE(contains(message, "no x_train.npy; the archive holds x.npy, y.npy")) << message;
}

TEST(Mnist, IsFoundThroughTheEnvironmentBeforeTheCache) {
  const TemporaryDirectory named;
  const TemporaryDirectory cache;
  write_small_mnist(named.path());
  write_small_mnist(cache / "carnyx/mnist");
  const TemporaryDirectory empty;
  const ScopedWorkingDirectory below(empty.path());
  const ScopedVariable cache_home("XDG_CACHE_HOME", cache.path());

  {
    const ScopedVariable data("CARNYX_DATA", named.path());
    EXPECT_EQ(find_mnist().test_labels, named / "t10k-labels-idx1-ubyte");
  }
  const ScopedVariable data("CARNYX_DATA", "");
  EXPECT_EQ(find_mnist().test_labels, cache / "carnyx/mnist/t10k-labels-idx1-ubyte");
}

TEST(Mnist, LooksNowhereElseIfAFolderIsNamed) {
  const TemporaryDirectory named;
  const TemporaryDirectory other;
  write_small_mnist(other.path());
  const ScopedVariable data("CARNYX_DATA", other.path());

  EXPECT_THROW(mnist({.data_dir = named.path()}), NotFound);
}

TEST(Mnist, SaysWhatEachPlaceLacksAndTheRemedy) {
  const TemporaryDirectory folder;
  write_small_mnist(folder.path());
  remove_all(folder / "train-labels-idx1-ubyte.gz");
  create_directories(folder / "a/b");
  const ScopedWorkingDirectory below(folder / "a/b");
  const ScopedVariable data("CARNYX_DATA", folder.path());
  const ScopedVariable cache("XDG_CACHE_HOME", folder / "cache");

  const std::string message = message_of<NotFound>([] { find_mnist(); });

  EXPECT_TRUE(contains(message, "carnyx data fetch mnist")) << message;
  EXPECT_TRUE(contains(message, folder.path() + ": lacks train-labels-idx1-ubyte.gz (")) << message;
  EXPECT_TRUE(contains(message, "./data/mnist: no such folder")) << message;
  EXPECT_TRUE(contains(message, folder / "cache/carnyx/mnist: no such folder")) << message;
  EXPECT_TRUE(contains(message, "../shared/data/mnist: no such folder")) << message;
}

TEST(Mnist, RefusesLabelsThatDoNotMatchTheImages) {
  const TemporaryDirectory folder;
  write_small_mnist(folder.path());
  write_file_atomically(folder / "t10k-labels-idx1-ubyte", idx_file({3}, "\3\4\5"));

  const std::string message = message_of<CorruptData>([&] { mnist({.data_dir = folder.path()}); });

  EXPECT_TRUE(contains(message, "expected 2 labels")) << message;
  EXPECT_TRUE(contains(message, "found 3")) << message;
}

TEST(Mnist, NamesALabelThatIsNoDigit) {
  const TemporaryDirectory folder;
  write_small_mnist(folder.path());
  write_file_atomically(folder / "t10k-labels-idx1-ubyte", idx_file({2}, "\3\12"));

  const std::string message = message_of<CorruptData>([&] { mnist({.data_dir = folder.path()}); });

  EXPECT_TRUE(contains(message, "found 10 for sample 1")) << message;
}

TEST(Mnist, RefusesTestImagesOfAnotherSize) {
  const TemporaryDirectory folder;
  write_small_mnist(folder.path());
  write_file_atomically(folder / "t10k-images.idx3-ubyte", idx_file({2, 2, 1}, "ghij"));

  EXPECT_THROW(mnist({.data_dir = folder.path()}), CorruptData);
}

// Counts and mean as the database is known to have them: 5,923 zeros, mean pixel
// 0.1306604762738429.
TEST(Mnist, ReadsTheRealOne) {
  std::optional<TrainTest> digits;
  try {
    digits = mnist();
  } catch (const NotFound& error) {
    GTEST_SKIP() << error.what();
  }

  const auto pixels = digits->train.x.data<std::uint8_t>();
  const auto labels = digits->train.y.data<std::uint8_t>();
  const double sum = std::accumulate(pixels.begin(), pixels.end(), 0.0);
  EXPECT_EQ(digits->train.x.shape(), (Shape{60'000, 28, 28}));
  EXPECT_EQ(digits->test.x.shape(), (Shape{10'000, 28, 28}));
  EXPECT_EQ(std::count(labels.begin(), labels.end(), 0), 5'923);
  EXPECT_EQ(labels[0], 5);
  EXPECT_NEAR(sum / static_cast<double>(pixels.size()) / 255, 0.1306604762738429, 1e-12);
}

}  // namespace
}  // namespace carnyx

#include "carnyx/base/files.h"

#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "carnyx/base/failpoint.h"
#include "carnyx/base/temporary_directory.h"

namespace carnyx {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kAny = 1 << 24;

std::vector<std::string> names_in(const TemporaryDirectory& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

template <class Function>
std::string io_error_of(Function&& function) {
  try {
    function();
  } catch (const IoError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Files, ReadBackWhatWasWritten) {
  const TemporaryDirectory directory;
  std::string bytes(1'000'000, 'a');
  bytes[999'999] = '\0';

  write_file_atomically(directory / "x", bytes);

  EXPECT_EQ(read_file(directory / "x", kAny), bytes);
  EXPECT_EQ(names_in(directory), std::vector<std::string>{"x"});
}

TEST(Files, HoldNothingWhenNothingWasWritten) {
  const TemporaryDirectory directory;

  write_file_atomically(directory / "x", "");

  EXPECT_EQ(read_file(directory / "x", 0), "");
}

TEST(Files, AreReplacedWhole) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "x", "a long first content");

  write_file_atomically(directory / "x", "second");

  EXPECT_EQ(read_file(directory / "x", kAny), "second");
}

TEST(ReadFile, SaysWhenThereIsNoSuchFile) {
  const TemporaryDirectory directory;

  EXPECT_THROW(read_file(directory / "absent", kAny), NotFound);
}

TEST(ReadFile, RejectsAFileBeyondTheBound) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "x", "12345");

  EXPECT_EQ(read_file(directory / "x", 5), "12345");
  EXPECT_THROW(read_file(directory / "x", 4), CorruptData);
}

TEST(ReadFile, RejectsAFolder) {
  const TemporaryDirectory directory;

  EXPECT_THAT([&] { read_file(directory.path(), kAny); },
              testing::ThrowsMessage<CorruptData>(HasSubstr("found a folder; name a file")));
}

TEST(ReadFile, SaysHowLargeAFileIsThatItRefusesUnread) {
  const TemporaryDirectory directory;
  const std::string path = directory / "sparse";
  write_file_atomically(path, "x");
  std::filesystem::resize_file(path, std::uintmax_t{10} << 30);

  EXPECT_THAT([&] { read_file(path, 1000); },
              testing::ThrowsMessage<CorruptData>(
                  HasSubstr(path + ": expected at most 1000 bytes, found 10737418240")));
}

TEST(FileSink, ShowsTheFileOnlyAfterCommit) {
  const TemporaryDirectory directory;
  FileSink sink(directory / "x");
  sink.write("one ");
  sink.write(std::string(600'000, 'b'));
  EXPECT_FALSE(exists(directory / "x"));
  EXPECT_EQ(sink.size(), 600'004U);

  sink.commit();

  EXPECT_EQ(read_file(directory / "x", kAny), "one " + std::string(600'000, 'b'));
}

TEST(FileSink, LeavesNothingBehindWithoutCommit) {
  const TemporaryDirectory directory;
  { FileSink(directory / "x").write("half"); }

  EXPECT_TRUE(names_in(directory).empty());
}

TEST(FileSink, KeepsTwoWritersOfOnePathApart) {
  const TemporaryDirectory directory;
  FileSink first(directory / "x");
  FileSink second(directory / "x");
  first.write("first");
  second.write("second");

  second.commit();
  first.commit();

  EXPECT_EQ(read_file(directory / "x", kAny), "first");
}

TEST(FileSink, SaysWhenTheFolderIsMissing) {
  const TemporaryDirectory directory;

  const std::string error = io_error_of([&] { FileSink sink(directory / "absent/x"); });

  EXPECT_THAT(error,
              HasSubstr("absent/x: cannot create: No such file or directory; check the path"));
}

class EveryPointOfAWrite : public testing::TestWithParam<const char*> {};

TEST_P(EveryPointOfAWrite, KeepsTheOldContentWhenItFails) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "x", "old");
  std::string error;

  {
    const ScopedFailpoints failpoints(std::string(GetParam()) + "=enospc");
    error = io_error_of([&] { write_file_atomically(directory / "x", "new"); });
  }

  EXPECT_THAT(error, HasSubstr("No space left on device; free space, or write to another place"));
  EXPECT_EQ(read_file(directory / "x", kAny), "old");
  EXPECT_EQ(names_in(directory), std::vector<std::string>{"x"});
}

INSTANTIATE_TEST_SUITE_P(
    Files,
    EveryPointOfAWrite,
    testing::Values("files.open", "files.write", "files.sync", "files.rename"));

TEST(Files, SayWhenTheNewNameMayNotBeDurable) {
  const TemporaryDirectory directory;
  const ScopedFailpoints failpoints("files.sync_directory=eio");

  const std::string error = io_error_of([&] { write_file_atomically(directory / "x", "new"); });

  EXPECT_THAT(error, HasSubstr("cannot sync the folder: Input/output error"));
}

TEST(RenameDurably, MovesAFolderIntoPlace) {
  const TemporaryDirectory directory;
  create_directories(directory / "a/b");
  write_file_atomically(directory / "a/b/x", "1");

  rename_durably(directory / "a/b", directory / "c");

  EXPECT_EQ(read_file(directory / "c/x", kAny), "1");
  EXPECT_FALSE(exists(directory / "a/b"));
  EXPECT_THROW(rename_durably(directory / "absent", directory / "d"), IoError);
}

TEST(CreateDirectories, SaysWhenAFileIsInTheWay) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "x", "");
  create_directories(directory / "a/b");
  create_directories(directory / "a/b");

  EXPECT_TRUE(exists(directory / "a/b"));
  EXPECT_THAT(io_error_of([&] { create_directories(directory / "x/y"); }),
              HasSubstr("cannot create the folder: Not a directory"));
}

TEST(RemoveAll, TakesAFolderAndWhatIsInIt) {
  const TemporaryDirectory directory;
  create_directories(directory / "a/b");

  remove_all(directory / "a");
  remove_all(directory / "a");

  EXPECT_FALSE(exists(directory / "a"));
}

TEST(FreeBytes, IsSomethingForAFolderAndAnErrorForNone) {
  const TemporaryDirectory directory;

  EXPECT_GT(free_bytes(directory.path()), 0U);
  EXPECT_THROW(free_bytes(directory / "absent"), IoError);
}

TEST(ParentDirectory, IsTheCurrentOneForABareName) {
  EXPECT_EQ(parent_directory("a/b"), "a");
  EXPECT_EQ(parent_directory("/a"), "/");
  EXPECT_EQ(parent_directory("a"), ".");
}

TEST(TemporaryDirectory, DisappearsWithItsContent) {
  std::string path;
  {
    const TemporaryDirectory directory;
    path = directory.path();
    create_directories(directory / "a/b");
    EXPECT_TRUE(exists(path));
  }
  EXPECT_FALSE(exists(path));
}

}  // namespace
}  // namespace carnyx

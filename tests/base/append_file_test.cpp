#include "carnyx/base/append_file.h"

#include <gmock/gmock.h>

#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"

namespace carnyx {
namespace {

TEST(AppendFile, IsReadableAfterEachAppend) {
  const TemporaryDirectory folder;
  const std::string path = folder.path() + "/new/folder/log";
  AppendFile file(path);

  file.append("one\n");
  EXPECT_EQ(read_file(path, 100), "one\n");
  file.append("two\n");
  file.sync();

  EXPECT_EQ(read_file(path, 100), "one\ntwo\n");
  EXPECT_EQ(file.size(), 8U);
}

TEST(AppendFile, GoesOnBehindWhatIsThere) {
  const TemporaryDirectory folder;
  const std::string path = folder.path() + "/log";
  AppendFile(path).append("one\n");

  AppendFile file(path);
  EXPECT_EQ(file.size(), 4U);
  file.append("two\n");

  EXPECT_EQ(read_file(path, 100), "one\ntwo\n");
}

TEST(AppendFile, TruncatesWhatIsTooMuchAndGoesOnFromThere) {
  const TemporaryDirectory folder;
  AppendFile file(folder.path() + "/log");
  file.append("one\ntwo\n");

  file.truncate(4);
  file.append("2\n");
  file.truncate(100);

  EXPECT_EQ(read_file(file.path(), 100), "one\n2\n");
}

TEST(AppendFile, NamesTheFileThatCannotBeOpened) {
  const TemporaryDirectory folder;
  EXPECT_THAT([&] { AppendFile file(folder.path()); },
              testing::ThrowsMessage<IoError>(testing::HasSubstr(folder.path())));
}

}  // namespace
}  // namespace carnyx

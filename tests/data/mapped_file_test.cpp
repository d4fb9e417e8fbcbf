#include "data/mapped_file.h"

#include <string>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"

#include "tests/data/bytes.h"
#include "tests/data/message.h"

namespace carnyx {
namespace {

class FileContents : public testing::Test {
 protected:
  std::string file(std::string_view content) {
    write_file_atomically(folder_ / "file", content);
    return folder_ / "file";
  }
  TemporaryDirectory folder_;
};

TEST_F(FileContents, AreUnpackedWhereTheyBeginAsGzip) {
  EXPECT_EQ(FileContent(file("1,2\n")).text(), "1,2\n");
  EXPECT_EQ(FileContent(file(gzip("1,2\n"))).text(), "1,2\n");
}

TEST_F(FileContents, UnpackToNoMoreThanTheirLimit) {
  const std::string packed = gzip(std::string(std::size_t{3} << 20, '0'));
  const std::string path = file(packed);

  const std::string complaint =
      message_of<CorruptData>([&] { FileContent(path, (std::uint64_t{3} << 20) - 1); });

  EXPECT_EQ(FileContent(path, std::uint64_t{3} << 20).text().size(), std::size_t{3} << 20);
  EXPECT_EQ(complaint,
            path +
                ": expected at most 3145727 unpacked bytes, and there are more; "
                "unpack it with gunzip if it is right");
}

TEST_F(FileContents, AreNotLimitedWhereTheyAreNotPacked) {
  EXPECT_EQ(FileContent(file("1,2\n3,4\n"), 1).text(), "1,2\n3,4\n");
}

TEST_F(FileContents, AreRefusedWhereverAPackedFileIsCut) {
  const std::string packed = gzip("1,2\n3,4\n");
  for (std::size_t size = 2; size < packed.size(); ++size) {
    const std::string path = file(std::string_view(packed).substr(0, size));
    EXPECT_THROW(FileContent{path}, CorruptData) << size;
  }
}

}  // namespace
}  // namespace carnyx

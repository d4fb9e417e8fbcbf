#include "data/tar_reader.h"

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"

#include "tests/data/bytes.h"
#include "tests/data/message.h"
#include "tests/data/tar_files.h"

namespace carnyx {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// "name=content" of each file, "name" of what is none.
std::vector<std::string> members(std::string_view archive, std::uint64_t most_bytes = 1 << 20) {
  const std::unique_ptr<ByteReader> bytes = open_bytes(bytes_of(archive), "some.tar");
  TarReader tar(*bytes);
  std::vector<std::string> all;
  while (const auto entry = tar.next()) {
    all.push_back(entry->is_file ? entry->name + "=" + tar.read(most_bytes) : entry->name);
  }
  return all;
}

std::string tar_complaint(std::string_view archive) {
  return message_of<CorruptData>([&] { members(archive); });
}

const std::string kTwo = tar_member("a/", "", '5') + tar_member("a/one", "1") +
                         tar_member("a/two", std::string(600, 'x'));

TEST(TarReader, HasFilesAndFoldersInTheirOrder) {
  EXPECT_THAT(members(kTwo + tar_end()),
              ElementsAre("a/", "a/one=1", "a/two=" + std::string(600, 'x')));
}

TEST(TarReader, SkipsWhatIsNotRead) {
  const std::string archive = kTwo + tar_member("b", "after") + tar_end();
  const auto bytes = open_bytes(bytes_of(archive), "some.tar");
  TarReader tar(*bytes);
  std::string last;
  std::byte first{};

  for (auto entry = tar.next(); entry; entry = tar.next()) {
    last = entry->base_name();
    if (last == "two") tar.read_some({&first, 1});
  }

  EXPECT_EQ(last, "b");
  EXPECT_EQ(first, std::byte{'x'});
}

TEST(TarReader, JoinsThePrefixOfALongName) {
  std::string header = tar_header("name", 0);
  header.replace(345, 6, "folder");
  unsigned sum = 0;
  header.replace(148, 8, "        ");
  for (const char byte : header) sum += static_cast<unsigned char>(byte);
  std::array<char, 8> digits{};
  std::snprintf(digits.data(), digits.size(), "%06o", sum);
  header.replace(148, 7, std::string_view(digits.data(), 7));

  EXPECT_THAT(members(header + tar_end()), ElementsAre("folder/name="));
}

TEST(TarReader, PassesOverLinksAndTimes) {
  const std::string times = tar_member("pax", "20 mtime=1234567890\n", 'x');

  EXPECT_THAT(members(times + tar_member("one", "1") + tar_member("link", "", '2') + tar_end()),
              ElementsAre("one=1", "link"));
}

TEST(TarReader, RefusesNamesAndSizesThatAreSaidElsewhere) {
  for (const std::string& member : {tar_member("pax", "12 path=a/b\n", 'x'),
                                    tar_member("pax", "11 size=42\n", 'x'),
                                    tar_member("././@LongLink", "a/b", 'L')}) {
    EXPECT_THAT(tar_complaint(member + tar_member("one", "1") + tar_end()),
                HasSubstr("unpack it with tar -xf, and name the folder"));
  }
  EXPECT_THAT(tar_complaint(tar_member("pax", "99 mtime=1\n", 'x') + tar_end()),
              HasSubstr("expected pax records"));
  EXPECT_THAT(tar_complaint(tar_member("pax", std::string(70'000, 'x'), 'x') + tar_end()),
              HasSubstr("expected at most 65536 bytes of pax records, found 70000"));
}

TEST(TarReader, RefusesWhatIsNoArchive) {
  EXPECT_THAT(tar_complaint(std::string(2000, 'x')),
              HasSubstr("some.tar: at byte 512 of the archive: expected a tar header with its "
                        "checksum, found none"));
  EXPECT_THAT(tar_complaint(tar_member("one", "1", 'S') + tar_end()),
              HasSubstr("found the type 'S'"));
  EXPECT_THAT(tar_complaint(tar_header("one", 5000)),
              HasSubstr("one declares 5000 bytes, more than"));
}

TEST(TarReader, RefusesBytesAfterItsEnd) {
  EXPECT_THAT(tar_complaint(kTwo + tar_end() + "x"), HasSubstr("nothing but zeros after"));
  EXPECT_THAT(tar_complaint(kTwo + std::string(512, '\0') + kTwo),
              HasSubstr("a second empty block"));
  EXPECT_THAT(members(kTwo + tar_end() + tar_end()), testing::SizeIs(3)) << "padding is nothing";
}

TEST(TarReader, RefusesAnArchiveCutAtAnyByte) {
  const std::string archive = kTwo + tar_end();
  for (std::size_t size = 0; size < archive.size(); ++size) {
    EXPECT_THROW(members(std::string_view(archive).substr(0, size)), CorruptData) << size;
  }
}

TEST(TarReader, ReadsNoMoreThanItIsToldTo) {
  EXPECT_THAT(message_of<CorruptData>([] { members(kTwo + tar_end(), 599); }),
              HasSubstr("expected at most 599 bytes for a/two, found 600"));
}

}  // namespace
}  // namespace carnyx

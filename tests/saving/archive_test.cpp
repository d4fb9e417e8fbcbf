#include "saving/archive.h"

#include <cstring>

#include <gmock/gmock.h>
#include <zip.h>

#include "carnyx/base/error.h"
#include "carnyx/base/temporary_directory.h"

#include "tests/saving/saved_models.h"

namespace carnyx {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kMostBytes = 1 << 20;

std::string two_members() {
  return make_archive({{"a.json", "{}"}, {"b", "0123456789"}});
}

/// `archive` with every `from` replaced by `to`, of one size.
std::string replaced(std::string archive, std::string_view from, std::string_view to) {
  for (auto at = archive.find(from); at != archive.npos; at = archive.find(from, at + 1)) {
    archive.replace(at, to.size(), to);
  }
  return archive;
}

/// An archive that libzip makes at `path` with one member "a" packed by `method`.
std::string packed(const std::string& path, const std::string& content, int method) {
  zip_t* zip = zip_open(path.c_str(), ZIP_CREATE, nullptr);
  zip_source_t* source = zip_source_buffer(zip, content.data(), content.size(), 0);
  zip_file_add(zip, "a", source, 0);
  EXPECT_EQ(zip_set_file_compression(zip, 0, method, 9), 0);
  EXPECT_EQ(zip_close(zip), 0);
  return read_file(path, kMostBytes);
}

TEST(Archive, ReadsWhatWasWritten) {
  const std::string file = two_members();
  const Archive archive(file, "x.keras");

  EXPECT_EQ(archive.read("a.json", kMostBytes), "{}");
  EXPECT_EQ(archive.read("b", kMostBytes), "0123456789");
  EXPECT_TRUE(archive.contains("b"));
  EXPECT_FALSE(archive.contains("c"));
}

TEST(Archive, IsTheSameForTheSameMembers) {
  EXPECT_EQ(two_members(), two_members());
}

TEST(Archive, StoresMembersAsTheyAreAndDatesThem1980) {
  const std::string file = two_members();

  EXPECT_NE(file.find("0123456789"), file.npos);
  EXPECT_EQ(file.substr(8, 2), std::string(2, '\0'));           // method: stored
  EXPECT_EQ(file.substr(10, 4), std::string("\0\0\x21\0", 4));  // time 0:00, date 1980-01-01
}

TEST(Archive, ReadsDeflatedMembers) {
  const TemporaryDirectory directory;
  const std::string content(10'000, 'x');
  const std::string file = packed(directory / "a.zip", content, ZIP_CM_DEFLATE);

  EXPECT_LT(file.size(), 1000U);
  EXPECT_EQ(Archive(file, "x").read("a", kMostBytes), content);
}

TEST(Archive, NamesTheFileAndTheMemberThatIsNotThere) {
  const std::string file = two_members();
  const Archive archive(file, "x.keras");

  EXPECT_THAT(message_of<CorruptData>([&] { (void)archive.read("config.json", kMostBytes); }),
              HasSubstr("x.keras: config.json: expected this member"));
}

TEST(Archive, RefusesAMemberAboveItsLimit) {
  const std::string file = two_members();

  EXPECT_THAT(message_of<CorruptData>([&] { (void)Archive(file, "x").read("b", 9); }),
              HasSubstr("expected at most 9 bytes, found 10"));
}

TEST(Archive, RefusesTheSameNameTwice) {
  const std::string file = replaced(make_archive({{"aa", "1"}, {"bb", "2"}}), "bb", "aa");

  EXPECT_THAT(message_of<CorruptData>([&] { Archive(file, "x"); }), HasSubstr("there twice"));
}

TEST(Archive, RefusesNamesThatLeaveIt) {
  for (const std::string_view name : {"/abs", "../a", "a/..", "a\\.."}) {
    const std::string file = replaced(make_archive({{"@@@@", "1"}}), "@@@@", name);

    EXPECT_THROW(Archive(file, "x"), CorruptData) << name;
  }
}

TEST(Archive, RefusesEncryptedMembers) {
  std::string file = make_archive({{"a", "1"}});
  const auto central = file.find("PK\x01\x02");
  file[central + 8] = static_cast<char>(file[central + 8] | 1);

  EXPECT_THAT(message_of<CorruptData>([&] { Archive(file, "x"); }), HasSubstr("encrypted"));
}

TEST(Archive, RefusesOtherMethods) {
  std::string file = make_archive({{"a", "1"}});
  file[file.find("PK\x01\x02") + 10] = 12;  // bzip2

  EXPECT_THAT(message_of<CorruptData>([&] { Archive(file, "x"); }),
              HasSubstr("packed by method 12"));
}

TEST(Archive, RefusesSizesThatTheFileCannotHold) {
  std::string file = make_archive({{"a", "1"}});
  const auto central = file.find("PK\x01\x02");
  const std::uint32_t huge = 0x7FFFFFFF;
  for (const std::size_t field : {20U, 24U}) std::memcpy(&file[central + field], &huge, 4);

  EXPECT_THROW(Archive(file, "x"), CorruptData);
}

TEST(Archive, RefusesBytesThatDoNotFitTheirChecksum) {
  const std::string file = replaced(two_members(), "0123456789", "0123456780");

  EXPECT_THAT(message_of<CorruptData>([&] { (void)Archive(file, "x").read("b", kMostBytes); }),
              HasSubstr("b: damaged"));
}

TEST(Archive, RefusesAFileCutAnywhere) {
  const std::string file = two_members();
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_THROW(Archive(std::string_view(file).substr(0, size), "x"), CorruptData) << size;
  }
}

}  // namespace
}  // namespace carnyx

#include "carnyx/base/hash.h"

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"

namespace carnyx {
namespace {

// FIPS 180-4's example and RFC 1321's test suite.
constexpr std::string_view kSha256OfAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kMd5OfAbc = "900150983cd24fb0d6963f7d28e17f72";

TEST(Hash, GivesThePublishedDigests) {
  EXPECT_EQ(sha256_hex("abc"), kSha256OfAbc);
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(md5_hex("abc"), kMd5OfAbc);
  EXPECT_EQ(md5_hex(""), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(Hash, IsTheSameInPieces) {
  Hash hash(Hash::Algorithm::Sha256);
  hash.update("a");
  hash.update("");
  hash.update("bc");

  EXPECT_EQ(hash.hex(), kSha256OfAbc);
}

TEST(Hash, ReadsFiles) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "x", "abc");

  EXPECT_EQ(file_hash_hex(directory / "x", Hash::Algorithm::Md5), kMd5OfAbc);
  EXPECT_THROW(file_hash_hex(directory / "absent", Hash::Algorithm::Md5), NotFound);
}

}  // namespace
}  // namespace carnyx

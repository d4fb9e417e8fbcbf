// pictures.json: how a model's pictures are read, kept beside it.
#include "carnyx/trainers/picture_file.h"

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/temporary_directory.h"

namespace carnyx {
namespace {

TEST(PictureFile, BringsStandardisingToNewPictures) {
  const TemporaryDirectory directory;
  write_picture_reading(directory / "pictures.json",
                        {.divisor = 1, .augmentation = {.pad = 4, .standardise = true}});

  const Dataset read = with_picture_reading({.divisor = 255}, directory / "model.keras");

  EXPECT_EQ(read.divisor, 1);
  EXPECT_EQ(read.augmentation, Augmentation{.standardise = true});
}

TEST(PictureFile, IsNotMadeForPlainPictures) {
  const TemporaryDirectory directory;
  write_picture_reading(directory / "pictures.json", {.divisor = 255});

  EXPECT_FALSE(exists(directory / "pictures.json"));
  EXPECT_EQ(with_picture_reading({.divisor = 255}, directory / "model.keras").divisor, 255);
}

TEST(PictureFile, IsRefusedWithItsPlaceIfItSaysSomethingElse) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "pictures.json", "{\"divisor\": \"one\"}");

  EXPECT_THROW(with_picture_reading({}, directory / "model.keras"), CorruptData);
}

}  // namespace
}  // namespace carnyx

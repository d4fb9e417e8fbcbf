#include "data/images/image.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <zlib.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/data/npz.h"

#include "data/images/image_folder.h"
#include "tests/data/golden_data.h"
#include "tests/data/message.h"

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 7> kFiles = {
    "colour.png", "grey.png", "alpha.png", "deep.png", "colour.jpg", "grey.jpg", "progressive.jpg"};

std::vector<std::uint8_t> decode(std::string_view file, const ImageShape& shape) {
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(shape.bytes()));
  decode_image(file, "some image", shape, pixels);
  return pixels;
}

std::string image_complaint(std::string_view file) {
  return message_of<CorruptData>([&] { decode(file, image_shape(file, "some image")); });
}

/// What TensorFlow decoded the file to.
Tensor expected_pixels(std::string_view name) {
  std::string key(name);
  key[key.find('.')] = '_';
  return read_npz(golden_data("pixels.npz"), std::array{std::string_view(key)}).front();
}

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(value >> shift & 0xFF);
  return bytes;
}

/// A PNG file that declares a size and has no pixels.
std::string empty_png(std::uint32_t width, std::uint32_t height) {
  const std::string header =
      "IHDR" + big_endian(width) + big_endian(height) + std::string("\x08\0\0\0\0", 5);
  const auto crc = static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(header.data()), static_cast<uInt>(header.size())));
  return "\x89PNG\r\n\x1A\n" + big_endian(13) + header + big_endian(crc) + big_endian(0) + "IDAT" +
         big_endian(0x35AF061E);
}

TEST(Image, DecodesToThePixelsThatTensorFlowSees) {
  for (const std::string_view name : kFiles) {
    SCOPED_TRACE(std::string(name));
    const std::string file = golden_bytes(name);
    const Tensor expected = expected_pixels(name);

    const ImageShape shape = image_shape(file, "some image");
    const std::vector<std::uint8_t> pixels = decode(file, shape);

    ASSERT_EQ(expected.shape(), (Shape{shape.height, shape.width, shape.channels}));
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      ASSERT_EQ(pixels[i], expected.data<std::uint8_t>()[i]) << i;
    }
  }
}

TEST(Image, GivesAGreyOneThreeEqualColoursWhenAsked) {
  for (const char* name : {"grey.png", "grey.jpg"}) {
    const std::string file = golden_bytes(name);
    ImageShape shape = image_shape(file, name);
    const std::vector<std::uint8_t> grey = decode(file, shape);

    shape.channels = 3;
    const std::vector<std::uint8_t> colours = decode(file, shape);

    for (std::size_t i = 0; i < grey.size(); ++i) {
      EXPECT_EQ(colours[3 * i], grey[i]);
      EXPECT_EQ(colours[3 * i + 2], grey[i]);
    }
  }
}

TEST(Image, RejectsAFileCutAtAnyByte) {
  for (const std::string_view name : kFiles) {
    const std::string file = golden_bytes(name);
    for (std::size_t size = 0; size < file.size(); ++size) {
      const std::string_view cut = std::string_view(file).substr(0, size);
      EXPECT_THROW(decode(cut, image_shape(cut, "cut")), CorruptData) << name << ' ' << size;
    }
  }
}

TEST(Image, SaysWhatIsWrong) {
  EXPECT_EQ(image_complaint("GIF89a"),
            "some image: at byte 0: expected a PNG or JPEG image, found another format");
  EXPECT_TRUE(contains(image_complaint(golden_bytes("grey.png").substr(0, 50)),
                       "not a whole PNG image: the file ends inside the image"));
  EXPECT_TRUE(
      contains(image_complaint(golden_bytes("grey.jpg").substr(0, 300)), "not a whole JPEG image"));
}

TEST(Image, RefusesHugeSizesBeforeTheyAreAllocated) {
  EXPECT_TRUE(contains(image_complaint(empty_png(16'384, 16'384)), "found 16384 x 16384"));
  EXPECT_TRUE(contains(image_complaint(empty_png(20'000, 1)), "not a whole PNG image"));
  std::string jpeg = golden_bytes("grey.jpg");
  const std::size_t frame = jpeg.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\x7F\xFF\x7F\xFF");

  EXPECT_TRUE(contains(image_complaint(jpeg), "found 32767 x 32767"));
}

class ImageFolder : public testing::Test {
 protected:
  void put(const std::string& path, std::string_view golden) {
    create_directories(parent_directory(folder_ / path));
    write_file_atomically(folder_ / path, golden_bytes(golden));
  }
  TemporaryDirectory folder_;
};

TEST_F(ImageFolder, HasAClassAFolderInTheOrderOfNames) {
  put("dogs/2.png", "grey.png");
  put("cats/b.PNG", "grey.png");
  put("cats/a.jpeg", "grey.jpg");
  put("cats/_skipped.png", "colour.png");
  put("cats/notes.txt", "grey.jpg");

  const Dataset data = read_image_folder(folder_.path());

  EXPECT_EQ(image_classes(folder_.path()), (std::vector<std::string>{"cats", "dogs"}));
  EXPECT_EQ(data.x.shape(), (Shape{3, 8, 10}));
  EXPECT_EQ(data.classes, 2);
  EXPECT_EQ(data.y.at(1), 0);
  EXPECT_EQ(data.y.at(2), 1);
  EXPECT_EQ(data.x.at(1), expected_pixels("grey.jpg").at(1));
  EXPECT_EQ(data.x.at(81), expected_pixels("grey.png").at(1));
}

TEST_F(ImageFolder, HasColoursIfOneImageHas) {
  put("a/1.png", "grey.png");
  put("a/2.png", "colour.png");

  const Dataset data = read_image_folder(folder_.path());

  EXPECT_EQ(data.x.shape(), (Shape{2, 8, 10, 3}));
  EXPECT_EQ(data.x.at(241), expected_pixels("colour.png").at(1));
}

TEST_F(ImageFolder, NamesTheFileThatIsDamagedOrOfAnotherSize) {
  put("a/1.png", "grey.png");
  write_file_atomically(folder_ / "a/2.png", golden_bytes("grey.png").substr(0, 60));
  EXPECT_TRUE(contains(message_of<CorruptData>([&] { read_image_folder(folder_.path()); }),
                       folder_ / "a/2.png"));

  write_file_atomically(folder_ / "a/2.png", empty_png(9, 8));
  EXPECT_TRUE(contains(message_of<CorruptData>([&] { read_image_folder(folder_.path()); }),
                       "a/2.png: expected an image of 8 x 10"));
}

}  // namespace
}  // namespace carnyx

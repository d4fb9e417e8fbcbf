#include "saving/safetensors.h"

#include <array>
#include <cstring>

#include <gmock/gmock.h>

#include "carnyx/base/error.h"

#include "tests/saving/saved_models.h"

namespace carnyx {
namespace {

using testing::HasSubstr;

std::string encoded(const std::vector<NamedTensor>& tensors) {
  std::string file;
  write_safetensors(tensors, [&](std::string_view bytes) { file += bytes; });
  return file;
}

std::string with_header(std::string_view header, std::string_view data) {
  const std::uint64_t size = header.size();
  std::array<char, 8> prefix{};
  std::memcpy(prefix.data(), &size, sizeof(size));
  return std::string(prefix.data(), prefix.size()) + std::string(header) + std::string(data);
}

std::vector<NamedTensor> every_dtype() {
  return {{"wide", Tensor(DType::Float64, {2})},
          {"steps", Tensor(DType::Int64, {})},
          {"b", numbers({2, 3}, 1)},
          {"a", numbers({1}, 2)},
          {"count", Tensor(DType::Int32, {3})},
          {"half", Tensor(DType::Bfloat16, {1, 1, 1})},
          {"none", Tensor(DType::Uint8, {0, 7})},
          {"flags", Tensor(DType::Uint8, {3})}};
}

TEST(Safetensors, ReadsWhatWasWritten) {
  const std::vector<NamedTensor> tensors = every_dtype();

  EXPECT_EQ(contents(decode_safetensors(encoded(tensors), "x")), contents(tensors));
}

TEST(Safetensors, PutsWiderElementsFirst) {
  const std::vector<NamedTensor> tensors = {{"flag", Tensor(DType::Uint8, {1})},
                                            {"step", Tensor(DType::Int64, {})}};

  EXPECT_EQ(decode_safetensors(encoded(tensors), "x")[0].name, "step");
}

// The bytes follow from the format's description.
TEST(Safetensors, WritesTheFormatByteByByte) {
  const std::string header = R"({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  const float one = 1;

  const std::string file = encoded({{"w", Tensor::from<float>({1}, std::span(&one, 1))}});

  EXPECT_EQ(file, with_header(padded, std::string_view("\0\0\x80\x3F", 4)));
}

TEST(Safetensors, ReadsMetadataAndPadding) {
  const std::string file = with_header(
      R"({"__metadata__":{"a":"b"},"w":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}  )", "x");

  EXPECT_EQ(decode_safetensors(file, "x").at(0).tensor.at(0), 'x');
}

TEST(Safetensors, ReadsAFileOfNothing) {
  EXPECT_TRUE(decode_safetensors(encoded({}), "x").empty());
}

TEST(Safetensors, RefusesToWriteANameTwiceOrNoTensor) {
  EXPECT_THROW(encoded({{"w", numbers({1}, 0)}, {"w", numbers({1}, 0)}}), InvalidArgument);
  EXPECT_THROW(encoded({{"__metadata__", numbers({1}, 0)}}), InvalidArgument);
  EXPECT_THROW(encoded({{"w", Tensor()}}), InvalidArgument);
}

TEST(Safetensors, RefusesAFileCutAnywhere) {
  const std::string file = encoded(every_dtype());
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_THROW(decode_safetensors(std::string_view(file).substr(0, size), "x"), CorruptData)
        << size;
  }
}

TEST(Safetensors, SurvivesAnyDamage) {
  const std::string file = encoded(every_dtype());
  Rng rng(2);
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    try {
      (void)decode_safetensors(damaged(file, rng), "x");
    } catch (const CorruptData&) {
      ++refused;
    }
  }

  EXPECT_GT(refused, 100);
}

TEST(Safetensors, RefusesHeadersThatPlaceTensorsWrongly) {
  const std::vector<std::string_view> headers = {
      R"({"w":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}})",    // a byte of no tensor
      R"({"w":{"dtype":"U8","shape":[5],"data_offsets":[0,5]}})",    // beyond the end
      R"({"w":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}})",    // a gap
      R"({"w":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}})",    // backwards
      R"({"w":{"dtype":"U8","shape":[4],"data_offsets":[-4,0]}})",   // before the start
      R"({"w":{"dtype":"U8","shape":[2],"data_offsets":[0,4]}})",    // not the shape's
      R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})",   // nor the type's
      R"({"w":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}})",   // no shape
      R"({"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}})",  // three offsets
      R"({"w":{"dtype":"Q9","shape":[4],"data_offsets":[0,4]}})",    // no type
      R"({"w":{"dtype":"U8","data_offsets":[0,4]}})",                // no shape at all
      R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
      R"({"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"w":{"dtype":"U8","shape":[0],"data_offsets":[4,4]}})",
      R"({"__metadata__":{"a":1},"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})",
      R"({"w":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}})",
      R"({"w":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,4]}})",
      R"( {"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})",
      R"([])",
  };
  for (const std::string_view header : headers) {
    EXPECT_THROW(decode_safetensors(with_header(header, "abcd"), "x"), CorruptData) << header;
  }
}

TEST(Safetensors, RefusesAHeaderLargerThanTheFile) {
  for (const std::uint64_t size : {std::uint64_t{3}, ~std::uint64_t{0}, ~std::uint64_t{0} - 7}) {
    std::string file(10, '{');
    std::memcpy(file.data(), &size, sizeof(size));

    EXPECT_THROW(decode_safetensors(file, "x"), CorruptData) << size;
  }
}

TEST(Safetensors, NamesTheFileAndTheTensor) {
  const std::string file =
      with_header(R"({"w":{"dtype":"U8","shape":[3],"data_offsets":[1,4]}})", "abcd");

  const std::string message = message_of<CorruptData>([&] { (void)decode_safetensors(file, "f"); });

  EXPECT_EQ(message, "f: 'w': expected to begin at byte 0 of the data, found 1");
}

}  // namespace
}  // namespace carnyx

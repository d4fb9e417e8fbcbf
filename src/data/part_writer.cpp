#include "data/part_writer.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "carnyx/base/ensure.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"

#include "data/parallel.h"
#include "data/tfrecord/example.h"
#include "data/tfrecord/records.h"

namespace carnyx {
namespace {

/// Appends sample `index` to a part file's text.
using PutSample = std::function<void(std::string& out, std::int64_t index)>;

std::int64_t label_of(const Dataset& part, std::int64_t index) {
  return static_cast<std::int64_t>(part.y.at(index));
}

/// "0,", "1,", ... "255,": every pixel that there is.
const std::array<std::string, 256>& pixel_texts() {
  static const std::array<std::string, 256> kTexts = [] {
    std::array<std::string, 256> texts;
    for (std::size_t i = 0; i < texts.size(); ++i) texts[i] = format("{},", i);
    return texts;
  }();
  return kTexts;
}

/// The shortest decimal that reads back the same.
void put_float(std::string& out, float value) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  CARNYX_ENSURE(error == std::errc());
  out.append(text.data(), end);
}

void put_pixels(std::string& out, const Dataset& part, std::int64_t index) {
  const auto size = static_cast<std::size_t>(part.sample_shape().elements());
  const std::size_t first = static_cast<std::size_t>(index) * size;
  if (part.x.dtype() == DType::Uint8) {
    const std::array<std::string, 256>& texts = pixel_texts();
    for (const std::uint8_t pixel : part.x.data<std::uint8_t>().subspan(first, size)) {
      out += texts[pixel];
    }
  } else {
    for (const float value : part.x.data<float>().subspan(first, size)) {
      put_float(out, value);
      out += ',';
    }
  }
  out.back() = '\n';
}

/// As Python prints a row of NumPy's zeros with a one: "0.0,1.0,0.0".
void put_one_hot(std::string& out, const Dataset& part, std::int64_t index) {
  const std::int64_t label = label_of(part, index);
  for (std::int64_t c = 0; c < part.classes; ++c) out += c == label ? "1.0," : "0.0,";
  out.back() = '\n';
}

void put_example(std::string& out, const Dataset& part, std::int64_t index) {
  std::vector<std::int64_t> one_hot(static_cast<std::size_t>(part.classes), 0);
  one_hot[static_cast<std::size_t>(label_of(part, index))] = 1;
  const auto size = static_cast<std::size_t>(part.sample_shape().elements());
  const std::size_t first = static_cast<std::size_t>(index) * size;
  std::vector<std::int64_t> whole;
  ExampleFeature image{.name = "image"};
  if (part.x.dtype() == DType::Uint8) {
    const auto pixels = part.x.data<std::uint8_t>().subspan(first, size);
    whole.assign(pixels.begin(), pixels.end());
    image.ints = whole;
  } else {
    image.floats = part.x.data<float>().subspan(first, size);
  }
  out += framed(encode_example(
      std::array{image, ExampleFeature{.name = "label", .ints = one_hot, .floats = {}}}));
}

/// Spark's way of cutting: part i holds [i * n / parts, (i + 1) * n / parts).
void write_files(const std::string& folder,
                 std::string_view stem,
                 std::int64_t samples,
                 std::int64_t partitions,
                 const PutSample& put) {
  create_directories(folder);
  for_each_piece(partitions, [&](std::int64_t i) {
    const std::string digits = std::to_string(100'000 + i);
    FileSink file(format("{}/{}{}", folder, stem, digits.substr(1)));
    std::string text;
    for (std::int64_t s = i * samples / partitions; s < (i + 1) * samples / partitions; ++s) {
      put(text, s);
      if (text.size() < (1U << 16)) continue;
      file.write(text);
      text.clear();
    }
    file.write(text);
    file.commit();
  });
  write_file_atomically(folder + "/_SUCCESS", "");
}

}  // namespace

void write_parts(const std::string& folder,
                 const Dataset& part,
                 DataFormat format_wanted,
                 std::int64_t num_partitions) {
  const auto write = [&](const std::string& below, std::string_view stem, const PutSample& put) {
    write_files(below, stem, part.samples(), num_partitions, put);
  };
  switch (format_wanted) {
    case DataFormat::Csv:
      write(folder + "/images", "part-", [&](std::string& out, std::int64_t i) {
        put_pixels(out, part, i);
      });
      return write(folder + "/labels", "part-", [&](std::string& out, std::int64_t i) {
        put_one_hot(out, part, i);
      });
    case DataFormat::Csv2:
    case DataFormat::Csv3:
      return write(folder, "part-", [&](std::string& out, std::int64_t i) {
        out += format("{}{}", label_of(part, i), format_wanted == DataFormat::Csv2 ? "|" : ",");
        put_pixels(out, part, i);
      });
    case DataFormat::Tfr:
      return write(
          folder, "part-r-", [&](std::string& out, std::int64_t i) { put_example(out, part, i); });
    default:
      ensure_failed("a format of part files", __FILE__, __LINE__);
  }
}

}  // namespace carnyx

#include "saving/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <set>
#include <tuple>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/json.h"

namespace carnyx {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are written as memory has them");

constexpr std::uint64_t kMostHeaderBytes = 100'000'000;
constexpr std::size_t kAlignment = 8;

constexpr std::array kDTypeNames = {std::pair(DType::Float32, std::string_view("F32")),
                                    std::pair(DType::Float64, std::string_view("F64")),
                                    std::pair(DType::Bfloat16, std::string_view("BF16")),
                                    std::pair(DType::Uint8, std::string_view("U8")),
                                    std::pair(DType::Int32, std::string_view("I32")),
                                    std::pair(DType::Int64, std::string_view("I64"))};

std::string_view code_of(DType dtype) {
  return std::ranges::find(kDTypeNames, dtype, &decltype(kDTypeNames)::value_type::first)->second;
}

std::string header_of(std::span<const NamedTensor* const> tensors) {
  Json header = Json::object();
  std::int64_t begin = 0;
  for (const NamedTensor* named : tensors) {
    const std::int64_t end = begin + named->tensor.size_bytes();
    header.set(named->name,
               Json::object({{"dtype", code_of(named->tensor.dtype())},
                             {"shape", Json::array_of(named->tensor.shape())},
                             {"data_offsets", Json::array({begin, end})}}));
    begin = end;
  }
  std::string text = header.dump();
  text.append((kAlignment - text.size() % kAlignment) % kAlignment, ' ');
  return text;
}

/// The header's text. Throws CorruptData if it is not all there.
std::string_view header_in(std::string_view file, const std::string& where) {
  std::uint64_t size = 0;
  if (file.size() < sizeof(size)) {
    throw CorruptData(format("{}: expected at least 8 bytes, found {}", where, file.size()));
  }
  std::memcpy(&size, file.data(), sizeof(size));
  const std::uint64_t most = std::min<std::uint64_t>(file.size() - sizeof(size), kMostHeaderBytes);
  if (size > most) {
    throw CorruptData(format(
        "{}: at byte 0: expected a header of at most {} bytes, found {}", where, most, size));
  }
  const std::string_view header = file.substr(sizeof(size), size);
  if (!header.starts_with('{')) {
    throw CorruptData(format("{}: at byte 8: expected '{{'", where));
  }
  return header;
}

/// Where the header puts one tensor.
struct Placed {
  std::string name;
  DType dtype = DType::Float32;
  Shape shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

[[noreturn]] void fail(const Json& json, std::string_view expected) {
  throw CorruptData(format("{}: expected {}, found {}", json.place(), expected, json.describe()));
}

std::uint64_t unsigned_of(const Json& json) {
  const std::int64_t value = json.as_int();
  if (value < 0) fail(json, "a number from 0");
  return static_cast<std::uint64_t>(value);
}

DType dtype_of(const Json& json) {
  for (const auto& [dtype, code] : kDTypeNames) {
    if (code == json.as_string()) return dtype;
  }
  fail(json, "F32, F64, BF16, U8, I32 or I64");
}

Placed placed(const std::string& name, const Json& json) {
  Placed tensor{.name = name, .dtype = dtype_of(json.at("dtype")), .shape = {}};
  std::vector<std::int64_t> axes;
  for (const Json& axis : json.at("shape").items()) axes.push_back(axis.as_int());
  const Json& offsets = json.at("data_offsets");
  if (offsets.size() != 2) fail(offsets, "two offsets");
  tensor.begin = unsigned_of(offsets.at(0));
  tensor.end = unsigned_of(offsets.at(1));
  std::uint64_t elements = 0;
  try {
    elements = static_cast<std::uint64_t>(checked_elements(axes, json.place()));
  } catch (const InvalidArgument& error) {
    throw CorruptData(error.what());
  }
  const auto element_bytes = static_cast<std::uint64_t>(size_of(tensor.dtype));
  // Divided, because the product may not fit.
  const bool fits = tensor.end >= tensor.begin &&
                    (tensor.end - tensor.begin) / element_bytes == elements &&
                    (tensor.end - tensor.begin) % element_bytes == 0;
  if (!fits) fail(offsets, format("as many bytes as the shape {} has", Shape(axes).to_string()));
  tensor.shape = Shape(std::move(axes));
  return tensor;
}

void check_metadata(const Json& metadata) {
  for (const auto& [key, value] : metadata.members()) {
    if (!value.is_string()) fail(value, "a string");
  }
}

std::vector<Placed> parse_header(std::string_view text, const std::string& where) {
  std::vector<Placed> tensors;
  const Json header = Json::parse(text, where);
  for (const auto& [name, value] : header.members()) {
    if (name == "__metadata__") {
      check_metadata(value);
    } else {
      tensors.push_back(placed(name, value));
    }
  }
  // An empty tensor stands where the next one begins, so it comes first.
  std::ranges::sort(tensors, [](const Placed& a, const Placed& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  return tensors;
}

}  // namespace

void write_safetensors(std::span<const NamedTensor> tensors,
                       const std::function<void(std::string_view bytes)>& write) {
  std::vector<const NamedTensor*> order;
  std::set<std::string_view> names;
  for (const NamedTensor& named : tensors) {
    if (!names.insert(named.name).second || named.name == "__metadata__") {
      throw InvalidArgument(
          format("safetensors: every tensor needs a name of its own, got '{}'", named.name));
    }
    if (named.tensor.empty()) {
      throw InvalidArgument(format("safetensors: '{}': expected a tensor, got none", named.name));
    }
    order.push_back(&named);
  }
  std::ranges::stable_sort(order, std::greater(), [](const NamedTensor* named) {
    return size_of(named->tensor.dtype());
  });
  const std::string header = header_of(order);
  const std::uint64_t size = header.size();
  std::array<char, sizeof(size)> prefix{};
  std::memcpy(prefix.data(), &size, sizeof(size));
  write({prefix.data(), prefix.size()});
  write(header);
  for (const NamedTensor* named : order) {
    write({reinterpret_cast<const char*>(named->tensor.bytes()),
           static_cast<std::size_t>(named->tensor.size_bytes())});
  }
}

std::vector<NamedTensor> decode_safetensors(std::string_view file, const std::string& where) {
  const std::string_view header = header_in(file, where);
  const std::string_view data = file.substr(sizeof(std::uint64_t) + header.size());
  const std::vector<Placed> placed = parse_header(header, where);
  std::uint64_t next = 0;
  for (const Placed& tensor : placed) {
    if (tensor.begin != next) {
      throw CorruptData(format("{}: '{}': expected to begin at byte {} of the data, found {}",
                               where,
                               tensor.name,
                               next,
                               tensor.begin));
    }
    next = tensor.end;
  }
  if (next != data.size()) {
    throw CorruptData(format("{}: expected {} bytes of data, found {}", where, next, data.size()));
  }
  std::vector<NamedTensor> tensors;
  for (const Placed& from : placed) {
    Tensor tensor(from.dtype, from.shape);
    const std::string_view bytes = data.substr(from.begin, from.end - from.begin);
    std::ranges::copy(std::as_bytes(std::span(bytes)), tensor.bytes());
    tensors.push_back({from.name, std::move(tensor)});
  }
  return tensors;
}

}  // namespace carnyx

#include "carnyx/tensor/tensor.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include <sys/mman.h>

namespace carnyx {
namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;

}  // namespace

double load_element(const std::byte* data, DType dtype, std::int64_t index) {
  const auto read = [&]<class T>(T) {
    T value;
    std::memcpy(&value, data + index * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
    return value;
  };
  switch (dtype) {
    case DType::Float32:
      return read(float{});
    case DType::Float64:
      return read(double{});
    case DType::Bfloat16:
      return read(Bfloat16{}).to_float();
    case DType::Uint8:
      return read(std::uint8_t{});
    case DType::Int32:
      return read(std::int32_t{});
    case DType::Int64:
      return static_cast<double>(read(std::int64_t{}));
  }
  return 0;
}

void store_element(std::byte* data, DType dtype, std::int64_t index, double value) {
  const auto write = [&]<class T>(T element) {
    std::memcpy(data + index * static_cast<std::int64_t>(sizeof(T)), &element, sizeof(T));
  };
  switch (dtype) {
    case DType::Float32:
      return write(static_cast<float>(value));
    case DType::Float64:
      return write(value);
    case DType::Bfloat16:
      return write(Bfloat16::from_float(static_cast<float>(value)));
    case DType::Uint8:
      return write(static_cast<std::uint8_t>(value));
    case DType::Int32:
      return write(static_cast<std::int32_t>(value));
    case DType::Int64:
      return write(static_cast<std::int64_t>(value));
  }
}

namespace {

std::size_t alignment_of(std::int64_t size_bytes) {
  return std::cmp_greater_equal(size_bytes, kHugePage) ? kHugePage : kLine;
}

std::size_t padded_size(std::int64_t size_bytes) {
  const std::size_t alignment = alignment_of(size_bytes);
  return (static_cast<std::size_t>(std::max<std::int64_t>(size_bytes, 1)) + alignment - 1) /
         alignment * alignment;
}

}  // namespace

std::shared_ptr<std::byte[]> untouched_storage(std::int64_t size_bytes) {
  const std::size_t alignment = alignment_of(size_bytes);
  const std::size_t padded = padded_size(size_bytes);
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(alignment, padded));
  if (memory == nullptr) throw std::bad_alloc();
  if (alignment == kHugePage) madvise(memory, padded, MADV_HUGEPAGE);  // advice; refusal is fine
  return {memory, [](std::byte* p) { std::free(p); }};
}

std::shared_ptr<std::byte[]> aligned_storage(std::int64_t size_bytes) {
  auto memory = untouched_storage(size_bytes);
  std::memset(memory.get(), 0, padded_size(size_bytes));
  return memory;
}

Tensor::Tensor(DType dtype, Shape shape)
    : dtype_(dtype), shape_(std::move(shape)), storage_(aligned_storage(size_bytes())) {}

Tensor Tensor::clone() const {
  Tensor copy(dtype_, shape_);
  std::copy_n(bytes(), size_bytes(), copy.bytes());
  return copy;
}

Tensor Tensor::reshaped(Shape shape) const {
  CARNYX_ENSURE(shape.elements() == elements());
  Tensor view = *this;
  view.shape_ = std::move(shape);
  return view;
}

Tensor Tensor::as(DType dtype) const {
  Tensor converted(dtype, shape_);
  for (std::int64_t i = 0; i < elements(); ++i) store_element(converted.bytes(), dtype, i, at(i));
  return converted;
}

double Tensor::at(std::int64_t index) const {
  return load_element(bytes(), dtype_, index);
}

}  // namespace carnyx

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "carnyx/base/ensure.h"
#include "carnyx/tensor/dtype.h"
#include "carnyx/tensor/shape.h"

namespace carnyx {

template <class T>
inline constexpr DType kDTypeOf = DType::Float32;
template <>
inline constexpr DType kDTypeOf<double> = DType::Float64;
template <>
inline constexpr DType kDTypeOf<Bfloat16> = DType::Bfloat16;
template <>
inline constexpr DType kDTypeOf<std::uint8_t> = DType::Uint8;
template <>
inline constexpr DType kDTypeOf<std::int32_t> = DType::Int32;
template <>
inline constexpr DType kDTypeOf<std::int64_t> = DType::Int64;

/// A dense row-major array. A cheap handle: copies share the storage, which is 64-byte aligned.
/// No arithmetic happens here; that is the engine's.
class Tensor {
 public:
  Tensor() = default;
  /// Zero-filled.
  Tensor(DType dtype, Shape shape);
  /// Copies `values`, whose count must be the shape's.
  template <class T>
  static Tensor from(Shape shape, std::span<const T> values);

  [[nodiscard]] DType dtype() const { return dtype_; }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] std::int64_t elements() const { return shape_.elements(); }
  [[nodiscard]] std::int64_t size_bytes() const { return elements() * size_of(dtype_); }
  [[nodiscard]] bool empty() const { return storage_ == nullptr; }

  /// The elements; T must be the tensor's own element type.
  template <class T>
  [[nodiscard]] std::span<T> data() {
    CARNYX_ENSURE(kDTypeOf<T> == dtype_);
    return {reinterpret_cast<T*>(storage_.get()), static_cast<std::size_t>(elements())};
  }
  template <class T>
  [[nodiscard]] std::span<const T> data() const {
    CARNYX_ENSURE(kDTypeOf<T> == dtype_);
    return {reinterpret_cast<const T*>(storage_.get()), static_cast<std::size_t>(elements())};
  }
  [[nodiscard]] std::byte* bytes() { return storage_.get(); }
  [[nodiscard]] const std::byte* bytes() const { return storage_.get(); }

  /// An independent copy.
  [[nodiscard]] Tensor clone() const;
  /// The same storage under another shape of as many elements.
  [[nodiscard]] Tensor reshaped(Shape shape) const;
  /// A copy whose elements are converted; to bfloat16 rounds to nearest even.
  [[nodiscard]] Tensor as(DType dtype) const;
  /// Element `index` in row-major order, as a double. For tests and printing.
  [[nodiscard]] double at(std::int64_t index) const;

 private:
  DType dtype_ = DType::Float32;
  Shape shape_;
  std::shared_ptr<std::byte[]> storage_;  // shared by every handle copied from this one
};

/// Element `index` of an array of `dtype`, as a double; and its writing, rounded to the dtype.
double load_element(const std::byte* data, DType dtype, std::int64_t index);
void store_element(std::byte* data, DType dtype, std::int64_t index, double value);

/// 64-byte aligned, zero-filled memory of `size_bytes`; large blocks ask for huge pages.
std::shared_ptr<std::byte[]> aligned_storage(std::int64_t size_bytes);
/// The same with no promise of what it holds: what is never touched takes no memory.
std::shared_ptr<std::byte[]> untouched_storage(std::int64_t size_bytes);

template <class T>
Tensor Tensor::from(Shape shape, std::span<const T> values) {
  Tensor tensor(kDTypeOf<T>, std::move(shape));
  CARNYX_ENSURE(static_cast<std::int64_t>(values.size()) == tensor.elements());
  std::copy(values.begin(), values.end(), tensor.data<T>().begin());
  return tensor;
}

}  // namespace carnyx

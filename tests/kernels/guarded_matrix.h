// For tests of kernels that meet other formats than matmuls do, or several threads: one matrix of
// any dtype between guards, and a pool to run one kernel on.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "carnyx/kernels/kernel.h"
#include "carnyx/kernels/thread_pool.h"
#include "carnyx/tensor/tensor.h"

namespace carnyx::kernels {

inline constexpr Format kFloatPanels = {Layout::Panels, DType::Float32};
inline constexpr Format kFloatRows = {Layout::Rows, DType::Float32};
inline constexpr Format kBfloatPanels = {Layout::Panels, DType::Bfloat16};
inline constexpr Format kBfloatRows = {Layout::Rows, DType::Bfloat16};

/// A matrix whose memory begins as garbage, padding included, with guards that nobody may touch.
class GuardedMatrix {
 public:
  GuardedMatrix(Format format, Shape shape)
      : format_(format),
        shape_(std::move(shape)),
        size_(size_bytes(format, shape_)),
        storage_(aligned_storage(size_ + 2 * kGuard)) {
    std::memset(storage_.get(), kGarbage, static_cast<std::size_t>(size_ + 2 * kGuard));
  }

  [[nodiscard]] std::byte* bytes() const { return storage_.get() + kGuard; }
  [[nodiscard]] const Format& format() const { return format_; }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] Operand operand(int buffer) const { return {buffer, format_, shape_}; }

  [[nodiscard]] double at(std::int64_t row, std::int64_t column) const {
    return element(offset(format_.layout, shape_.rows(), shape_.columns(), row, column));
  }
  void put(std::int64_t row, std::int64_t column, double value) {
    put_element(offset(format_.layout, shape_.rows(), shape_.columns(), row, column), value);
  }
  /// Calls value(row, column) for each element; padding becomes zero.
  template <class Function>
  GuardedMatrix& fill(const Function& value) {
    std::memset(bytes(), 0, static_cast<std::size_t>(size_));
    for (std::int64_t row = 0; row < shape_.rows(); ++row) {
      for (std::int64_t column = 0; column < shape_.columns(); ++column) {
        put(row, column, value(row, column));
      }
    }
    return *this;
  }
  [[nodiscard]] bool padding_is_zero() const {
    if (format_.layout == Layout::Rows) return true;
    const std::int64_t padded = panel_count(shape_.columns()) * kPanel;
    for (std::int64_t row = 0; row < shape_.rows(); ++row) {
      for (std::int64_t column = shape_.columns(); column < padded; ++column) {
        if (at(row, column) != 0) return false;
      }
    }
    return true;
  }
  [[nodiscard]] bool guards_are_intact() const {
    const auto untouched = [](std::byte b) { return b == std::byte{kGarbage}; };
    return std::all_of(storage_.get(), bytes(), untouched) &&
           std::all_of(bytes() + size_, bytes() + size_ + kGuard, untouched);
  }
  /// All of its memory, to compare bit for bit.
  [[nodiscard]] std::string memory() const {
    return {reinterpret_cast<const char*>(bytes()), static_cast<std::size_t>(size_)};
  }

 private:
  static constexpr std::int64_t kGuard = 256;
  static constexpr unsigned char kGarbage = 0xA5;

  [[nodiscard]] double element(std::int64_t index) const {
    return visit([&]<class T>(T*) {
      const T value = reinterpret_cast<const T*>(bytes())[index];
      if constexpr (std::is_same_v<T, Bfloat16>) {
        return double{value.to_float()};
      } else {
        return static_cast<double>(value);
      }
    });
  }
  void put_element(std::int64_t index, double value) {
    visit([&]<class T>(T*) {
      T& to = reinterpret_cast<T*>(bytes())[index];
      if constexpr (std::is_same_v<T, Bfloat16>) {
        to = T::from_float(static_cast<float>(value));
      } else {
        to = static_cast<T>(value);
      }
      return 0.0;
    });
  }
  template <class Function>
  double visit(const Function& function) const {
    switch (format_.dtype) {
      case DType::Float32:
        return function(static_cast<float*>(nullptr));
      case DType::Float64:
        return function(static_cast<double*>(nullptr));
      case DType::Bfloat16:
        return function(static_cast<Bfloat16*>(nullptr));
      case DType::Uint8:
        return function(static_cast<std::uint8_t*>(nullptr));
      case DType::Int32:
        return function(static_cast<std::int32_t*>(nullptr));
      case DType::Int64:
        return function(static_cast<std::int64_t*>(nullptr));
    }
    return 0;
  }

  Format format_;
  Shape shape_;
  std::int64_t size_;
  std::shared_ptr<std::byte[]> storage_;  // of this matrix alone
};

/// Runs the kernel on a pool of `threads`; buffer i is buffers[i].
inline void run_on_pool(const Kernel& kernel,
                        const std::vector<std::byte*>& buffers,
                        const StepContext& context,
                        int threads = 1) {
  ThreadPool pool(threads);
  pool.reserve_scratch(kernel.scratch_bytes());
  const Kernel* const phase[] = {&kernel};
  pool.run(phase, buffers.data(), context);
}

}  // namespace carnyx::kernels

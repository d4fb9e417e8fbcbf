// Buffers for tests of kernels: matrices in any format, with guard bytes around them, and a way to
// run every chunk of a kernel on one thread.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include "carnyx/base/rng.h"
#include "carnyx/kernels/isa.h"
#include "carnyx/kernels/kernel.h"
#include "carnyx/tensor/tensor.h"

namespace carnyx::kernels {

/// A matrix of doubles, row-major: the tests' own arithmetic.
struct Matrix {
  std::int64_t rows = 0, columns = 0;
  std::vector<double> values;

  Matrix(std::int64_t rows_, std::int64_t columns_)
      : rows(rows_), columns(columns_), values(static_cast<std::size_t>(rows_ * columns_)) {}
  double& at(std::int64_t row, std::int64_t column) {
    return values[static_cast<std::size_t>(row * columns + column)];
  }
  [[nodiscard]] double at(std::int64_t row, std::int64_t column) const {
    return values[static_cast<std::size_t>(row * columns + column)];
  }
};

inline Matrix random_matrix(std::int64_t rows, std::int64_t columns, Rng& rng) {
  Matrix matrix(rows, columns);
  for (double& value : matrix.values) value = rng.uniform(-1, 1);
  return matrix;
}

/// The program's buffers of one test. Padding begins as zeros; what an output holds before a kernel
/// has written it is garbage.
class GuardedBuffers {
 public:
  /// A buffer that holds `matrix`, rounded to the format's dtype; `matrix` is rounded with it.
  Operand add(Layout layout, DType dtype, Matrix& matrix) { return add({layout, dtype}, matrix); }
  Operand add(Format format, Matrix& matrix) {
    const Operand operand = add_garbage(format, matrix.rows, matrix.columns);
    std::fill(bytes_.back().get() + kGuard, end(operand), std::byte{0});
    for (std::int64_t row = 0; row < matrix.rows; ++row) {
      for (std::int64_t column = 0; column < matrix.columns; ++column) {
        double& value = matrix.at(row, column);
        double left = value;
        value = 0;
        for (int part = 0; part < format.parts; ++part) {
          const double stored = rounded(left, format.dtype);
          write(operand, row, column, part, stored);
          value += stored;
          left -= stored;
        }
      }
    }
    return operand;
  }

  Operand add_garbage(Layout layout, DType dtype, std::int64_t rows, std::int64_t columns) {
    return add_garbage({layout, dtype}, rows, columns);
  }
  Operand add_garbage(Format format, std::int64_t rows, std::int64_t columns) {
    const Operand operand{static_cast<int>(bytes_.size()), format, Shape({rows, columns})};
    const auto size = static_cast<std::size_t>(size_bytes(operand.format, operand.shape));
    bytes_.push_back(aligned_storage(static_cast<std::int64_t>(size) + 2 * kGuard));
    sizes_.push_back(size);
    std::memset(bytes_.back().get(), 0xA5, size + 2 * kGuard);
    addresses_.push_back(bytes_.back().get() + kGuard);
    return operand;
  }

  [[nodiscard]] Matrix read(const Operand& operand) const {
    Matrix matrix(operand.shape.rows(), operand.shape.columns());
    for (std::int64_t row = 0; row < matrix.rows; ++row) {
      for (std::int64_t column = 0; column < matrix.columns; ++column) {
        matrix.at(row, column) = element(operand, row, column);
      }
    }
    return matrix;
  }

  [[nodiscard]] std::vector<std::byte> content(const Operand& operand) const {
    return {addresses_[index(operand)], addresses_[index(operand)] + sizes_[index(operand)]};
  }

  /// Every guard byte is as it was, and the padding that must be zero is.
  void expect_intact(const Operand& operand) const {
    const std::byte* first = addresses_[index(operand)];
    for (std::int64_t i = 1; i <= kGuard; ++i) {
      ASSERT_EQ(*(first - i), std::byte{0xA5}) << "written before buffer " << operand.buffer;
      ASSERT_EQ(*(end(operand) + i - 1), std::byte{0xA5})
          << "written behind buffer " << operand.buffer;
    }
    const auto [rows, columns] = padded_shape(operand);
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t column = 0; column < columns; ++column) {
        if (row < operand.shape.rows() && column < operand.shape.columns()) continue;
        ASSERT_EQ(element(operand, row, column), 0) << "padding at " << row << ", " << column;
      }
    }
  }

  std::byte** addresses() { return addresses_.data(); }

 private:
  static constexpr std::int64_t kGuard = 64;

  static std::size_t index(const Operand& operand) {
    return static_cast<std::size_t>(operand.buffer);
  }
  [[nodiscard]] std::byte* end(const Operand& operand) const {
    return addresses_[index(operand)] + sizes_[index(operand)];
  }
  /// The matrix with the padding that must be zero.
  static std::pair<std::int64_t, std::int64_t> padded_shape(const Operand& operand) {
    const std::int64_t rows = operand.shape.rows(), columns = operand.shape.columns();
    switch (operand.format.layout) {
      case Layout::Panels:
        return {rows, panel_count(columns) * kPanel};
      case Layout::RowTiles:
        return {rows, blocks_of(columns, kLineWidth) * kLineWidth};
      case Layout::ColumnTiles:
        return {blocks_of(rows, kLineWidth) * kLineWidth, columns};
      default:
        return {rows, columns};
    }
  }
  [[nodiscard]] std::byte* place(const Operand& operand,
                                 std::int64_t row,
                                 std::int64_t column,
                                 int part) const {
    const Layout layout = operand.format.layout;
    const std::int64_t rows = operand.shape.rows(), columns = operand.shape.columns();
    const std::int64_t elements =
        offset(layout, rows, columns, row, column) + part * padded_elements(layout, rows, columns);
    return addresses_[index(operand)] + elements * size_of(operand.format.dtype);
  }

  template <class T>
  static T load(const std::byte* from) {
    T value;
    std::memcpy(&value, from, sizeof(T));
    return value;
  }
  template <class T>
  static void store(std::byte* to, T value) {
    std::memcpy(to, &value, sizeof(T));
  }

  [[nodiscard]] double element(const Operand& operand,
                               std::int64_t row,
                               std::int64_t column) const {
    double sum = 0;
    for (int part = 0; part < operand.format.parts; ++part) {
      sum += element(operand, row, column, part);
    }
    return sum;
  }
  [[nodiscard]] double element(const Operand& operand,
                               std::int64_t row,
                               std::int64_t column,
                               int part) const {
    const std::byte* from = place(operand, row, column, part);
    switch (operand.format.dtype) {
      case DType::Float32:
        return load<float>(from);
      case DType::Bfloat16:
        return load<Bfloat16>(from).to_float();
      case DType::Uint8:
        return load<std::uint8_t>(from);
      default:
        return load<std::int32_t>(from);
    }
  }
  void write(
      const Operand& operand, std::int64_t row, std::int64_t column, int part, double value) {
    std::byte* to = place(operand, row, column, part);
    switch (operand.format.dtype) {
      case DType::Float32:
        return store(to, static_cast<float>(value));
      case DType::Bfloat16:
        return store(to, Bfloat16::from_float(static_cast<float>(value)));
      case DType::Uint8:
        return store(to, static_cast<std::uint8_t>(value));
      default:
        return store(to, static_cast<std::int32_t>(value));
    }
  }

  std::vector<std::shared_ptr<std::byte[]>> bytes_;
  std::vector<std::byte*> addresses_;
  std::vector<std::size_t> sizes_;
};

enum class ChunkOrder { Forward, Backward, Shuffled };

/// Every chunk once, with scratch that is as large as the kernel says and full of NaN.
inline void run_chunks(const Kernel& kernel,
                       GuardedBuffers& buffers,
                       const StepContext& context,
                       ChunkOrder order = ChunkOrder::Forward) {
  const auto size = static_cast<std::size_t>(kernel.scratch_bytes());
  const std::shared_ptr<std::byte[]> scratch = aligned_storage(kernel.scratch_bytes() + 64);
  std::memset(scratch.get(), 0xFF, size);
  std::vector<std::int64_t> chunks(static_cast<std::size_t>(kernel.chunks()));
  std::iota(chunks.begin(), chunks.end(), 0);
  if (order == ChunkOrder::Backward) std::reverse(chunks.begin(), chunks.end());
  if (order == ChunkOrder::Shuffled) shuffle<std::int64_t>(chunks, Rng(5));
  for (const std::int64_t chunk : chunks) {
    kernel.run(chunk, {buffers.addresses(), context, {scratch.get(), size}});
  }
  for (std::size_t i = size; i < size + 64; ++i) {
    ASSERT_EQ(scratch[i], std::byte{0}) << "written behind the scratch memory";
  }
}

/// Calls `test` under each instruction set of this machine, the plain scalar code included.
inline void for_each_isa(const std::function<void()>& test) {
  for (const Isa isa : available_isas()) {
    SCOPED_TRACE(name_of(isa));
    select_isa(name_of(isa));
    test();
  }
  {
    SCOPED_TRACE("scalar");
    hwy::SetSupportedTargetsForTest(HWY_SCALAR);
    test();
  }
  select_isa("auto");
}

inline std::string describe(const Operand& operand) {
  constexpr std::array kLayoutNames = {"Rows", "Panels", "RowTiles", "ColumnTiles"};
  return std::string(kLayoutNames[static_cast<std::size_t>(operand.format.layout)]) + " " +
         std::string(name_of(operand.format.dtype)) + " x" + std::to_string(operand.format.parts) +
         " " + operand.shape.to_string();
}

}  // namespace carnyx::kernels

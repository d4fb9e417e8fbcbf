#include "kernels/cpu/reorder.h"

#include <algorithm>
#include <array>
#include <memory>
#include <type_traits>
#include <utility>

#include "carnyx/base/ensure.h"
#include "carnyx/kernels/steps.h"

#include "kernels/cpu/element_type.h"
#include "kernels/cpu/strip.h"

namespace carnyx::kernels {
namespace {

constexpr std::int64_t kBlockRows = 64;
constexpr std::int64_t kBlockColumns = 256;

template <class To, class From>
To converted(From value) {
  if constexpr (std::is_same_v<From, To>) {
    return value;
  } else if constexpr (std::is_same_v<From, Bfloat16>) {
    return static_cast<To>(value.to_float());
  } else if constexpr (std::is_same_v<To, Bfloat16>) {
    return Bfloat16::from_float(static_cast<float>(value));
  } else {
    return static_cast<To>(value);
  }
}

/// Rows, Panels and RowTiles keep the columns of a panel together: runs of up to sixteen elements
/// move.
template <class From, class To>
void convert_runs(
    const Operand& from, const Operand& to, const Block& block, const From* source, To* target) {
  const std::int64_t rows = from.shape.rows();
  const std::int64_t columns = from.shape.columns();
  for (std::int64_t column = block.first_column; column < block.column_end; column += kPanel) {
    const std::int64_t width = std::min(kPanel, block.column_end - column);
    const std::int64_t padding = to.format.layout == Layout::Panels ? kPanel - width : 0;
    for (std::int64_t row = block.first_row; row < block.row_end; ++row) {
      const From* values = source + offset(from.format.layout, rows, columns, row, column);
      To* const run = target + offset(to.format.layout, rows, columns, row, column);
      std::transform(values, values + width, run, converted<To, From>);
      std::fill_n(run + width, padding, To{});
    }
  }
}

void convert_block(const Operand& from,
                   const Operand& to,
                   const Block& block,
                   const Arguments& arguments) {
  with_element_type(from.format.dtype, [&]<class From>(From) {
    with_element_type(to.format.dtype, [&]<class To>(To) {
      const From* source = arguments.address<From>(from.buffer);
      convert_runs(from, to, block, source, arguments.address<To>(to.buffer));
    });
  });
}

bool is_strip_type(DType dtype) {
  return dtype == DType::Float32 || dtype == DType::Bfloat16;
}

/// The same for float32 and bfloat16, in vectors.
void convert_strips(const Operand& from,
                    const Operand& to,
                    const Block& block,
                    const Arguments& arguments) {
  alignas(64) std::array<float, kBlockRows * kPanel> spare;
  for (std::int64_t column = block.first_column; column < block.column_end; column += kPanel) {
    for (std::int64_t row = block.first_row; row < block.row_end; row += kBlockRows) {
      const StripPlace place = strip_place(
          row, std::min(kBlockRows, block.row_end - row), column / kPanel, from.shape.columns());
      const float* strip = read_strip(from, arguments.buffers[from.buffer], place, spare.data());
      store_strip(strip, place, to, arguments.buffers[to.buffer]);
    }
  }
}

class Reorder final : public Kernel {
 public:
  Reorder(Operand from, Operand to)
      : from_(std::move(from)),
        to_(std::move(to)),
        grid_(to_.format.layout, to_.shape.rows(), to_.shape.columns(), kBlockRows, kBlockColumns) {
  }

  [[nodiscard]] std::int64_t chunks() const override { return grid_.count(); }

  void run(std::int64_t chunk, const Arguments& arguments) const override {
    reorder_block(from_, to_, grid_[chunk], arguments);
  }

 private:
  Operand from_;
  Operand to_;
  BlockGrid grid_;
};

}  // namespace

void reorder_block(const Operand& from,
                   const Operand& to,
                   const Block& block,
                   const Arguments& arguments) {
  const bool strips = is_strip_type(from.format.dtype) && is_strip_type(to.format.dtype);
  const bool panels = from.format.layout != Layout::Rows || to.format.layout != Layout::Rows;
  (strips && panels ? convert_strips : convert_block)(from, to, block, arguments);
}

std::unique_ptr<Kernel> make_reorder(Operand from, Operand to) {
  CARNYX_ENSURE(from.shape == to.shape);
  return std::make_unique<Reorder>(std::move(from), std::move(to));
}

}  // namespace carnyx::kernels

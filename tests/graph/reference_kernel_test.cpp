#include "graph/plan/reference_kernel.h"

#include <array>
#include <limits>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/graph/ops.h"
#include "carnyx/kernels/thread_pool.h"

#include "graph/ops/elementwise.h"

namespace carnyx::plan {
namespace {

using kernels::Layout;

TEST(ReferenceKernel, LeavesZerosInThePaddingOfABufferThatHeldOthersNumbers) {
  const Shape shape{3, 10};
  for (const Layout layout : {Layout::Panels, Layout::RowTiles}) {
    const kernels::Format format{layout, DType::Float32};
    const auto padded =
        static_cast<std::size_t>(kernels::padded_elements(layout, shape.rows(), shape.columns()));
    std::vector<float> x(30, 2);
    std::vector<float> y(padded, std::numeric_limits<float>::quiet_NaN());
    const kernels::Operand from{.buffer = 0, .format = {Layout::Rows}, .shape = shape};
    const kernels::Operand to{.buffer = 1, .format = format, .shape = shape};
    const auto kernel =
        make_reference(std::make_shared<ops::Unary>(kernels::UnaryKind::Square, 0.0), {from}, {to});
    std::array buffers = {reinterpret_cast<std::byte*>(x.data()),
                          reinterpret_cast<std::byte*>(y.data())};
    const kernels::Kernel* const kernels = kernel.get();
    kernels::ThreadPool pool(1);
    pool.reserve_scratch(kernel->scratch_bytes());

    pool.run({&kernels, 1}, buffers.data(), {});

    float sum = 0;
    for (const float value : y) sum += value;
    EXPECT_EQ(sum, 30 * 4);
  }
}

}  // namespace
}  // namespace carnyx::plan

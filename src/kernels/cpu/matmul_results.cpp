#include "kernels/cpu/matmul_results.h"

#undef HWY_TARGET_INCLUDE
// NOLINTNEXTLINE(readability-identifier-naming)
#define HWY_TARGET_INCLUDE "kernels/cpu/matmul_results.cpp"

#include <string>

#include "carnyx/base/error.h"

#include "kernels/cpu/stages.h"
#include "kernels/cpu/targets.h"
#include "kernels/cpu/update_strip.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void sum_strip(const float* strip, std::int64_t rows, float* sum) {
  using D = hn::CappedTag<float, kPanel>;
  const D d;
  constexpr std::int64_t kLanes = hn::MaxLanes(D());
  for (std::int64_t column = 0; column < kPanel; column += kLanes) {
    hn::Vec<D> sums[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
    std::int64_t row = 0;
    for (; row + 4 <= rows; row += 4) {
      HWY_UNROLL(4) for (std::int64_t i = 0; i < 4; ++i) {
        sums[i] = hn::Add(sums[i], hn::LoadU(d, strip + (row + i) * kPanel + column));
      }
    }
    for (; row < rows; ++row) {
      sums[0] = hn::Add(sums[0], hn::LoadU(d, strip + row * kPanel + column));
    }
    hn::StoreU(hn::Add(hn::Add(sums[0], sums[1]), hn::Add(sums[2], sums[3])), d, sum + column);
  }
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace carnyx::kernels {

HWY_EXPORT(sum_strip);

void sum_rows(const float* strip, std::int64_t rows, float* sum) {
  HWY_DYNAMIC_DISPATCH(sum_strip)(strip, rows, sum);
}

void finish_strip(const MatmulSpec& spec,
                  const StripPlace& place,
                  const Arguments& arguments,
                  bool is_scaled,
                  float* strip,
                  float* spare) {
  run_stages(spec.stages, place, arguments, strip, spare);
  if (!spec.update) return;
  const auto scale = static_cast<float>(arguments.context.gradient_scale);
  update_strip(*spec.update, place, arguments, is_scaled ? 1 : scale, strip);
}

void finish_column_sum(const ColumnSum& wanted,
                       std::int64_t columns,
                       std::int64_t panel,
                       const Arguments& arguments,
                       float* sum) {
  const StripPlace place = strip_place(0, 1, panel, columns);
  if (wanted.store) store_strip(sum, place, *wanted.store, arguments.buffers[wanted.store->buffer]);
  if (!wanted.update) return;
  const auto scale = static_cast<float>(arguments.context.gradient_scale);
  update_strip(*wanted.update, place, arguments, scale, sum);
}

void check_column_sum(const ColumnSum& wanted, std::int64_t columns, std::string_view place) {
  if (wanted.store) check_operand(*wanted.store, 1, columns, false, place);
  if (wanted.update) check_update(*wanted.update, 1, columns, place);
}

void check_matmul(const MatmulSpec& spec) {
  if (spec.m < 0 || spec.n < 0 || spec.k < 0) {
    throw InvalidArgument("matmul: expected m, n and k of 0 or more, got " +
                          Shape({spec.m, spec.n, spec.k}).to_string());
  }
  const auto check_stored = [](const Operand& operand,
                               std::int64_t rows,
                               std::int64_t columns,
                               bool transposed,
                               const char* name) {
    check_operand(operand, transposed ? columns : rows, transposed ? rows : columns, true, name);
  };
  check_stored(spec.a, spec.m, spec.k, spec.transpose_a, "matmul: a");
  check_stored(spec.b, spec.k, spec.n, spec.transpose_b, "matmul: b");
  check_stages(spec.stages, spec.m, spec.n, "matmul");
  if (spec.update) check_update(*spec.update, spec.m, spec.n, "matmul");
  if (spec.column_sum) check_column_sum(*spec.column_sum, spec.n, "matmul: column sum");
}

}  // namespace carnyx::kernels
#endif

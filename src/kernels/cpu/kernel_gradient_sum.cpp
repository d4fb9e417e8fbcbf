// Adds up the parts of a kernel's gradient, and what becomes of the sum.
#include <utility>

#include "carnyx/base/ensure.h"
#include "carnyx/kernels/convolution.h"

#include "kernels/cpu/convolution_plan.h"
#include "kernels/cpu/stages.h"
#include "kernels/cpu/update_strip.h"

namespace carnyx::kernels {
namespace {

/// A chunk is a strip of the kernel's matrix.
class Sum final : public Kernel {
 public:
  explicit Sum(KernelGradientSum spec)
      : spec_(std::move(spec)),
        rows_(spec_.convolution.kernel.rows()),
        columns_(spec_.convolution.kernel.columns()),
        plan_(plan_kernel_gradient(spec_.convolution.result.rows(), rows_, columns_)),
        strips_((rows_ + kStripRows - 1) / kStripRows) {}

  [[nodiscard]] std::int64_t chunks() const override { return strips_ * panel_count(columns_); }
  [[nodiscard]] std::int64_t scratch_bytes() const override {
    return 2 * kStripRows * kPanel * static_cast<std::int64_t>(sizeof(float));
  }
  void run(std::int64_t chunk, const Arguments& arguments) const override {
    const std::int64_t panel = chunk / strips_;
    const std::int64_t row = chunk % strips_ * kStripRows;
    const StripPlace place = strip_place(row, std::min(kStripRows, rows_ - row), panel, columns_);
    auto* strip = reinterpret_cast<float*>(arguments.scratch.data());
    add_parts(place, arguments, strip);
    run_stages(spec_.stages, place, arguments, strip, strip + kStripRows * kPanel);
    if (!spec_.update) return;
    const auto scale = static_cast<float>(arguments.context.gradient_scale);
    update_strip(*spec_.update, place, arguments, scale, strip);
  }

 private:
  void add_parts(const StripPlace& place, const Arguments& arguments, float* strip) const {
    const float* part = arguments.address<float>(spec_.partials.buffer) +
                        (place.panel * rows_ + place.row) * kPanel;
    const std::int64_t count = place.rows * kPanel;
    std::copy_n(part, count, strip);
    for (std::int64_t i = 1; i < plan_.parts; ++i) {
      part += plan_.elements;
      for (std::int64_t j = 0; j < count; ++j) strip[j] += part[j];
    }
  }

  KernelGradientSum spec_;
  std::int64_t rows_, columns_;
  KernelGradientPlan plan_;
  std::int64_t strips_;
};

}  // namespace

std::unique_ptr<Kernel> make_kernel_gradient_sum(KernelGradientSum spec) {
  const Shape& kernel = spec.convolution.kernel;
  CARNYX_ENSURE(spec.partials.shape.elements() == kernel_gradient_partials(spec.convolution));
  check_stages(spec.stages, kernel.rows(), kernel.columns(), "kernel gradient");
  if (spec.update) check_update(*spec.update, kernel.rows(), kernel.columns(), "kernel gradient");
  return std::make_unique<Sum>(std::move(spec));
}

}  // namespace carnyx::kernels

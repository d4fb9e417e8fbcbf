// The built-in rules: the specification in double, and the fast form that kernels have.
#pragma once

#include "carnyx/kernels/steps.h"
#include "carnyx/kernels/update_rule.h"

namespace carnyx {

class SgdRule final : public kernels::UpdateRule {
 public:
  explicit SgdRule(kernels::SgdParameters parameters) : parameters_(parameters) {}
  [[nodiscard]] std::span<const std::string_view> slot_names() const override;
  void apply(const kernels::UpdateBlock<float>& block) const override {
    kernels::sgd_update(parameters_, block);
  }
  void apply(const kernels::UpdateBlock<double>& block) const override;

 private:
  kernels::SgdParameters parameters_;
};

class RmspropRule final : public kernels::UpdateRule {
 public:
  explicit RmspropRule(kernels::RmspropParameters parameters) : parameters_(parameters) {}
  [[nodiscard]] std::span<const std::string_view> slot_names() const override;
  void apply(const kernels::UpdateBlock<float>& block) const override {
    kernels::rmsprop_update(parameters_, block);
  }
  void apply(const kernels::UpdateBlock<double>& block) const override;

 private:
  kernels::RmspropParameters parameters_;
};

class AdamRule final : public kernels::UpdateRule {
 public:
  explicit AdamRule(kernels::AdamParameters parameters) : parameters_(parameters) {}
  [[nodiscard]] std::span<const std::string_view> slot_names() const override;
  void apply(const kernels::UpdateBlock<float>& block) const override {
    kernels::adam_update(parameters_, block);
  }
  void apply(const kernels::UpdateBlock<double>& block) const override;

 private:
  kernels::AdamParameters parameters_;
};

}  // namespace carnyx

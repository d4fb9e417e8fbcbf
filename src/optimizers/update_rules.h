// The built-in rules: the specification in double, and the fast form that kernels have.
#pragma once

#include <vector>

#include "carnyx/kernels/update_rules.h"

namespace carnyx {

std::span<const std::string_view> slot_names(const kernels::SgdParameters& parameters);
std::span<const std::string_view> slot_names(const kernels::RmspropParameters& parameters);
std::span<const std::string_view> slot_names(const kernels::AdamParameters& parameters);
std::span<const std::string_view> slot_names(const kernels::AdamaxParameters& parameters);
std::span<const std::string_view> slot_names(const kernels::NadamParameters& parameters);
std::span<const std::string_view> slot_names(const kernels::AdadeltaParameters& parameters);
std::span<const std::string_view> slot_names(const kernels::AdagradParameters& parameters);
std::span<const std::string_view> slot_names(const kernels::FtrlParameters& parameters);
std::span<const std::string_view> slot_names(const kernels::LionParameters& parameters);

using DoubleBlock = kernels::UpdateBlock<double>;
void specification(const kernels::SgdParameters& parameters, const DoubleBlock& block);
void specification(const kernels::RmspropParameters& parameters, const DoubleBlock& block);
void specification(const kernels::AdamParameters& parameters, const DoubleBlock& block);
void specification(const kernels::AdamaxParameters& parameters, const DoubleBlock& block);
void specification(const kernels::NadamParameters& parameters, const DoubleBlock& block);
void specification(const kernels::AdadeltaParameters& parameters, const DoubleBlock& block);
void specification(const kernels::AdagradParameters& parameters, const DoubleBlock& block);
void specification(const kernels::FtrlParameters& parameters, const DoubleBlock& block);
void specification(const kernels::LionParameters& parameters, const DoubleBlock& block);

/// A rule by its parameters.
template <class Parameters>
class BuiltInRule final : public kernels::UpdateRule {
 public:
  /// `first_slot`: what the first slot begins with.
  explicit BuiltInRule(Parameters parameters, double first_slot = 0)
      : parameters_(parameters), first_slot_(first_slot) {}
  [[nodiscard]] std::span<const std::string_view> slot_names() const override {
    return carnyx::slot_names(parameters_);
  }
  [[nodiscard]] double initial_value(std::size_t slot) const override {
    return slot == 0 ? first_slot_ : 0;
  }
  [[nodiscard]] bool scales() const override { return true; }
  void apply(const kernels::UpdateBlock<float>& block) const override {
    kernels::apply_update(parameters_, block);
  }
  void apply(const DoubleBlock& block) const override { specification(parameters_, block); }

 private:
  Parameters parameters_;
  double first_slot_;
};

}  // namespace carnyx

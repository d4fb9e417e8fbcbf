#pragma once

#include <cstdint>
#include <span>

namespace carnyx {

/// The processes that train one model together, as the training loop sees them. Every call is
/// collective: all replicas make the same calls in the same order.
class Replicas {
 public:
  virtual ~Replicas() = default;
  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int size() const = 0;
  /// Replaces the gradient by its sum over all replicas, the same bits on each.
  virtual void reduce(std::span<float> gradient) = 0;
  /// Sums counts and metric sums over all replicas.
  virtual void sum(std::span<double> numbers) = 0;
  /// Copies rank 0's bytes to all.
  virtual void broadcast(std::span<std::byte> bytes) = 0;
  /// Whether any replica wants to leave or to end the training: then all do, after the same step.
  [[nodiscard]] virtual bool leave_together(bool wanted) = 0;
};

/// A process that trains alone.
class OneProcess final : public Replicas {
 public:
  [[nodiscard]] int rank() const override { return 0; }
  [[nodiscard]] int size() const override { return 1; }
  void reduce(std::span<float>) override {}
  void sum(std::span<double>) override {}
  void broadcast(std::span<std::byte>) override {}
  [[nodiscard]] bool leave_together(bool wanted) override { return wanted; }
};

}  // namespace carnyx

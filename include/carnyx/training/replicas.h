#pragma once

#include <cstdint>
#include <span>

namespace carnyx {

/// The processes that train one model together, as the training loop sees them. Every call is
/// collective: all replicas make the same calls in the same order.
///
/// A step is that of one process with the whole batch, but for layers that look at several samples:
/// BatchNormalization normalises each replica's rows by their own statistics. What it moves towards
/// is the mean of those, each by its share of the batch's rows, so that moving statistics are the
/// same on all; the variance between replicas is not in it. Source: Goyal et al., 2017, section 3;
/// Keras's layer under a distribution strategy.
class Replicas {
 public:
  virtual ~Replicas() = default;
  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int size() const = 0;
  /// Replaces the gradient, and the shares of moving statistics behind it, by their sums over all
  /// replicas, the same bits on each.
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

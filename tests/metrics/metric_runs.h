// Metrics run over batches of given rows, as the trainer runs them.
#pragma once

#include <algorithm>
#include <vector>

#include "carnyx/graph/program.h"
#include "carnyx/metrics/metrics.h"

namespace carnyx {

struct MetricRows {
  Tensor target;
  Tensor output;
  Tensor weights = {};  ///< empty: none
};

struct MetricRun {
  std::int64_t batch = 4;
  Backend backend = Backend::Cpu;
  DType dtype = DType::Float32;
};

inline Shape sample_of(const Tensor& tensor) {
  const auto& axes = tensor.shape().axes();
  return Shape(std::vector<std::int64_t>(axes.begin() + 1, axes.end()));
}

/// The metric's graph for one batch, and the sums of what it ran over.
class MetricProgram {
 public:
  MetricProgram(const Metric& metric, const MetricRows& rows, const MetricRun& run)
      : metric_(metric), batch_(run.batch) {
    GraphBuilder builder(Mode::Inference, run.batch);
    const bool labels = !is_floating(rows.target.dtype());
    MetricInputs inputs{.target = builder.input(
                            "y", sample_of(rows.target), labels ? DType::Int32 : DType::Float32),
                        .output = builder.input("x", sample_of(rows.output))};
    if (!rows.weights.empty()) inputs.weight = builder.input("weight", {});
    std::int64_t elements = 0;
    for (const Value sum : metric.build(builder, inputs)) {
      builder.result(std::to_string(parts_.size()), sum);
      parts_.push_back(sum.shape().elements());
      elements += sum.shape().elements();
    }
    sums_.assign(static_cast<std::size_t>(elements), 0);
    const auto graph = builder.finish();
    program_.emplace(*graph, states_, pool_, ProgramOptions{run.backend, run.dtype});
    program_->bind("y", {.rows = rows.target.bytes(), .dtype = rows.target.dtype()});
    program_->bind("x", {.rows = rows.output.bytes(), .dtype = rows.output.dtype()});
    if (!rows.weights.empty()) program_->bind("weight", {.rows = rows.weights.bytes()});
  }

  /// Adds the rows [first, first + count), in batches.
  void add(std::int64_t first, std::int64_t count) {
    for (std::int64_t row = first; row < first + count; row += batch_) {
      std::vector<std::int64_t> indices;
      for (std::int64_t i = row; i < std::min(row + batch_, first + count); ++i) {
        indices.push_back(i);
      }
      step(indices);
    }
  }
  void step(const std::vector<std::int64_t>& indices) {
    program_->prime(indices);
    program_->run({.valid_rows = static_cast<std::int64_t>(indices.size())});
    rows_ += static_cast<double>(indices.size());
    std::span<double> rest(sums_);
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      std::vector<double> part(static_cast<std::size_t>(parts_[i]));
      program_->read(std::to_string(i), part);
      for (std::size_t k = 0; k < part.size(); ++k) rest[k] += part[k];
      rest = rest.subspan(part.size());
    }
  }

  [[nodiscard]] const std::vector<double>& sums() const { return sums_; }
  [[nodiscard]] std::vector<double> result() const { return metric_.result(sums_, rows_); }

 private:
  const Metric& metric_;
  std::int64_t batch_;
  std::vector<std::int64_t> parts_;
  std::vector<double> sums_;
  double rows_ = 0;
  StateStore states_;
  kernels::ThreadPool pool_{1};
  std::optional<Program> program_;
};

inline std::vector<double> result_of(const Metric& metric,
                                     const MetricRows& rows,
                                     const MetricRun& run = {}) {
  MetricProgram program(metric, rows, run);
  program.add(0, rows.output.shape()[0]);
  return program.result();
}

}  // namespace carnyx

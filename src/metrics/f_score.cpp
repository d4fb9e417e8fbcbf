#include "carnyx/metrics/f_score.h"

#include <array>

#include "carnyx/losses/targets.h"

#include "metrics/column_sums.h"
#include "metrics/epsilon.h"
#include "metrics/option_fields.h"

namespace carnyx::metrics {
namespace {

using ops::BinaryKind;

constexpr std::array<std::string_view, 3> kAverages = {"micro", "macro", "weighted"};

Value number(Value like, double value) {
  return ops::fill(*like.graph, Shape{1}, value, like.dtype());
}

/// 1 where the output says yes.
Value answers(Value output, const std::optional<double>& threshold) {
  if (threshold) return ops::binary(output, number(output, *threshold), BinaryKind::Greater);
  const Value largest = ops::binary(output, ops::max_features(output), BinaryKind::GreaterEqual);
  const Value size = ops::unary(output, ops::UnaryKind::Abs);
  return ops::multiply(largest, ops::binary(size, number(size, 1e-9), BinaryKind::Greater));
}

Value complement(Value x) {
  return ops::shift(ops::scale(x, -1), 1);
}

double score_of(double beta, double hits, double false_positives, double false_negatives) {
  const double precision = hits / (hits + false_positives + kEpsilon);
  const double recall = hits / (hits + false_negatives + kEpsilon);
  const double mean = precision * recall / (beta * beta * precision + recall + kEpsilon);
  return mean * (1 + beta * beta);
}

double sum_of(std::span<const double> numbers) {
  double sum = 0;
  for (const double number : numbers) sum += number;
  return sum;
}

FBetaScoreOptions with_beta_1(const F1ScoreOptions& options) {
  return {.name = options.name, .average = options.average, .threshold = options.threshold};
}

}  // namespace

std::string_view name_of(Average average) {
  return spelling(average, kAverages);
}
void from_name(std::string_view name, Average& average) {
  find_spelling("average", name, kAverages, average);
}

FBetaScore::FBetaScore(FBetaScoreOptions options) : options_(std::move(options)) {
  if (!(options_.beta > 0)) {
    throw InvalidArgument(format("FBetaScore: beta must be above 0, got {}", options_.beta));
  }
  if (options_.threshold && !(*options_.threshold > 0 && *options_.threshold <= 1)) {
    throw InvalidArgument(
        format("FBetaScore: threshold must be in (0, 1], got {}", *options_.threshold));
  }
}

Json FBetaScore::config() const {
  return config_of(options_);
}

/// By column: hits, false positives, false negatives, and how often each class is true.
std::vector<Value> FBetaScore::build(GraphBuilder&, const MetricInputs& inputs) const {
  if (inputs.output.shape().rank() != 2) {
    throw InvalidArgument(format(
        "{}: expected an output [B, C], got {}", class_name(), inputs.output.shape().to_string()));
  }
  const Value target = one_hot_target(class_name(), inputs.target, inputs.output);
  const Value yes = answers(inputs.output, options_.threshold);
  const auto sums = [&](Value x) { return column_sums(x, inputs.weight); };
  return {sums(ops::multiply(yes, target)),
          sums(ops::multiply(yes, complement(target))),
          sums(ops::multiply(complement(yes), target)),
          sums(target)};
}

std::vector<double> FBetaScore::result(std::span<const double> sums, double) const {
  const std::size_t classes = sums.size() / 4;
  const auto part = [&](std::size_t i) { return sums.subspan(i * classes, classes); };
  if (options_.average == Average::Micro) {
    return {score_of(options_.beta, sum_of(part(0)), sum_of(part(1)), sum_of(part(2)))};
  }
  std::vector<double> scores;
  for (std::size_t c = 0; c < classes; ++c) {
    scores.push_back(score_of(options_.beta, part(0)[c], part(1)[c], part(2)[c]));
  }
  if (!options_.average) return scores;
  if (options_.average == Average::Macro) {
    return {sum_of(scores) / static_cast<double>(classes)};
  }
  const double total = sum_of(part(3)) + kEpsilon;
  for (std::size_t c = 0; c < classes; ++c) scores[c] *= part(3)[c] / total;
  return {sum_of(scores)};
}

F1Score::F1Score(F1ScoreOptions options)
    : options_(std::move(options)), score_(with_beta_1(options_)) {}

Json F1Score::config() const {
  return config_of(options_);
}

std::vector<Value> F1Score::build(GraphBuilder& builder, const MetricInputs& inputs) const {
  return score_.build(builder, inputs);
}

std::vector<double> F1Score::result(std::span<const double> sums, double rows) const {
  return score_.result(sums, rows);
}

}  // namespace carnyx::metrics

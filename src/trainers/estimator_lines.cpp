#include "trainers/estimator_lines.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "carnyx/base/format.h"
#include "carnyx/training/model.h"

namespace carnyx {
namespace {

constexpr std::int64_t kEverySteps = 100;
constexpr auto kPrefix = "INFO:tensorflow:";

}  // namespace

void EstimatorLines::on_step(CallbackContext& context,
                             std::int64_t,
                             std::int64_t step,
                             const Logs& logs) {
  // The logs are means over the epoch: the step's own loss is what the sum grew by.
  const double sum = logs.at("loss") * static_cast<double>(step + 1);
  const bool is_known = step == 0 || last_step_ == step - 1;
  const double loss = step == 0 ? sum : sum - loss_sum_;
  loss_sum_ = sum;
  last_step_ = step;
  if (!is_known) return;  // the first step of a run that goes on amid an epoch
  final_loss_ = loss;
  const std::int64_t iteration = context.model.iterations() - 1;
  if (iteration % kEverySteps == 0) say(iteration, loss);
}

void EstimatorLines::say(std::int64_t iteration, double loss) {
  const auto now = clock_.steady();
  std::string text;
  std::string time;
  if (last_line_) {
    const double seconds = std::chrono::duration<double>(now - *last_line_).count();
    if (seconds > 0) {
      text = format("{}global_step/sec: {:.6g}\n", kPrefix, kEverySteps / seconds);
    }
    time = format(" ({:.3f} sec)", seconds);
  }
  text += format("{}loss = {:.8g}, step = {}{}\n", kPrefix, loss, iteration, time);
  output_.write(text);
  last_line_ = now;
}

void EstimatorLines::on_train_end(CallbackContext&, const Logs&) {
  if (final_loss_) output_.write(format("{}Loss for final step: {:.8g}.\n", kPrefix, *final_loss_));
}

std::string estimator_evaluation_line(const Evaluation& evaluation) {
  std::vector<Logs::Entry> entries = evaluation.test.entries();
  entries.emplace_back("global_step", static_cast<double>(evaluation.iterations));
  std::ranges::sort(entries);
  std::string line = format("{}Saving dict for global step {}: ", kPrefix, evaluation.iterations);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    line += format("{}{} = {:.8g}", i == 0 ? "" : ", ", entries[i].first, entries[i].second);
  }
  return line;
}

}  // namespace carnyx

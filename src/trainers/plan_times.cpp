#include "trainers/plan_times.h"

#include "carnyx/base/files.h"
#include "carnyx/base/log.h"

namespace carnyx {
namespace {

/// Black pictures of class 0: a step's time does not depend on what it computes with.
Dataset samples_for(const Network& network, std::int64_t count) {
  std::vector<std::int64_t> axes = {count};
  for (const std::int64_t extent : network.input_shape()) axes.push_back(extent);
  const LayerSummary output = network.summarize().back();
  return {.x = Tensor(DType::Uint8, Shape(axes)),
          .y = Tensor(DType::Uint8, {count}),
          .divisor = 255,
          .classes = output.output_shape.columns(),
          .name = "samples to time a step with"};
}

}  // namespace

void PlanTimes::on_train_end(CallbackContext& context, const Logs&) {
  Model model(context.model.network(), context.model.options());
  model.compile(compile_);
  const std::int64_t batch_size = context.run.batch_size;
  const std::string times =
      model.time_plan(samples_for(model.network(), batch_size), batch_size, steps_);
  create_directories(parent_directory(path_));
  write_file_atomically(path_, times);
  log::info("phases of a step timed", {{"steps", steps_}, {"path", path_}});
}

}  // namespace carnyx

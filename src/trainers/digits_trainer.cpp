#include "trainers/digits_trainer.h"

namespace carnyx {

Training DigitsTrainer::prepare(const JobOptions& options) const {
  Network net = network();
  const TrainTest digits = load_data(options);
  const Shape sample = net.input_shape();
  return {.data = {digits.train.with_sample_shape(sample), digits.test.with_sample_shape(sample)},
          .network = std::move(net),
          .compile = compile_options(options),
          .validates = validates(),
          .picture_shape = Shape{28, 28}};
}

}  // namespace carnyx

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/data/dataset.h"
#include "carnyx/models/network.h"
#include "carnyx/trainers/job_options.h"
#include "carnyx/training/model.h"

namespace carnyx {

/// A program that trains one model: the only code that knows a network by name.
class Trainer {
 public:
  virtual ~Trainer() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// One line for lists and --help.
  [[nodiscard]] virtual std::string_view description() const = 0;
  [[nodiscard]] virtual std::int64_t default_epochs() const = 0;
  [[nodiscard]] virtual std::int64_t default_batch_size() const = 0;
  [[nodiscard]] virtual Network network() const = 0;
  [[nodiscard]] virtual CompileOptions compile_options(const JobOptions& options) const = 0;
  /// The data, shaped as the network reads it.
  [[nodiscard]] virtual TrainTest load_data(const JobOptions& options) const = 0;
  /// How a sample looks to a person, for reports: [height, width] or [height, width, channels].
  /// None: as load_data() shapes it, or it is no picture.
  [[nodiscard]] virtual std::optional<Shape> picture_shape() const { return std::nullopt; }
  /// What classes are called, for reports; empty: their numbers.
  [[nodiscard]] virtual std::vector<std::string> class_names() const { return {}; }
};

/// The built-in one of this name. Throws InvalidArgument naming the nearest.
const Trainer& find_trainer(std::string_view name);
std::vector<std::string_view> trainer_names();

/// MNIST where it can be found; the synthetic digits, said in a warning, where it can't and
/// nobody asked for a place; those at once with options.synthetic. Fetches it first if asked to.
TrainTest load_digits(const JobOptions& options);
/// The same without the fall-back: throws NotFound if MNIST is not here and synthetic is not asked
/// for. For measuring a model, where other data would be a wrong answer.
TrainTest load_given_digits(const JobOptions& options);

}  // namespace carnyx

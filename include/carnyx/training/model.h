#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/base/stop.h"
#include "carnyx/data/dataset.h"
#include "carnyx/data/sample_stream.h"
#include "carnyx/graph/program.h"
#include "carnyx/graph/state_store.h"
#include "carnyx/losses/losses.h"
#include "carnyx/metrics/metrics.h"
#include "carnyx/models/network.h"
#include "carnyx/models/summary.h"
#include "carnyx/optimizers/optimizers.h"
#include "carnyx/saving/model_file.h"
#include "carnyx/training/callback.h"
#include "carnyx/training/checkpoint_policy.h"
#include "carnyx/training/logs.h"
#include "carnyx/training/replicas.h"

namespace carnyx {

/// Keras's dtype policies, and float64 for the reference.
enum class PrecisionPolicy { Float32, MixedBfloat16, Float64 };
std::string_view name_of(PrecisionPolicy policy);  ///< "float32", "mixed_bfloat16", "float64"
void from_name(std::string_view name, PrecisionPolicy& policy);

struct ModelOptions {
  std::uint64_t seed = 1;  ///< decides initial weights, order and dropout
  PrecisionPolicy precision = PrecisionPolicy::Float32;
  MatmulPrecision float32_matmul_precision = MatmulPrecision::Highest;
  Backend backend = Backend::Cpu;
  int threads = 0;           ///< 0: the CPUs this process may use
  bool fuse_updates = true;  ///< see ProgramOptions
};

/// How one output is judged.
struct OutputCompileOptions {
  std::string output;  ///< the name of the layer that makes it
  AnyLoss loss = CategoricalCrossentropy({});
  double loss_weight = 1;  ///< the loss that is trained is the sum of weight times loss
  std::vector<AnyMetric> metrics = {};
  std::vector<AnyMetric> weighted_metrics = {};
};

struct CompileOptions {
  AnyOptimizer optimizer = RMSprop({});
  AnyLoss loss = CategoricalCrossentropy({});
  std::vector<AnyMetric> metrics = {};           ///< every sample counts 1
  std::vector<AnyMetric> weighted_metrics = {};  ///< samples count by their sample_weight
  /// For a model of several outputs, instead of loss and metrics; an output without an entry is not
  /// trained. Logs have "loss", and for each output "NAME_loss" and "NAME_accuracy".
  std::vector<OutputCompileOptions> outputs = {};
};

struct FitOptions {
  std::int64_t batch_size = 32;  ///< over all replicas
  std::int64_t epochs = 1;
  std::optional<Dataset> validation_data = std::nullopt;
  std::optional<SampleStream> validation_stream = std::nullopt;  ///< instead of validation_data
  double validation_split = 0;       ///< the last share of samples in memory; 0: none
  std::int64_t validation_freq = 1;  ///< epochs from one validation to the next
  bool shuffle = true;
  /// 0: all samples. More than the data has: likewise, with a warning.
  std::int64_t steps_per_epoch = 0;
  /// The weight of each class's samples in the loss, 1 for those not named; not with sample_weight.
  std::map<std::int64_t, double> class_weight = {};
  std::vector<CallbackPtr> callbacks = {};
  CheckpointPolicy checkpoint = {};
  const StopFlag* stop = nullptr;  ///< asked between steps; borrowed for the call
  Replicas* replicas = nullptr;    ///< borrowed for the call; null: this process alone
};

struct EvaluateOptions {
  std::int64_t batch_size = 32;
};

/// A network with weights that can be trained.
/// Threads: one caller at a time.
class Model {
 public:
  explicit Model(Network network, ModelOptions options = {});
  ~Model();
  Model(Model&&) noexcept;
  Model& operator=(Model&&) noexcept;

  /// Sets how it is trained; slots begin anew, weights stay. Throws InvalidArgument if that does
  /// not fit the network's outputs.
  void compile(CompileOptions options);

  /// Trains. Throws InvalidArgument if not compiled or the data does not fit; Cancelled after a
  /// checkpoint if stop was requested.
  History fit(const Dataset& data, FitOptions options = {});
  /// The same on samples that stay on disk. The order of samples depends on the stream's buffer,
  /// so a run that goes on needs the same one. Throws also what reading the files meets, before
  /// the step concerned; NotFound, IoError or CorruptData.
  History fit(const SampleStream& stream, FitOptions options = {});
  /// "loss" and the metrics. With a sample_weight the loss is the sum of weight times loss over the
  /// number of samples, as Keras's is; weighted metrics are over the weights.
  Logs evaluate(const Dataset& data, EvaluateOptions options = {});
  Logs evaluate(const SampleStream& stream, EvaluateOptions options = {});
  /// The output for each sample, [samples, ...]. Throws InvalidArgument if there are several.
  Tensor predict(const Dataset& data, EvaluateOptions options = {});
  /// Each output for each sample, in the network's order; the data set needs no targets.
  std::vector<Tensor> predict_outputs(const Dataset& data, EvaluateOptions options = {});

  [[nodiscard]] std::string summary(const SummaryOptions& options = {}) const;
  [[nodiscard]] const Network& network() const;
  [[nodiscard]] const ModelOptions& options() const;
  [[nodiscard]] bool is_compiled() const;
  /// Those it was compiled with; none if it was not.
  [[nodiscard]] std::vector<AnyMetric> metrics() const;

  /// Row-major, by state name: "dense/kernel", "velocity/dense/kernel".
  [[nodiscard]] Tensor weight(std::string_view name) const;
  void set_weight(std::string_view name, const Tensor& values);
  /// Names of weights, then of statistics, each in the network's order.
  [[nodiscard]] std::vector<std::string> weight_names() const;
  /// All states, slots too.
  [[nodiscard]] StateStore& states();
  /// Optimizer steps done.
  [[nodiscard]] std::int64_t iterations() const;
  void set_iterations(std::int64_t iterations);
  /// Of the next step.
  [[nodiscard]] double learning_rate() const;
  /// Throws InvalidArgument if the optimizer has a schedule.
  void set_learning_rate(double learning_rate);

  /// `.keras`, `.h5` (a whole model too) or `.weights.h5`, by the name. Throws as write_model.
  void save(const std::string& path, const H5Options& h5 = {}) const;
  [[nodiscard]] SavedModel to_saved() const;
  /// Sets the weights (and slots, if it is compiled alike) that the file has.
  void load_weights(const std::string& path);

  /// What a training step runs, phase by phase, for a batch of this size.
  [[nodiscard]] std::string describe_plan(std::int64_t batch_size);
  /// The same with the microseconds that each phase takes: means over `steps` steps on `data`,
  /// which train the model.
  [[nodiscard]] std::string time_plan(const Dataset& data,
                                      std::int64_t batch_size,
                                      std::int64_t steps);

 private:
  friend class Fitting;
  friend class StepRunner;
  struct State;
  std::unique_ptr<State> state_;
};

/// Keras's name for a stack of layers.
class Sequential final : public Model {
 public:
  Sequential(std::initializer_list<AnyLayer> layers, ModelOptions options = {})
      : Model(Network(layers), options) {}
};

/// A `.keras` or whole-model `.h5` file as a model, compiled if it was when saved. Throws as
/// read_model, and InvalidArgument for a loss, metric or optimizer that is not known.
Model load_model(const std::string& path, ModelOptions options = {});

}  // namespace carnyx

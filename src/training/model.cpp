#include "carnyx/training/model.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"
#include "carnyx/data/stream_order.h"

#include "training/fitting.h"
#include "training/image_source.h"
#include "training/model_state.h"

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 3> kPolicies = {"float32", "mixed_bfloat16", "float64"};

DType compute_dtype(PrecisionPolicy policy) {
  switch (policy) {
    case PrecisionPolicy::Float32:
      return DType::Float32;
    case PrecisionPolicy::MixedBfloat16:
      return DType::Bfloat16;
    case PrecisionPolicy::Float64:
      return DType::Float64;
  }
  return DType::Float32;
}

Shape sample_of(const Tensor& rows) {
  const std::vector<std::int64_t>& axes = rows.shape().axes();
  return axes.empty() ? Shape() : Shape(std::vector<std::int64_t>(axes.begin() + 1, axes.end()));
}

/// Calls step(rows) with consecutive indices, batch by batch.
template <class Step>
void for_each_batch(std::int64_t first, std::int64_t count, std::int64_t batch_size, Step step) {
  std::vector<std::int64_t> rows;
  for (std::int64_t begin = 0; begin < count; begin += batch_size) {
    rows.resize(static_cast<std::size_t>(std::min(batch_size, count - begin)));
    std::iota(rows.begin(), rows.end(), first + begin);
    step(std::span<const std::int64_t>(rows), begin);
  }
}

void require_batch_size(std::int64_t batch_size) {
  if (batch_size < 1)
    throw InvalidArgument(format("batch_size must be at least 1, got {}", batch_size));
}

}  // namespace

std::string_view name_of(PrecisionPolicy policy) {
  return kPolicies[static_cast<std::size_t>(policy)];
}
void from_name(std::string_view name, PrecisionPolicy& policy) {
  const auto found = std::ranges::find(kPolicies, name);
  if (found == kPolicies.end()) throw InvalidArgument(unknown_name("precision", name, kPolicies));
  policy = static_cast<PrecisionPolicy>(found - kPolicies.begin());
}

void bind_dataset(Program& program, const Dataset& data, Mode mode) {
  const auto bind = [&](const std::string& name, const InputSource& source) {
    if (program.reads(name)) program.bind(name, source);
  };
  const auto plain = [](const NamedRows& part) {
    return InputSource{
        .rows = part.rows.bytes(), .dtype = part.rows.dtype(), .divisor = part.divisor};
  };
  for (const NamedRows& input : data.input_rows()) {
    bind(input_name(input.name), data.inputs.empty() ? image_source(data, mode) : plain(input));
  }
  for (const NamedRows& target : data.target_rows()) bind(target_name(target.name), plain(target));
  if (data.sample_weight.empty() || !program.reads("sample_weight")) return;
  program.bind("sample_weight", {.rows = data.sample_weight.bytes()});
}

Model::State::State(Network model_network, ModelOptions model_options)
    : network(std::move(model_network)), options(model_options), pool(model_options.threads) {
  if (network.has_input_shape()) rebuild_states();
}

ProgramOptions Model::State::program_options() const {
  return {.backend = options.backend,
          .compute_dtype = compute_dtype(options.precision),
          .fuse_updates = options.fuse_updates,
          .float32_matmul_precision = options.float32_matmul_precision};
}

const CompileOptions& Model::State::compiled_or_throw(const char* wanted) const {
  if (compiled) return *compiled;
  throw InvalidArgument(
      format("model '{}': {} needs a loss; call compile() first", network.name(), wanted));
}

const LearningRateSchedule* Model::State::schedule() const {
  return compiled ? compiled->optimizer->learning_rate().schedule() : nullptr;
}

double Model::State::step_learning_rate() const {
  return schedule() != nullptr ? schedule()->at(iterations) : learning_rate;
}

void Model::State::ensure_built(const Shape& sample_shape) {
  if (network.has_input_shape()) {
    network = network.with_input_shape(sample_shape);  // checks that they agree
    return;
  }
  network = network.with_input_shape(sample_shape);
  rebuild_states();
}

void Model::State::ensure_built(const Dataset& data) {
  const std::vector<Network::NamedInput>& inputs = network.inputs();
  if (data.inputs.empty() && inputs.size() == 1) return ensure_built(data.sample_shape());
  for (const Network::NamedInput& input : inputs) {
    const auto found = std::ranges::find(data.inputs, input.name, &NamedRows::name);
    if (found == data.inputs.end()) {
      throw InvalidArgument(
          format("model '{}': it has {} inputs; expected one called '{}' among the data set's "
                 "inputs, found {}",
                 network.name(),
                 inputs.size(),
                 input.name,
                 data.inputs.empty() ? "x alone" : "none"));
    }
    if (inputs.size() == 1) return ensure_built(sample_of(found->rows));
    const Shape& shape = found->rows.shape();
    if (shape.rank() > 0 && shape[0] == data.samples() && sample_of(found->rows) == *input.shape) {
      continue;
    }
    throw InvalidArgument(
        format("model '{}': input '{}': expected {} samples of shape {}, got rows of shape {}",
               network.name(),
               input.name,
               data.samples(),
               input.shape->to_string(),
               shape.to_string()));
  }
}

std::uint64_t Model::State::next_fit_seed() {
  Rng rng = Rng(options.seed, stream_of("fit")).fork(fit_calls);
  return fit_calls++ == 0 ? options.seed : rng.next();
}

void Model::State::require_built() const {
  if (!network.has_input_shape()) static_cast<void>(network.input_shape());  // says what is missing
}

void Model::State::rebuild_states() {
  GraphBuilder builder(Mode::Training, 1);
  network.build(builder, network.input_values(builder));
  if (compiled) {
    const std::vector<Value> weights = builder.trainable_weights();
    compiled->optimizer->build(builder, weights, weights);  // only the slots' names matter
  }
  const ProgramOptions program = program_options();
  auto made = std::make_unique<StateStore>(
      builder.graph().states(), state_format(program.backend, program.compute_dtype), options.seed);
  if (states != nullptr) {
    for (const auto& entry : states->entries()) {
      const bool slot = entry.spec.kind == StateSpec::Kind::Slot;
      if (!slot) made->write(entry.spec.name, states->read(entry.spec.name));
    }
  }
  evaluation_.reset();
  states = std::move(made);
}

Model::State::Evaluation& Model::State::evaluation_program(const InputTypes& types,
                                                           std::int64_t batch_size) {
  const bool fits =
      evaluation_ && evaluation_->batch_size == batch_size && evaluation_->types == types;
  if (!fits) {
    const auto graph = evaluation_graph(network, compiled_or_throw("evaluate"), types, batch_size);
    evaluation_.emplace(Evaluation{batch_size,
                                   types,
                                   EpochSums(tasks_of(network, *compiled), *graph),
                                   Program(*graph, *states, pool, program_options())});
  }
  return *evaluation_;
}

void Model::State::Evaluation::add(std::span<const std::int64_t> rows, std::uint64_t seed) {
  const auto count = static_cast<std::int64_t>(rows.size());
  program.prime(rows);
  program.run({.seed = seed, .valid_rows = count});
  sums.add_step(program, count);
}

Logs Model::State::evaluate(const Dataset& data,
                            std::int64_t first,
                            std::int64_t count,
                            std::int64_t batch_size) {
  require_batch_size(batch_size);
  require_classes(network, *compiled, data);
  Evaluation& evaluation = evaluation_program(input_types(data), batch_size);
  bind_dataset(evaluation.program, data);
  evaluation.sums.clear();
  for_each_batch(first, count, batch_size, [&](std::span<const std::int64_t> rows, std::int64_t) {
    evaluation.add(rows, options.seed);
  });
  return evaluation.sums.logs();
}

Logs Model::State::evaluate(const SampleStream& stream, std::int64_t batch_size) {
  require_batch_size(batch_size);
  StreamOrder order(stream, {.batch_size = batch_size, .shuffle = false, .epochs = 1});
  require_classes(network, *compiled, order.window());
  Evaluation& evaluation = evaluation_program(input_types(order.window()), batch_size);
  bind_dataset(evaluation.program, order.window());
  evaluation.sums.clear();
  for (std::int64_t batch = 0; batch < order.batches_per_epoch(); ++batch) {
    evaluation.add(order.next(), options.seed);
  }
  return evaluation.sums.logs();
}

Model::Model(Network network, ModelOptions options)
    : state_(std::make_unique<State>(std::move(network), options)) {}
Model::~Model() = default;
Model::Model(Model&&) noexcept = default;
Model& Model::operator=(Model&&) noexcept = default;

void Model::compile(CompileOptions options) {
  static_cast<void>(tasks_of(state_->network, options));  // throws if they don't fit
  state_->learning_rate = options.optimizer->learning_rate().at(0);
  state_->compiled = std::move(options);
  state_->iterations = 0;
  if (state_->network.has_input_shape()) state_->rebuild_states();
}

History Model::fit(const Dataset& data, FitOptions options) {
  require_batch_size(options.batch_size);
  validate(data);
  static_cast<void>(state_->compiled_or_throw("fit"));
  state_->ensure_built(data);
  TrainingRows rows = resident_rows(data, options, state_->next_fit_seed());
  return Fitting(*this, *state_, std::move(rows), std::move(options)).run();
}

History Model::fit(const SampleStream& stream, FitOptions options) {
  require_batch_size(options.batch_size);
  static_cast<void>(state_->compiled_or_throw("fit"));
  state_->ensure_built(stream.schema().sample_shape);
  TrainingRows rows = streamed_rows(stream, options, state_->next_fit_seed());
  return Fitting(*this, *state_, std::move(rows), std::move(options)).run();
}

Logs Model::evaluate(const Dataset& data, EvaluateOptions options) {
  validate(data);
  static_cast<void>(state_->compiled_or_throw("evaluate"));
  state_->ensure_built(data);
  return state_->evaluate(data, 0, data.samples(), options.batch_size);
}

Logs Model::evaluate(const SampleStream& stream, EvaluateOptions options) {
  static_cast<void>(state_->compiled_or_throw("evaluate"));
  state_->ensure_built(stream.schema().sample_shape);
  return state_->evaluate(stream, options.batch_size);
}

Tensor Model::predict(const Dataset& data, EvaluateOptions options) {
  if (network().outputs().size() > 1) {
    throw InvalidArgument(format("model '{}': it has {} outputs; ask predict_outputs() for them",
                                 network().name(),
                                 network().outputs().size()));
  }
  return predict_outputs(data, options).front();
}

std::vector<Tensor> Model::predict_outputs(const Dataset& data, EvaluateOptions options) {
  require_batch_size(options.batch_size);
  state_->ensure_built(data);
  const auto graph = prediction_graph(state_->network, input_types(data), options.batch_size);
  Program program(*graph, *state_->states, state_->pool, state_->program_options());
  bind_dataset(program, data);
  std::vector<Tensor> outputs(network().outputs().size());
  const auto keep = [&](std::size_t output, std::size_t rows, std::int64_t at) {
    const Tensor batch = program.value(output_result(output));
    Tensor& all = outputs[output];
    if (all.empty()) {
      std::vector<std::int64_t> axes = batch.shape().axes();
      axes[0] = data.samples();
      all = Tensor(batch.dtype(), Shape(std::move(axes)));
    }
    const std::int64_t row_bytes = batch.size_bytes() / options.batch_size;
    std::memcpy(
        all.bytes() + at * row_bytes, batch.bytes(), rows * static_cast<std::size_t>(row_bytes));
  };
  for_each_batch(0,
                 data.samples(),
                 options.batch_size,
                 [&](std::span<const std::int64_t> rows, std::int64_t at) {
                   program.prime(rows);
                   program.run({.seed = state_->options.seed,
                                .valid_rows = static_cast<std::int64_t>(rows.size())});
                   for (std::size_t i = 0; i < outputs.size(); ++i) keep(i, rows.size(), at);
                 });
  return outputs;
}

std::string Model::summary(const SummaryOptions& options) const {
  return summary_text(state_->network, options);
}
const Network& Model::network() const {
  return state_->network;
}
const ModelOptions& Model::options() const {
  return state_->options;
}
bool Model::is_compiled() const {
  return state_->compiled.has_value();
}
std::vector<AnyMetric> Model::metrics() const {
  if (!state_->compiled) return {};
  std::vector<AnyMetric> metrics = state_->compiled->metrics;
  const auto add = [&](const std::vector<AnyMetric>& more) {
    metrics.insert(metrics.end(), more.begin(), more.end());
  };
  add(state_->compiled->weighted_metrics);
  for (const OutputCompileOptions& output : state_->compiled->outputs) {
    add(output.metrics);
    add(output.weighted_metrics);
  }
  return metrics;
}

StateStore& Model::states() {
  state_->require_built();
  return *state_->states;
}

Tensor Model::weight(std::string_view name) const {
  state_->require_built();
  return state_->states->read(name);
}

void Model::set_weight(std::string_view name, const Tensor& values) {
  states().write(name, values);
}

std::vector<std::string> Model::weight_names() const {
  state_->require_built();
  std::vector<std::string> names;
  for (const auto& entry : state_->states->entries()) {
    if (entry.spec.kind != StateSpec::Kind::Slot) names.push_back(entry.spec.name);
  }
  return names;
}

std::int64_t Model::iterations() const {
  return state_->iterations;
}
void Model::set_iterations(std::int64_t iterations) {
  state_->iterations = iterations;
}
double Model::learning_rate() const {
  return state_->step_learning_rate();
}
void Model::set_learning_rate(double learning_rate) {
  if (state_->schedule() != nullptr) {
    throw InvalidArgument(format(
        "model '{}': its learning rate follows {} and can't be set; compile it with a number",
        network().name(),
        state_->schedule()->class_name()));
  }
  state_->learning_rate = learning_rate;
}

}  // namespace carnyx

// Compares our training steps with those that keras_steps.py and convolutional_steps.py recorded
// from real Keras.
//
//   keras_steps_check build/oracle/*
//
// Step by step: before each recorded step our weights and slots are set to Keras's; the loss and
// the weights after it must agree. Running free: all steps from Keras's first state. float32 runs
// on the CPU backend at `highest`, float64 on the reference backend. Prints a line a folder and a
// mode. Convolutional networks are judged by each tensor's largest number, since gradients there
// are small sums of large terms; running free by the losses of their first five steps alone: a
// difference in the last bits grows with each batch's statistics. Element by element ours and
// Keras's float32 are both compared with float64, and ours may not be beyond more often.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "carnyx/base/files.h"
#include "carnyx/carnyx.h"

namespace {

using namespace carnyx;  // NOLINT(google-build-using-namespace): a program, not a library

constexpr std::int64_t kMostShown = 3;

/// Below it a gradient is mostly rounding of its own; Adam and RMSprop divide it by its size, so
/// that the noise becomes part of a step of the learning rate. Such weights are counted apart.
constexpr double kNoise = 1e-6;

struct Tolerance {
  double relative;
  double absolute;
  bool of_largest = false;  ///< relative to the tensor's largest number, not to each
};

struct Difference {
  double worst = 0;            // |ours - Keras's| over what the tolerance allows; <= 1 agrees
  std::int64_t beyond = 0;     // numbers that disagree
  std::int64_t explained = 0;  // by gradients that are noise
  std::int64_t compared = 0;

  /// Returns whether they agree.
  bool add(double ours, double keras, Tolerance tolerance) {
    const double allowed = tolerance.absolute + tolerance.relative * std::abs(keras);
    const double ratio = std::abs(ours - keras) / allowed;
    worst = std::isnan(ratio) ? INFINITY : std::max(worst, ratio);
    beyond += ratio <= 1 ? 0 : 1;
    ++compared;
    return ratio <= 1;
  }
};

/// Raw little-endian numbers of the recording's dtype.
std::vector<double> read_numbers(const std::string& path, DType dtype) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 30;
  const std::string bytes = read_file(path, kMost);
  std::vector<double> numbers(bytes.size() / static_cast<std::size_t>(size_of(dtype)));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    numbers[i] = load_element(
        reinterpret_cast<const std::byte*>(bytes.data()), dtype, static_cast<std::int64_t>(i));
  }
  return numbers;
}

class Recording {
 public:
  explicit Recording(std::string folder)
      : folder_(std::move(folder)),
        manifest_(Json::parse(read_file(folder_ + "/manifest.json", 1U << 20), folder_)),
        dtype_(dtype_from_name(manifest_.at("dtype").as_string())),
        x_(read_numbers(folder_ + "/x.bin", dtype_)),
        y_(read_numbers(folder_ + "/y.bin", DType::Int32)),
        losses_(read_numbers(folder_ + "/losses.bin", dtype_)) {}

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string name() const { return folder_.substr(folder_.find_last_of('/') + 1); }
  [[nodiscard]] bool is_float64() const { return dtype_ == DType::Float64; }
  [[nodiscard]] std::int64_t steps() const { return manifest_.at("steps").as_int(); }
  [[nodiscard]] double loss(std::int64_t step) const {
    return losses_[static_cast<std::size_t>(step)];
  }
  [[nodiscard]] const Json& manifest() const { return manifest_; }

  /// Whether the network is in a file, and no stack of dense layers.
  [[nodiscard]] bool has_model() const { return manifest_.contains("model"); }
  [[nodiscard]] Json sample_shape() const {
    return has_model() ? manifest_.at("input_shape")
                       : Json::array({manifest_.at("widths").at(std::size_t{0})});
  }
  [[nodiscard]] Network network() const {
    const std::string path = folder_ + "/" + manifest_.at("model").as_string();
    return Network::from_json(Json::parse(read_file(path, 1U << 24), path));
  }

  [[nodiscard]] Dataset batch(std::int64_t step) const {
    const std::int64_t rows = manifest_.at("batch_size").as_int();
    std::vector<std::int64_t> axes = {rows};
    const Json shape = sample_shape();
    for (const Json& extent : shape.items()) axes.push_back(extent.as_int());
    Dataset data{.x = Tensor(DType::Float32, Shape(axes)),
                 .y = Tensor(DType::Int32, {rows}),
                 .classes = has_model() ? manifest_.at("classes").as_int()
                                        : manifest_.at("widths").items().back().as_int(),
                 .name = folder_};
    const std::int64_t features = data.x.elements() / rows;
    for (std::int64_t i = 0; i < rows * features; ++i) {
      data.x.data<float>()[static_cast<std::size_t>(i)] =
          static_cast<float>(x_[static_cast<std::size_t>(step * rows * features + i)]);
    }
    for (std::int64_t i = 0; i < rows; ++i) {
      data.y.data<std::int32_t>()[static_cast<std::size_t>(i)] =
          static_cast<std::int32_t>(y_[static_cast<std::size_t>(step * rows + i)]);
    }
    return data;
  }

  [[nodiscard]] std::vector<double> state(std::int64_t step) const {
    return at_step("state", step);
  }
  [[nodiscard]] std::vector<double> gradients(std::int64_t step) const {
    return at_step("gradients", step);
  }

 private:
  [[nodiscard]] std::vector<double> at_step(const std::string& what, std::int64_t step) const {
    std::string digits = std::to_string(step);
    digits.insert(0, 4 - digits.size(), '0');
    return read_numbers(folder_ + "/" + what + "_" + digits + ".bin", dtype_);
  }

  std::string folder_;
  Json manifest_;
  DType dtype_;
  std::vector<double> x_, y_, losses_;
};

Network network_of(const Recording& recording) {
  if (recording.has_model()) return recording.network();
  const auto& widths = recording.manifest().at("widths").items();
  std::vector<AnyLayer> layers = {Input({.shape = {widths[0].as_int()}})};
  for (std::size_t i = 1; i < widths.size(); ++i) {
    const bool last = i + 1 == widths.size();
    layers.push_back(Dense({.units = widths[i].as_int(),
                            .activation = last ? Activation::Softmax : Activation::Relu}));
  }
  return Network(std::move(layers));
}

Model model_of(const Recording& recording, bool exact = false) {
  ModelOptions options;
  if (recording.is_float64() || exact) {
    options.precision = PrecisionPolicy::Float64;
    options.backend = Backend::Reference;
  }
  Model model(network_of(recording), options);
  model.compile({.optimizer = optimizer_from_json(recording.manifest().at("optimizer")),
                 .loss = SparseCategoricalCrossentropy({})});
  return model;
}

/// Our names of the recording's weights and slots, in its order.
std::vector<std::string> state_names(const Model& model) {
  std::vector<std::string> names = model.weight_names();
  const SavedModel saved = model.to_saved();
  for (const NamedTensor& slot : saved.optimizer->variables) names.push_back(slot.name);
  return names;
}

std::vector<Json> state_entries(const Recording& recording) {
  std::vector<Json> entries = recording.manifest().at("weights").items();
  const auto& slots = recording.manifest().at("slots").items();
  entries.insert(entries.end(), slots.begin(), slots.end());
  return entries;
}

/// f(our name, the state's numbers of that tensor).
template <class F>
void for_each_tensor(const Model& model, const Recording& recording, F f) {
  const std::vector<std::string> names = state_names(model);
  const std::vector<Json> entries = state_entries(recording);
  if (names.size() != entries.size())
    throw CorruptData(recording.folder() + ": other variables than ours");
  for (std::size_t i = 0; i < names.size(); ++i) {
    f(names[i], static_cast<std::size_t>(entries[i].at("offset").as_int()));
  }
}

void set_state(Model& model, const Recording& recording, const std::vector<double>& state) {
  for_each_tensor(model, recording, [&](const std::string& name, std::size_t offset) {
    Tensor values(DType::Float64, model.weight(name).shape());
    std::copy_n(state.begin() + static_cast<std::ptrdiff_t>(offset),
                values.elements(),
                values.data<double>().begin());
    model.set_weight(name, values);
  });
}

void compare_weights(const Model& model,
                     const Recording& recording,
                     const std::vector<double>& state,
                     const std::vector<double>& gradients,
                     Tolerance tolerance,
                     Difference& difference) {
  const std::size_t weights = model.weight_names().size();
  std::size_t index = 0;
  for_each_tensor(model, recording, [&](const std::string& name, std::size_t offset) {
    if (index++ >= weights) return;
    const Tensor values = model.weight(name);
    Tolerance allowed = tolerance;
    if (tolerance.of_largest) {
      double largest = 0;
      for (std::int64_t i = 0; i < values.elements(); ++i) {
        largest = std::max(largest, std::abs(state[offset + static_cast<std::size_t>(i)]));
      }
      allowed.absolute += tolerance.relative * largest;
    }
    for (std::int64_t i = 0; i < values.elements(); ++i) {
      const std::size_t place = offset + static_cast<std::size_t>(i);
      if (difference.add(values.at(i), state[place], allowed) || gradients.empty()) continue;
      const double gradient = place < gradients.size() ? gradients[place] : NAN;  // a statistic's
      if (std::abs(gradient) < kNoise) {
        --difference.beyond;
        ++difference.explained;
      }
      if (difference.beyond + difference.explained > kMostShown) continue;
      std::printf("  %s[%lld]: ours %.9g, Keras %.9g, Keras's gradient %.3g\n",
                  name.c_str(),
                  static_cast<long long>(i),
                  values.at(i),
                  state[place],
                  gradient);
    }
  });
}

double step(Model& model, const Recording& recording, std::int64_t index) {
  const Dataset batch = recording.batch(index);
  model.set_iterations(index);
  return model.fit(batch, {.batch_size = batch.samples(), .shuffle = false}).epochs[0].at("loss");
}

bool report(const Recording& recording,
            const char* mode,
            Tolerance tolerance,
            const Difference& d) {
  std::printf(
      "%-36s %-12s worst %.3f of %.0e relative + %.0e absolute, %lld of %lld beyond, %lld "
      "explained: %s\n",
      recording.name().c_str(),
      mode,
      d.worst,
      tolerance.relative,
      tolerance.absolute,
      static_cast<long long>(d.beyond),
      static_cast<long long>(d.compared),
      static_cast<long long>(d.explained),
      d.beyond == 0 ? "PASS" : "FAIL");
  return d.beyond == 0;
}

bool step_by_step(const Recording& recording, Tolerance tolerance) {
  Model model = model_of(recording);
  Difference difference;
  for (const Json& entry : recording.manifest().at("compare").items()) {
    const std::int64_t index = entry.as_int();
    set_state(model, recording, recording.state(index));
    difference.add(step(model, recording, index), recording.loss(index), tolerance);
    compare_weights(model,
                    recording,
                    recording.state(index + 1),
                    recording.gradients(index),
                    tolerance,
                    difference);
  }
  return report(recording, "each step", tolerance, difference);
}

/// The model's weights and slots, in the recording's order.
std::vector<double> state_of(const Model& model, const Recording& recording, std::size_t size) {
  std::vector<double> state(size);
  for_each_tensor(model, recording, [&](const std::string& name, std::size_t offset) {
    const Tensor values = model.weight(name);
    for (std::int64_t i = 0; i < values.elements(); ++i) {
      state[offset + static_cast<std::size_t>(i)] = values.at(i);
    }
  });
  return state;
}

/// The first steps in float64 too, from the same states: how far float32's weights are from it,
/// each number by itself, ours and Keras's. Where gradients cancel both are, and ours must not be
/// further.
bool beside_float64(const Recording& recording, Tolerance tolerance) {
  constexpr std::size_t kSteps = 10;
  Model model = model_of(recording);
  Model exact = model_of(recording, true);
  Difference ours, keras;
  const auto& compared = recording.manifest().at("compare").items();
  for (std::size_t i = 0; i < std::min(compared.size(), kSteps); ++i) {
    const std::int64_t index = compared[i].as_int();
    for (Model* each : {&model, &exact}) {
      set_state(*each, recording, recording.state(index));
      step(*each, recording, index);
    }
    const std::vector<double> keras_state = recording.state(index + 1);
    const std::vector<double> exact_state = state_of(exact, recording, keras_state.size());
    compare_weights(model, recording, exact_state, {}, tolerance, ours);
    compare_weights(exact, recording, keras_state, {}, tolerance, keras);
  }
  std::printf(
      "%-36s %-12s beyond %.0e relative + %.0e absolute: ours %lld of %lld, worst %.3f; "
      "Keras %lld, worst %.3f: %s\n",
      recording.name().c_str(),
      "from float64",
      tolerance.relative,
      tolerance.absolute,
      static_cast<long long>(ours.beyond),
      static_cast<long long>(ours.compared),
      ours.worst,
      static_cast<long long>(keras.beyond),
      keras.worst,
      ours.beyond <= keras.beyond ? "PASS" : "FAIL");
  return ours.beyond <= keras.beyond;
}

bool first_losses(const Recording& recording, Tolerance tolerance) {
  constexpr std::int64_t kSteps = 5;
  Model model = model_of(recording);
  Difference difference;
  set_state(model, recording, recording.state(0));
  for (std::int64_t index = 0; index < std::min(recording.steps(), kSteps); ++index) {
    difference.add(step(model, recording, index), recording.loss(index), tolerance);
  }
  return report(recording, "free losses", tolerance, difference);
}

bool running_free(const Recording& recording, Tolerance tolerance) {
  Model model = model_of(recording);
  Difference difference;
  set_state(model, recording, recording.state(0));
  for (std::int64_t index = 0; index < recording.steps(); ++index) {
    difference.add(step(model, recording, index), recording.loss(index), tolerance);
  }
  compare_weights(model, recording, recording.state(recording.steps()), {}, tolerance, difference);
  return report(recording, "running free", tolerance, difference);
}

bool check(const std::string& folder) {
  const Recording recording(folder);
  if (recording.has_model()) {
    const double relative = recording.is_float64() ? 1e-9 : 1e-4;
    // A beta that began at 0 has no size yet to be measured by; its gradient is a float32 sum of
    // 32,768 terms that nearly cancel, times the rate of 0.025.
    const double absolute = recording.is_float64() ? 1e-12 : 5e-6;
    bool passed = step_by_step(recording, {relative, absolute, true});
    if (!recording.is_float64()) passed = beside_float64(recording, {1e-4, 1e-6}) && passed;
    return first_losses(recording, {10 * relative, 0}) && passed;
  }
  const bool is_sgd = recording.manifest().at("optimizer").at("class_name").as_string() == "SGD";
  const Tolerance tolerance =
      recording.is_float64() ? Tolerance{1e-9, 1e-12} : Tolerance{1e-5, 1e-6};
  bool passed = step_by_step(recording, tolerance);
  const Tolerance free = recording.is_float64() ? Tolerance{1e-9, 1e-9} : Tolerance{1e-5, 1e-5};
  if (is_sgd || recording.is_float64()) passed = running_free(recording, free) && passed;
  return passed;
}

}  // namespace

int main(int argc, char** argv) {
  bool passed = true;
  try {
    for (int i = 1; i < argc; ++i) passed = check(argv[i]) && passed;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "keras_steps_check: %s\n", error.what());
    return 1;
  }
  return passed && argc > 1 ? 0 : 1;
}

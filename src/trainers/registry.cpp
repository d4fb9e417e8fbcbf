// The one list of built-in trainers.
#include <array>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"

#include "trainers/cifar_resnet.h"
#include "trainers/mnist_cnn.h"
#include "trainers/mnist_mlp.h"
#include "trainers/model_trainer.h"
#include "trainers/table_mlp.h"
#include "trainers/uai_mnist.h"
#include "trainers/uai_mnist_dist.h"

namespace carnyx {
namespace {

struct Entry {
  std::string_view name;
  std::unique_ptr<Trainer> (*make)();
};

template <class T>
std::unique_ptr<Trainer> make() {
  return std::make_unique<T>();
}

constexpr std::array kBuiltIn = {
    Entry{"mnist_mlp", make<MnistMlp>},
    Entry{"mnist_cnn", make<MnistCnn>},
    Entry{"cifar_resnet", make<CifarResnet>},
    Entry{"uai_mnist", make<UaiMnist>},
    Entry{"uai_mnist_dist", make<UaiMnistDist>},
    Entry{"classify", make<Classify>},
    Entry{"regress", make<Regress>},
};

}  // namespace

FieldHelp Trainer::describe_option(std::string_view name) const {
  return help_of({}, name);
}

FieldHelp Trainer::describe_job_option(std::string_view name) const {
  return describe_field(name);
}

TrainerOutputs Trainer::outputs(const JobOptions&, const JobEnvironment&) const {
  return {};
}

std::unique_ptr<Trainer> make_trainer(const std::string& name) {
  for (const Entry& entry : kBuiltIn) {
    if (entry.name == name) return entry.make();
  }
  if (ModelTrainer::is_model_file(name)) return std::make_unique<ModelTrainer>(name);
  throw InvalidArgument(unknown_name("trainer", name, trainer_names()) +
                        "; a model of your own is a .json, .keras, .h5 or .yaml file");
}

std::vector<std::string_view> trainer_names() {
  std::vector<std::string_view> names;
  for (const Entry& entry : kBuiltIn) names.push_back(entry.name);
  return names;
}

FixedModel fixed_model_of(const std::string& name) {
  const auto trainer = make_trainer(name);
  if (auto model = trainer->fixed_model(trainer->default_options())) return std::move(*model);
  throw InvalidArgument(
      format("trainer {}: its network follows from the data; name a model file instead", name));
}

}  // namespace carnyx

#include "carnyx/optimizers/learning_rate.h"

#include <array>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/nearest.h"

#include "optimizers/schedule_fields.h"

namespace carnyx {
namespace {

template <class S, class Options>
LearningRate make(const Json& config, const std::string& where) {
  Json own = config;
  own.erase("name");
  return S(from_json<Options>(own, where));
}

struct ScheduleEntry {
  std::string_view class_name;
  LearningRate (*make)(const Json& config, const std::string& where);
};

constexpr std::array kSchedules = {
    ScheduleEntry{"ExponentialDecay", make<ExponentialDecay, ExponentialDecayOptions>},
    ScheduleEntry{"PiecewiseConstantDecay",
                  make<PiecewiseConstantDecay, PiecewiseConstantDecayOptions>},
    ScheduleEntry{"PolynomialDecay", make<PolynomialDecay, PolynomialDecayOptions>},
    ScheduleEntry{"InverseTimeDecay", make<InverseTimeDecay, InverseTimeDecayOptions>},
    ScheduleEntry{"CosineDecay", make<CosineDecay, CosineDecayOptions>},
    ScheduleEntry{"CosineDecayRestarts", make<CosineDecayRestarts, CosineDecayRestartsOptions>},
};

}  // namespace

Json json_of(const LearningRate& rate) {
  const LearningRateSchedule* schedule = rate.schedule();
  if (schedule == nullptr) return rate.at(0);
  return Json::object({{"module", "keras.optimizers.schedules"},
                       {"class_name", schedule->class_name()},
                       {"config", schedule->config()},
                       {"registered_name", Json()}});
}

void read_json(const Json& json, LearningRate& rate) {
  if (json.is_number()) return static_cast<void>(rate = json.as_number());
  if (!json.is_object()) fields::reject("learning_rate", "a number or a schedule", json);
  const std::string& name = json.at("class_name").as_string();
  std::vector<std::string_view> known;
  for (const ScheduleEntry& entry : kSchedules) {
    known.push_back(entry.class_name);
    if (name != entry.class_name) continue;
    rate = entry.make(json.at("config"), "learning rate schedule " + name);
    return;
  }
  throw InvalidArgument(unknown_name("learning rate schedule", name, known));
}

}  // namespace carnyx

#include "trainers/benchmark_log.h"

#include <chrono>
#include <cmath>
#include <ctime>
#include <utility>

#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/kernels/isa.h"
#include "carnyx/kernels/thread_pool.h"

namespace carnyx {
namespace {

/// "2019-08-29T17:43:43.060508Z".
std::string utc_text(Clock::Wall time) {
  const auto since = std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch());
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(since).count();
  std::tm utc = {};
  gmtime_r(&seconds, &utc);
  return format("{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}.{:06d}Z",
                utc.tm_year + 1900,
                utc.tm_mon + 1,
                utc.tm_mday,
                utc.tm_hour,
                utc.tm_min,
                utc.tm_sec,
                since.count() % 1'000'000);
}

/// The logger's form of one option: its name, and its value under the name of its type.
Json parameter(const std::string& name, const Json& value) {
  Json entry = Json::object({{"name", name}});
  if (value.is_bool()) {
    entry.set("bool_value", value.as_bool() ? "True" : "False");
  } else if (value.is_integer()) {
    entry.set("long_value", value);
  } else if (value.is_number()) {
    entry.set("float_value", value);
  } else {
    entry.set("string_value", value.is_string() ? value.as_string() : value.dump());
  }
  return entry;
}

}  // namespace

BenchmarkLog::BenchmarkLog(std::string directory, const Clock& clock)
    : directory_(std::move(directory)), clock_(clock), metrics_(directory_ + "/metric.log") {}

void BenchmarkLog::write_run(std::string_view model,
                             std::string_view dataset,
                             std::string_view test_id,
                             const Json& parameters) const {
  Json list = Json::array();
  for (const auto& [name, value] : parameters.members()) {
    if (!value.is_null()) list.push_back(parameter(name, value));
  }
  const Json cpu = Json::object(
      {{"num_cores", kernels::usable_cpus()}, {"isa", kernels::name_of(kernels::selected_isa())}});
  Json run = Json::object({{"model_name", model},
                           {"dataset", Json::object({{"name", dataset}})},
                           {"machine_config", Json::object({{"cpu_info", cpu}})},
                           {"run_date", utc_text(clock_.now())},
                           {"run_parameters", std::move(list)}});
  if (!test_id.empty()) run.set("test_id", test_id);
  write_file_atomically(directory_ + "/benchmark_run.log", run.dump() + "\n");
}

void BenchmarkLog::add_metric(std::string_view name,
                              double value,
                              std::string_view unit,
                              std::int64_t global_step) {
  if (!std::isfinite(value)) return;
  const Json line = Json::object({{"name", name},
                                  {"value", value},
                                  {"unit", unit.empty() ? Json() : Json(unit)},
                                  {"global_step", global_step},
                                  {"timestamp", utc_text(clock_.now())},
                                  {"extras", Json::array()}});
  metrics_.append(line.dump() + "\n");
}

}  // namespace carnyx

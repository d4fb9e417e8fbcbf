// The files of TensorFlow's official benchmark logger: benchmark_run.log says what ran where,
// metric.log has a JSON object a line for each number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "carnyx/base/append_file.h"
#include "carnyx/base/clock.h"
#include "carnyx/base/json.h"

namespace carnyx {

class BenchmarkLog {
 public:
  /// Creates the folder. Throws IoError.
  BenchmarkLog(std::string directory, const Clock& clock);

  /// Writes benchmark_run.log anew; `parameters` is an object of the run's options. Throws IoError.
  void write_run(std::string_view model,
                 std::string_view dataset,
                 std::string_view test_id,
                 const Json& parameters) const;

  /// Adds a line to metric.log: name, value, unit, global_step, timestamp, extras. A value that is
  /// not finite has no line. Throws IoError.
  void add_metric(std::string_view name,
                  double value,
                  std::string_view unit,
                  std::int64_t global_step);

 private:
  std::string directory_;
  const Clock& clock_;
  AppendFile metrics_;
};

}  // namespace carnyx

#include "carnyx/trainers/picture_file.h"

#include "carnyx/base/files.h"
#include "carnyx/base/json.h"
#include "carnyx/trainers/job.h"

namespace carnyx {

void write_picture_reading(const std::string& path, const Dataset& data) {
  if (!data.augmentation.standardise) return;
  const Json json = Json::object({{"divisor", data.divisor}, {"standardise", true}});
  write_file_atomically(path, json.dump(1) + "\n");
}

Dataset with_picture_reading(Dataset data, const std::string& model_path) {
  constexpr std::uint64_t kMostBytes = 1 << 16;
  const std::string path = JobDirectory(parent_directory(model_path)).pictures();
  if (!exists(path)) return data;
  const Json json = Json::parse(read_file(path, kMostBytes), path);
  data.divisor = static_cast<float>(json.at("divisor").as_number());
  data.augmentation.standardise = json.at("standardise").as_bool();
  return data;
}

}  // namespace carnyx

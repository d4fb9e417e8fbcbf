#include "trainers/job_config.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/fields.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"

#include "trainers/check_options.h"

namespace carnyx {
namespace {

Json own_options(Trainer& trainer) {
  fields::Writer writer;
  ForEachOption each(writer);
  trainer.visit_options(each);
  return writer.take();
}

/// "name: value" lines as an object, each value one of JSON's.
Json parse_config(std::string_view text, const std::string& path) {
  Json fields = Json::object();
  std::int64_t number = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::string place = format("{}: line {}", path, ++number);
    const std::size_t colon = line.find(": ");
    if (colon == line.npos) {
      throw CorruptData(format("{}: expected 'name: value', got '{}'", place, line));
    }
    const std::string_view value = line.substr(colon + 2);
    const bool is_plain = line.starts_with("trainer: ") && !value.starts_with('"');
    fields.set(line.substr(0, colon), is_plain ? Json(value) : Json::parse(value, place));
  }
  return fields;
}

}  // namespace

Json config_json(Trainer& trainer, const JobOptions& options) {
  Json fields = Json::object({{"trainer", trainer.name()}});
  const Json job = to_json(options);
  for (const auto& [key, value] : job.members()) fields.set(key, value);
  const Json own = own_options(trainer);
  for (const auto& [key, value] : own.members()) fields.set(key, value);
  return fields;
}

std::string config_yaml(Trainer& trainer, const JobOptions& options) {
  std::string text;
  const Json fields = config_json(trainer, options);
  for (const auto& [key, value] : fields.members()) text += key + ": " + value.dump() + "\n";
  return text;
}

JobConfig read_config(const std::string& path) {
  constexpr std::uint64_t kMostBytes = 1 << 20;
  Json fields = parse_config(read_file(path, kMostBytes), path);
  if (!fields.contains("trainer")) {
    throw CorruptData(format("{}: expected the line 'trainer: NAME', found none", path));
  }
  JobConfig config;
  config.trainer = make_trainer(fields.at("trainer").as_string());
  fields.erase("trainer");
  Json own = Json::object();
  const Json own_fields = own_options(*config.trainer);
  for (const auto& [key, value] : own_fields.members()) {
    const Json* given = fields.find(key);
    if (given == nullptr) continue;
    own.set(key, *given);
    fields.erase(key);
  }
  fields::Reader reader(own, path);
  ForEachOption each(reader);
  config.trainer->visit_options(each);
  config.options = from_json<JobOptions>(fields, path);
  try {
    check_options(config.options);
  } catch (const InvalidArgument& error) {
    throw CorruptData(format("{}: {}", path, error.what()));
  }
  return config;
}

}  // namespace carnyx

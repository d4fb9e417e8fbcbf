// docs/keras_coverage.txt says what of Keras is here; this asks the registries.
#include <algorithm>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/layers/initializers.h"
#include "carnyx/layers/registry.h"
#include "carnyx/training/model.h"

namespace carnyx {
namespace {

using Known = std::function<bool(const std::string&)>;

Known among(const std::vector<std::string_view>& names) {
  return [names](const std::string& name) {
    return std::ranges::find(names, std::string_view(name)) != names.end();
  };
}

/// Whether `read` takes a config object of this class for one it knows.
Known read_by(const std::function<void(const Json&)>& read) {
  return [read](const std::string& name) {
    try {
      read(Json::object({{"class_name", name}, {"config", Json::object()}}));
    } catch (const InvalidArgument& error) {
      return !std::string_view(error.what()).starts_with("unknown");
    }
    return true;
  };
}

TEST(KerasCoverage, IsWhatItsListSays) {
  const std::map<std::string, Known> registries = {
      {"layer", among(known_layers())},
      {"loss", among(loss_class_names())},
      {"metric", among(metric_class_names())},
      {"optimizer", read_by([](const Json& json) { optimizer_from_json(json); })},
      {"initializer", read_by([](const Json& json) {
         AnyInitializer initializer = Zeros();
         read_json(json, initializer);
       })}};
  std::istringstream list(read_file(CARNYX_SOURCE_DIR "/docs/keras_coverage.txt", 1 << 20));
  std::map<std::string, int> checked;

  for (std::string line; std::getline(list, line);) {
    std::istringstream words(line);
    std::string kind;
    std::string name;
    std::string state;
    words >> kind >> name >> state;
    const auto registry = registries.find(kind);
    if (registry == registries.end()) continue;
    ASSERT_TRUE(state == "has" || state == "no:") << line;
    EXPECT_EQ(registry->second(name), state == "has") << line;
    ++checked[kind];
  }

  EXPECT_EQ(checked.size(), registries.size());
}

}  // namespace
}  // namespace carnyx

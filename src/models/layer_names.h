// The names that layers get which were given none.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "carnyx/layers/layer.h"
#include "carnyx/models/network.h"

namespace carnyx {

/// Gives unnamed layers their class in snake_case and a number that no one else has.
class LayerNames {
 public:
  explicit LayerNames(NamingStyle style) : style_(style) {}

  /// Throws InvalidArgument for a name that another layer has.
  std::string name_of(const Layer& layer);

 private:
  std::string numbered(const std::string& base);

  NamingStyle style_;
  std::map<std::string, std::int64_t> counts_;
  std::set<std::string> taken_;
};

}  // namespace carnyx

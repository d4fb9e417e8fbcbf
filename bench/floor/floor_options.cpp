#include "floor_options.h"

#include <stdexcept>

namespace carnyx::bench {
namespace {

/// The index of `value` in `choices`.
template <std::size_t count>
std::size_t chosen(const std::string& flag,
                   const std::string& value,
                   const char* const (&choices)[count]) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) {
    if (value == choices[i]) return i;
    all += std::string(i == 0 ? "" : i + 1 == count ? " or " : ", ") + choices[i];
  }
  throw std::invalid_argument(flag + ": expected " + all + ", got " + value);
}

void set(FloorOptions& options, const std::string& flag, const std::string& value) {
  if (flag == "--network") {
    options.network = value;
  } else if (flag == "--data") {
    options.data = value;
  } else if (flag == "--precision") {
    options.is_mixed = chosen(flag, value, {"float32", "mixed_bfloat16"}) == 1;
  } else if (flag == "--float32-matmul-precision") {
    chosen(flag, value, {"highest"});  // the primitives have no other
  } else if (flag == "--augmentation") {
    options.crops = chosen(flag, value, {"none", "crop_flip"}) == 1;
  } else if (flag == "--layout") {
    options.layout = static_cast<Layout>(chosen(flag, value, {"any", "nhwc", "blocked"}));
  } else if (flag == "--threads") {
    options.threads = std::stoi(value);
  } else if (flag == "--rows") {
    options.rows = std::stoul(value);
  } else if (flag == "--epochs") {
    options.epochs = std::stoi(value);
  } else {
    throw std::invalid_argument(flag + ": unknown flag; see bench/peers/run.py");
  }
}

}  // namespace

FloorOptions parse(int count, char** words) {
  FloorOptions options;
  for (int i = 1; i < count; i += 2) {
    const std::string flag = words[i];
    if (i + 1 == count) throw std::invalid_argument(flag + ": expected a value after it");
    set(options, flag, words[i + 1]);
  }
  return options;
}

}  // namespace carnyx::bench

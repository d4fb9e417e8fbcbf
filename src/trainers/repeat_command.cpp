#include "trainers/repeat_command.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "carnyx/base/json.h"

#include "trainers/job_config.h"

namespace carnyx {
namespace {

// What says how to begin or to talk, not what to train.
constexpr std::array<std::string_view, 5> kLeftOut = {
    "job_dir", "resume", "overwrite", "log_style", "verbose"};
constexpr std::array<std::string_view, 3> kAlways = {"epochs", "batch_size", "seed"};

bool contains(auto names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string word_of(const Json& value) {
  if (value.is_string()) return value.as_string();
  if (!value.is_array()) return value.dump();
  std::string list;
  for (const Json& item : value.items()) list += (list.empty() ? "" : ",") + word_of(item);
  return list;
}

std::string flag(std::string name, const Json& value) {
  std::ranges::replace(name, '_', '-');
  if (value.is_bool()) return value.as_bool() ? " --" + name : " --no-" + name;
  return " --" + name + " " + shell_word(word_of(value));
}

}  // namespace

std::string shell_word(const std::string& text) {
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("_./:=,+@%-").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, is_plain)) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string(R"('\'')") : std::string(1, c);
  return quoted + "'";
}

std::string repeat_command(Trainer& trainer, const JobOptions& options) {
  std::string command = "carnyx train " + shell_word(trainer.name());
  const std::unique_ptr<Trainer> untold = make_trainer(trainer.name());
  const Json defaults = config_json(*untold, untold->default_options());
  const Json chosen = config_json(trainer, options);
  for (const auto& [name, value] : chosen.members()) {
    if (name == "trainer" || contains(kLeftOut, name) || value.is_null()) continue;
    if (contains(kAlways, name) || value != defaults.at(name)) command += flag(name, value);
  }
  return command + " --job-dir " + shell_word(options.job_dir + "-again");
}

}  // namespace carnyx

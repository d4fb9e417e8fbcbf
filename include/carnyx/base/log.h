// Messages for people, on stderr; stdout belongs to results.
//
//   log::info("checkpoint saved", {{"step", step}, {"path", path}});
//   carnyx: info: checkpoint saved step=120 path=runs/a/checkpoints/step-00000120
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

#include "carnyx/base/format.h"

namespace carnyx::log {

/// Error: someone must act. Warning: the result may differ from what was asked. Info: a few lines a
/// run. Debug: the rest.
enum class Level { Debug, Info, Warning, Error, Off };

struct Field {
  std::string_view key;
  Printable value;
};

/// A constant message and what varies. Whole lines, from any thread.
void debug(std::string_view message, std::initializer_list<Field> fields = {});
void info(std::string_view message, std::initializer_list<Field> fields = {});
void warning(std::string_view message, std::initializer_list<Field> fields = {});
void error(std::string_view message, std::initializer_list<Field> fields = {});

/// The least level that is written. At start CARNYX_LOG (debug, info, warning, error, off), or
/// info.
void set_level(Level level);
Level level();
/// The level of a name; nothing if it names none.
std::optional<Level> level_of(std::string_view name);

}  // namespace carnyx::log

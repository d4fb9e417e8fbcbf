#include "carnyx/base/log.h"

#include <array>
#include <cstdlib>
#include <memory>
#include <string>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace carnyx::log {
namespace {

struct NamedLevel {
  Level level;
  std::string_view name;
  spdlog::level::level_enum backend;
};

constexpr std::array kLevels{
    NamedLevel{Level::Debug, "debug", spdlog::level::debug},
    NamedLevel{Level::Info, "info", spdlog::level::info},
    NamedLevel{Level::Warning, "warning", spdlog::level::warn},
    NamedLevel{Level::Error, "error", spdlog::level::err},
    NamedLevel{Level::Off, "off", spdlog::level::off},
};

const NamedLevel& entry_of(Level level) {
  return kLevels.at(static_cast<std::size_t>(level));
}

Level level_of_environment() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here changes the environment
  const char* name = std::getenv("CARNYX_LOG");
  return level_of(name == nullptr ? "" : name).value_or(Level::Info);
}

spdlog::logger& logger() {
  static spdlog::logger logger = [] {
    spdlog::logger made("carnyx", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made.set_pattern("carnyx: %l: %v");
    made.set_level(entry_of(level_of_environment()).backend);
    return made;
  }();
  return logger;
}

/// The value as one word: quoted if it has blanks, and what could forge a line of its own escaped.
std::string word(const Printable& value) {
  const std::string text = format("{}", value);
  std::string escaped;
  bool quote = text.empty();
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    quote = quote || byte <= 0x20 || c == '"' || c == '=' || c == '\\';
    if (byte < 0x20 || byte == 0x7F) {
      escaped += format("\\x{:02x}", static_cast<unsigned>(byte));
    } else {
      if (c == '"' || c == '\\') escaped += '\\';
      escaped += c;
    }
  }
  return quote ? '"' + escaped + '"' : escaped;
}

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  const auto backend = entry_of(level).backend;
  if (!logger().should_log(backend)) return;
  std::string line(message);
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    line += word(field.value);
  }
  logger().log(backend, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

void debug(std::string_view message, std::initializer_list<Field> fields) {
  write(Level::Debug, message, fields);
}

void info(std::string_view message, std::initializer_list<Field> fields) {
  write(Level::Info, message, fields);
}

void warning(std::string_view message, std::initializer_list<Field> fields) {
  write(Level::Warning, message, fields);
}

void error(std::string_view message, std::initializer_list<Field> fields) {
  write(Level::Error, message, fields);
}

void set_level(Level level) {
  logger().set_level(entry_of(level).backend);
}

Level level() {
  for (const NamedLevel& entry : kLevels) {
    if (entry.backend == logger().level()) return entry.level;
  }
  return Level::Off;
}

std::optional<Level> level_of(std::string_view name) {
  for (const NamedLevel& entry : kLevels) {
    if (entry.name == name) return entry.level;
  }
  return std::nullopt;
}

}  // namespace carnyx::log

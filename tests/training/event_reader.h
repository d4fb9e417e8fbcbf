// Reads what EventFile writes: enough of protobuf to tell tags, steps and numbers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/base/files.h"

namespace carnyx::test {

/// The fields of one message: what has a length as its bytes, numbers as theirs.
using Fields = std::multimap<int, std::string>;

inline std::uint64_t read_varint(std::string_view& text) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(text.at(0));
    text.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  throw std::runtime_error("a varint without end");
}

inline Fields fields_of(std::string_view message) {
  Fields fields;
  while (!message.empty()) {
    const std::uint64_t key = read_varint(message);
    const std::uint64_t wire_type = key & 7U;
    std::uint64_t size = wire_type == 1 ? 8 : wire_type == 5 ? 4 : 0;
    std::string value;
    if (wire_type == 0) {
      value = std::to_string(read_varint(message));
    } else {
      if (wire_type == 2) size = read_varint(message);
      if (size > message.size()) throw std::runtime_error("a field beyond its message");
      value = message.substr(0, size);
      message.remove_prefix(size);
    }
    fields.emplace(static_cast<int>(key >> 3U), value);
  }
  return fields;
}

/// The only field of this number; "" if there is none.
inline std::string field(const Fields& fields, int number) {
  const auto found = fields.find(number);
  return found == fields.end() ? "" : found->second;
}

/// A path of nested messages: {5, 1} is field 1 of field 5.
inline std::string field(std::string_view message, std::initializer_list<int> path) {
  std::string inner(message);
  for (const int number : path) inner = field(fields_of(inner), number);
  return inner;
}

struct Event {
  std::int64_t step = 0;
  std::string tag;
  std::string plugin;  ///< of the tag's first value in the file
  double scalar = 0;   ///< if it is one
  std::string bytes;   ///< the whole event
};

/// Throws if a record is cut short; checksums are compared by the tests of bytes.
inline std::vector<std::string> records_of(const std::string& path) {
  const std::string file = read_file(path, 10 << 20);
  std::vector<std::string> records;
  std::string_view rest = file;
  while (!rest.empty()) {
    std::uint64_t size = 0;
    if (rest.size() < 12) throw std::runtime_error("a cut record");
    std::memcpy(&size, rest.data(), 8);
    if (rest.size() < 16 + size) throw std::runtime_error("a cut record");
    records.emplace_back(rest.substr(12, size));
    rest.remove_prefix(16 + size);
  }
  return records;
}

inline std::vector<Event> events_of(const std::string& path) {
  std::vector<Event> events;
  std::map<std::string, std::string> plugins;
  for (const std::string& record : records_of(path)) {
    const Fields fields = fields_of(record);
    const std::string value = field(record, {5, 1});
    if (value.empty()) continue;
    Event event{.tag = field(value, {1}), .bytes = record};
    if (fields.contains(2)) event.step = std::stoll(field(fields, 2));
    event.plugin = plugins.emplace(event.tag, field(value, {9, 1, 1})).first->second;
    if (const std::string packed = field(value, {8, 5}); packed.size() == 4) {
      float number = 0;
      std::memcpy(&number, packed.data(), 4);
      event.scalar = static_cast<double>(number);
    }
    events.push_back(std::move(event));
  }
  return events;
}

/// The event files of a folder itself, oldest first.
inline std::vector<std::string> event_files(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.find("tfevents") != std::string::npos) paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace carnyx::test

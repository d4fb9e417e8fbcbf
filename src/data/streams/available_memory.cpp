#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <sys/resource.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/data/sample_stream.h"

namespace carnyx {
namespace {

constexpr std::uint64_t kMostText = 64 << 10;

std::optional<std::int64_t> leading_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

/// Nothing if there is no such file, or it says "max".
std::optional<std::int64_t> number_in(const std::string& path) {
  try {
    return leading_number(read_file(path, kMostText));
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<std::int64_t> free_in_machine() {
  try {
    const std::string text = read_file("/proc/meminfo", kMostText);
    constexpr std::string_view kKey = "MemAvailable:";
    const std::size_t at = text.find(kKey);
    if (at == std::string::npos) return std::nullopt;
    const auto kilobytes = leading_number(std::string_view(text).substr(at + kKey.size()));
    if (!kilobytes) return std::nullopt;
    return *kilobytes * 1024;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<std::int64_t> free_in_group() {
  for (const auto& [most, used] :
       {std::pair("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        std::pair("/sys/fs/cgroup/memory/memory.limit_in_bytes",
                  "/sys/fs/cgroup/memory/memory.usage_in_bytes")}) {
    const auto limit = number_in(most);
    const auto now = number_in(used);
    if (limit && now) return std::max<std::int64_t>(*limit - *now, 0);
  }
  return std::nullopt;
}

std::optional<std::int64_t> limit_of_process() {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  return static_cast<std::int64_t>(limit.rlim_cur);
}

std::int64_t bytes_below(const std::string& place) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::is_regular_file(place, error)) return static_cast<std::int64_t>(fs::file_size(place));
  std::int64_t bytes = 0;
  for (auto entry = fs::recursive_directory_iterator(place, error);
       !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    std::error_code unknown;
    if (entry->is_regular_file(unknown)) {
      const std::uintmax_t size = entry->file_size(unknown);
      if (!unknown) bytes += static_cast<std::int64_t>(size);
    }
  }
  return bytes;
}

}  // namespace

std::int64_t estimated_bytes(const FoundData& found) {
  const bool has_parts = !found.train.empty() && found.train != found.path;
  const std::int64_t bytes =
      has_parts ? bytes_below(found.train) + bytes_below(found.test) : bytes_below(found.path);
  switch (found.format) {
    case DataFormat::Csv:
    case DataFormat::Csv2:
    case DataFormat::Csv3:
      return bytes / 2;  // "0," is one byte
    case DataFormat::Images:
      return bytes * 2;
    default:
      return bytes;
  }
}

std::int64_t available_memory_bytes() {
  std::optional<std::int64_t> least;
  for (const auto& free : {free_in_machine(), free_in_group(), limit_of_process()}) {
    if (free) least = std::min(*free, least.value_or(*free));
  }
  return least.value_or(0);
}

}  // namespace carnyx

#include "carnyx/saving/model_file.h"

#include <array>
#include <cstdint>
#include <ctime>
#include <new>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/mapped_file.h"

#include "saving/model_bytes.h"

namespace carnyx {
namespace {

/// "2026-11-21@00:29:36", in UTC so that the same clock gives the same file anywhere.
std::string date_of(const Clock& clock) {
  const std::time_t now = Clock::Wall::clock::to_time_t(clock.now());
  std::tm fields{};
  ::gmtime_r(&now, &fields);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d@%H:%M:%S", &fields);
  return {text.data(), size};
}

/// Runs `read`, which may need more memory than there is.
template <class Read>
auto within_memory(const std::string& path, const Read& read) {
  try {
    return read();
  } catch (const std::bad_alloc&) {
    throw IoError(
        format("{}: not enough memory to read this model; free some, or use a machine "
               "with more",
               path));
  }
}

}  // namespace

void write_model(const std::string& path, const SavedModel& model, const Clock& clock) {
  if (path.ends_with(".keras")) {
    write_file_atomically(path, encode_model(model, date_of(clock)));
  } else if (path.ends_with(".weights.h5")) {
    write_file_atomically(path, encode_weights(model));
  } else {
    throw InvalidArgument(
        format("{}: expected a name that ends in .keras or .weights.h5 to save a model", path));
  }
}

SavedModel read_model(const std::string& path) {
  const MappedFile file(path);
  return within_memory(path, [&] { return decode_model(file.text(), path); });
}

void read_weights(const std::string& path, SavedModel& model) {
  const MappedFile file(path);
  within_memory(path, [&] { decode_weights_of_any(file.text(), path, model); });
}

}  // namespace carnyx

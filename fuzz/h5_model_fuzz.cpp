// Any bytes as a whole-model HDF5 file, and as the words of a confined reader that has been taken
// over: a model that can be written again, or a CorruptData.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "carnyx/base/error.h"
#include "carnyx/base/log.h"

#include "cpu_second.h"
#include "saving/hdf5_file.h"
#include "saving/hdf5_stream.h"
#include "saving/model_bytes.h"

namespace {

void read_model_and_write_it(std::string_view file) {
  try {
    carnyx::SavedModel model = carnyx::decode_h5_model(file, "fuzz");
    model.compile_config = {};  // words of Keras that nobody has checked yet
    model.optimizer.reset();
    (void)carnyx::encode_h5_model(model);
  } catch (const carnyx::CorruptData&) {  // NOLINT(bugprone-empty-catch): the answer to bad bytes
  } catch (const carnyx::InvalidArgument&) {  // NOLINT(bugprone-empty-catch): and to bad names
  }
}

void hear(std::span<const std::uint8_t> words) {
  const auto say = [&](carnyx::ConfinedOutput& output) { output.write(std::as_bytes(words)); };
  try {
    carnyx::ConfinedChild child(say, {}, "fuzz");
    std::uint64_t bytes = 0;
    for (const auto& group : carnyx::receive_hdf5_attributes(child, "fuzz")) {
      for (const auto& attribute : group.attributes) {
        for (const auto& text : attribute.values) bytes += carnyx::kTextOverhead + text.size();
      }
    }
    if (bytes > carnyx::kMostTextBytes) std::abort();
  } catch (const carnyx::CorruptData&) {  // NOLINT(bugprone-empty-catch): the answer to bad bytes
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const carnyx::CpuSecond limit;
  carnyx::log::set_level(carnyx::log::Level::Off);
  read_model_and_write_it({reinterpret_cast<const char*>(data), size});
  hear({data, size});
  return 0;
}

#include "saving/checkpoint_files.h"

#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/failpoint.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/hash.h"
#include "carnyx/base/json.h"

#include "saving/safetensors.h"

namespace carnyx {
namespace {

constexpr std::string_view kTensors = "tensors.safetensors";
constexpr std::string_view kState = "state.json";
constexpr std::string_view kManifest = "MANIFEST.json";
constexpr std::int64_t kVersion = 1;
constexpr std::uint64_t kMostManifestBytes = std::uint64_t{64} << 10;

std::string file_in(const std::string& folder, std::string_view name) {
  return folder + "/" + std::string(name);
}

/// A file and its digest, made in one pass.
class HashedSink {
 public:
  HashedSink(const std::string& folder, std::string_view name)
      : name_(name), sink_(file_in(folder, name)) {}

  void write(std::string_view bytes) {
    hash_.update(bytes);
    sink_.write(bytes);
  }
  /// Makes the file durable and returns its line of the manifest.
  Json commit() {
    sink_.commit();
    return Json::object({{"name", name_},
                         {"size_bytes", static_cast<std::int64_t>(sink_.size())},
                         {"sha256", hash_.hex()}});
  }

 private:
  std::string name_;
  FileSink sink_;
  Hash hash_{Hash::Algorithm::Sha256};
};

Json read_manifest(const std::string& folder) {
  const std::string path = file_in(folder, kManifest);
  Json manifest = Json::parse(read_file(path, kMostManifestBytes), path);
  const Json& version = manifest.at("version");
  if (version.as_int() != kVersion) {
    throw CorruptData(
        format("{}: expected {}, found {}", version.place(), kVersion, version.describe()));
  }
  return manifest;
}

/// The manifest's line of the file `name`.
const Json& line_of(const Json& manifest, std::string_view name) {
  for (const Json& line : manifest.at("files").items()) {
    if (line.at("name").as_string() == name) return line;
  }
  throw CorruptData(format("{}: expected a file {}", manifest.at("files").place(), name));
}

/// The bytes of a file, which are those that were written.
std::string read_verified(const std::string& folder, const Json& manifest, std::string_view name) {
  const std::string path = file_in(folder, name);
  const Json& line = line_of(manifest, name);
  const auto size = static_cast<std::uint64_t>(line.at("size_bytes").as_int());
  std::string bytes = read_file(path, size);
  if (bytes.size() != size) {
    throw CorruptData(format("{}: expected {} bytes, found {}", path, size, bytes.size()));
  }
  const std::string found = sha256_hex(bytes);
  const std::string& expected = line.at("sha256").as_string();
  if (found != expected) {
    throw CorruptData(format("{}: expected the SHA-256 {}, found {}", path, expected, found));
  }
  return bytes;
}

}  // namespace

void write_checkpoint(const std::string& path, const Checkpoint& checkpoint) {
  Json files = Json::array();
  failpoint("checkpoint.tensors");
  HashedSink tensors(path, kTensors);
  write_safetensors(checkpoint.tensors, [&](std::string_view bytes) { tensors.write(bytes); });
  files.push_back(tensors.commit());
  failpoint("checkpoint.state");
  HashedSink state(path, kState);
  state.write(checkpoint.state.dump(1));
  files.push_back(state.commit());
  failpoint("checkpoint.manifest");
  const Json manifest =
      Json::object({{"version", kVersion}, {"step", checkpoint.step}, {"files", std::move(files)}});
  write_file_atomically(file_in(path, kManifest), manifest.dump(1));
}

Checkpoint read_checkpoint(const std::string& path, std::int64_t step) {
  const Json manifest = read_manifest(path);
  if (const Json& written = manifest.at("step"); written.as_int() != step) {
    throw CorruptData(
        format("{}: expected {}, found {}", written.place(), step, written.describe()));
  }
  const std::string state = read_verified(path, manifest, kState);
  Checkpoint checkpoint{
      .step = step, .tensors = {}, .state = Json::parse(state, file_in(path, kState))};
  checkpoint.tensors =
      decode_safetensors(read_verified(path, manifest, kTensors), file_in(path, kTensors));
  return checkpoint;
}

bool looks_complete(const std::string& path) {
  try {
    const Json manifest = read_manifest(path);
    for (const std::string_view name : {kTensors, kState}) {
      std::error_code error;
      const auto size = std::filesystem::file_size(file_in(path, name), error);
      const std::int64_t expected = line_of(manifest, name).at("size_bytes").as_int();
      if (error || size != static_cast<std::uint64_t>(expected)) return false;
    }
    return true;
  } catch (const Error&) {  // whatever is wrong, it can't be relied on
    return false;
  }
}

}  // namespace carnyx

// Models that claim, or unpack to, far more than their files hold.
#include <fstream>

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zip.h>

#include "carnyx/base/error.h"
#include "carnyx/base/temporary_directory.h"

#include "saving/archive.h"
#include "saving/model_bytes.h"
#include "tests/saving/saved_models.h"

namespace carnyx {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::int64_t peak_memory_mib() {
  struct rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss >> 10;
}

std::string config_of(const SavedModel& model) {
  const std::string file = encode_model(model, "");
  return Archive(file, "m").read("config.json", 1 << 20);
}

/// A .keras file at `path` with this config, and deflated weights.
void write_deflated(const std::string& path,
                    const std::string& config,
                    const std::string& weights) {
  zip_t* zip = zip_open(path.c_str(), ZIP_CREATE, nullptr);
  zip_file_add(zip, "config.json", zip_source_buffer(zip, config.data(), config.size(), 0), 0);
  zip_file_add(
      zip, "model.weights.h5", zip_source_buffer(zip, weights.data(), weights.size(), 0), 0);
  EXPECT_EQ(zip_set_file_compression(zip, 1, ZIP_CM_DEFLATE, 1), 0);
  EXPECT_EQ(zip_close(zip), 0);
}

TEST(HostileSizes, OfAMemberThatUnpacksBeyondItsNetworkAreRefusedBeforeItIsUnpacked) {
  const TemporaryDirectory directory;
  const std::string path = directory / "bomb.keras";
  write_deflated(path, config_of(small_model()), std::string(std::size_t{128} << 20, '\0'));
  const std::int64_t before = peak_memory_mib();

  EXPECT_THAT(message_of<CorruptData>([&] { (void)read_model(path); }),
              AllOf(HasSubstr("bomb.keras: model.weights.h5: unpacks to 134217728 bytes"),
                    HasSubstr("need at most "),
                    Not(HasSubstr("batch"))));
  EXPECT_LT(peak_memory_mib() - before, 16);
}

TEST(HostileSizes, OfANetworkThatItsFileCannotHoldAreRefused) {
  const TemporaryDirectory directory;
  const std::string path = directory / "claims.keras";
  SavedModel model = small_model();
  model.network = Network({Dense({.units = 40'000, .input_shape = {{40'000}}})});
  const std::string config = model.network.to_json().dump();
  write_deflated(path, config, encode_weights(small_model()));

  EXPECT_THAT(message_of<CorruptData>([&] { (void)read_model(path); }),
              AllOf(HasSubstr("claims.keras: its network has weights of 6400160000 bytes"),
                    HasSubstr("made to fill memory")));
}

TEST(HostileSizes, OfAWeightsFileBeyondItsNetworkAreRefusedUnread) {
  SavedModel model = small_model();
  const std::string weights = encode_weights(model) + std::string(4 << 20, '\0');

  EXPECT_THAT(message_of<CorruptData>([&] { decode_weights(weights, "w.h5", model); }),
              AllOf(HasSubstr("w.h5: a weights file of "), HasSubstr("need at most ")));
}

TEST(HostileSizes, OfSparseFilesCostNoMemory) {
  const TemporaryDirectory directory;
  const std::int64_t before = peak_memory_mib();
  for (const std::string name : {"sparse.keras", "sparse.weights.h5"}) {
    const std::string path = directory / name;
    std::ofstream(path) << (name == "sparse.keras" ? "PK\x03\x04" : "\x89HDF\r\n\x1a\n");
    ASSERT_EQ(::truncate(path.c_str(), off_t{10} << 30), 0);
    SavedModel model = small_model();

    EXPECT_THROW((void)read_model(path), CorruptData) << name;
    EXPECT_THROW(read_weights(path, model), CorruptData) << name;
  }
  EXPECT_LT(peak_memory_mib() - before, 64);
}

TEST(HostileSizes, AreStillFineForZeroedSlotsThatPackWell) {
  const TemporaryDirectory directory;
  const std::string path = directory / "packed.keras";
  const SavedModel model = small_model();
  write_deflated(path, config_of(model), encode_weights(model));

  EXPECT_EQ(contents(read_model(path).weights), contents(model.weights));
}

TEST(HostileSizes, OfFoldersAndDevicesInAModelsPlaceAreSaidAsWhatTheyAre) {
  const TemporaryDirectory directory;

  EXPECT_THAT(message_of<CorruptData>([&] { (void)read_model(directory.path()); }),
              HasSubstr("expected a file, found a folder"));
  EXPECT_THAT(message_of<CorruptData>([&] { (void)read_model("/dev/null"); }),
              HasSubstr("/dev/null: expected a regular file, found a device"));
}

TEST(HostileSizes, ErrorsSayOnceWhatAFileIsNotAndNameNoRootGroup) {
  SavedModel model = small_model();

  const std::string zip = message_of<CorruptData>([] { (void)decode_model("no zip", "m.keras"); });
  const std::string hdf5 =
      message_of<CorruptData>([&] { decode_weights("no hdf5 file", "m.h5", model); });

  EXPECT_EQ(zip, "m.keras: expected a zip archive, found something else, or one cut short");
  EXPECT_EQ(message_of<CorruptData>([] { (void)decode_model("", "m.keras"); }),
            "m.keras: an empty file; expected a zip archive");
  EXPECT_EQ(hdf5, "m.h5: not an HDF5 file, or cut short");
}

}  // namespace
}  // namespace carnyx

// Data several times larger than the memory that it may take, through the program.
#include <csignal>
#include <cstdint>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/files.h"
#include "carnyx/base/hash.h"
#include "carnyx/base/json.h"
#include "carnyx/base/temporary_directory.h"

#include "data/tfrecord/example.h"
#include "data/tfrecord/records.h"
#include "tests/integration/program.h"

namespace carnyx {
namespace {

constexpr int kParts = 8;
constexpr int kSamplesPerPart = 10'000;
constexpr int kTestSamples = 500;
constexpr int kLimitMegabytes = 20;  // the pixels alone are 63 MB, as text 240 MB

std::vector<std::int64_t> pixels_of(std::int64_t n) {
  std::vector<std::int64_t> pixels(784);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    pixels[i] = at / 79 == n % 10 ? 255 : (7 * at + 13 * n) % 160;
  }
  return pixels;
}

std::string row_of(std::int64_t n) {
  std::string row = std::to_string(n % 10);
  for (const std::int64_t pixel : pixels_of(n)) row += "," + std::to_string(pixel);
  return row + "\n";
}

std::string record_of(std::int64_t n) {
  const std::vector<std::int64_t> pixels = pixels_of(n);
  const std::int64_t label = n % 10;
  const ExampleFeature features[] = {{.name = "image", .ints = pixels},
                                     {.name = "label", .ints = {&label, 1}}};
  return framed(encode_example(features));
}

void write_part(const std::string& path,
                int first,
                int count,
                std::string (*sample)(std::int64_t)) {
  create_directories(parent_directory(path));
  FileSink file(path);
  for (int n = first; n < first + count; ++n) file.write(std::string_view(sample(n)));
  file.commit();
}

class StreamedRuns : public testing::TestWithParam<const char*> {
 protected:
  static void SetUpTestSuite() {
    data_ = std::make_unique<TemporaryDirectory>();
    for (const auto& [format, sample] :
         {std::pair("csv3", &row_of), std::pair("tfr", &record_of)}) {
      for (int part = 0; part < kParts; ++part) {
        write_part(*data_ / (std::string(format) + "/train/part-0000" + std::to_string(part)),
                   part * kSamplesPerPart,
                   kSamplesPerPart,
                   sample);
      }
      write_part(*data_ / (std::string(format) + "/test/part-00000"), 0, kTestSamples, sample);
    }
  }
  static void TearDownTestSuite() { data_.reset(); }

  test::Outcome train(const std::string& threads, const std::string& failpoints = "") const {
    return test::run_program({.arguments = {"train",
                                            "mnist_mlp",
                                            "--stream",
                                            "--memory-limit",
                                            std::to_string(kLimitMegabytes),
                                            "--job-dir",
                                            job_.path(),
                                            "--data-dir",
                                            *data_ / GetParam(),
                                            "--epochs",
                                            "1",
                                            "--batch-size",
                                            "256",
                                            "--threads",
                                            threads,
                                            "--checkpoint-every-steps",
                                            "100",
                                            "--no-tensorboard",
                                            "--verbose",
                                            "0"},
                              .environment = {{"CARNYX_FAILPOINTS", failpoints}},
                              .directory = {}});
  }

  /// Weights and slots after the last step.
  [[nodiscard]] std::string weights() const {
    return file_hash_hex(job_ / "checkpoints/step-00000313/tensors.safetensors",
                         Hash::Algorithm::Sha256);
  }
  [[nodiscard]] std::int64_t peak_megabytes() const {
    const std::string path = job_ / "logs/run.json";
    return Json::parse(read_file(path, 1 << 20), path).at("peak_memory_bytes").as_int() / 1'000'000;
  }

  static std::unique_ptr<TemporaryDirectory> data_;
  TemporaryDirectory job_;
};

std::unique_ptr<TemporaryDirectory> StreamedRuns::data_;

TEST_P(StreamedRuns, StayWithinTheirMemoryAndEndInTheSameBitsAfterAKillAtAnyNumberOfThreads) {
  const test::Outcome whole = train("1");
  ASSERT_EQ(whole.status, 0) << whole.err;
  EXPECT_THAT(whole.err, testing::HasSubstr("streaming the data samples=80000 shuffle_buffer="));
  // The program, the model, its optimizer's state, code and checkpoints take about 60 MB.
  EXPECT_LT(peak_megabytes(), 60 + kLimitMegabytes + 10);
  const std::string expected = weights();
  remove_all(job_ / "checkpoints");
  remove_all(job_ / "model.keras");

  const test::Outcome killed = train("2", "fit.step=kill@217");
  ASSERT_EQ(killed.signal, SIGKILL) << killed.err;
  const test::Outcome resumed = train("2");

  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(resumed.err, testing::HasSubstr("iterations=200"));
  EXPECT_EQ(weights(), expected);
}
INSTANTIATE_TEST_SUITE_P(Formats,
                         StreamedRuns,
                         testing::Values("csv3", "tfr"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace carnyx

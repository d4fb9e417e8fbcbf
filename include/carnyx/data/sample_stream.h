#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "carnyx/data/dataset.h"
#include "carnyx/data/source.h"
#include "carnyx/tensor/dtype.h"
#include "carnyx/tensor/shape.h"

namespace carnyx {

class StreamSource;  // one a format, in src/data/streams

struct StreamOptions {
  std::int64_t buffer_samples = 0;  ///< of the shuffle buffer; 0: as many as memory_bytes hold
  std::int64_t memory_bytes = std::int64_t{256} << 20;  ///< for the buffer and its reader together
};

/// How a stream's samples look; what a Dataset of the same files in memory would say of itself.
struct StreamSchema {
  Shape sample_shape;
  DType x_dtype = DType::Uint8;  ///< Uint8 or Float32
  float divisor = 1;
  std::int64_t classes = 0;
  Augmentation augmentation = {};
};

/// Labelled samples that stay on disk and are read while they are used, from sharded files larger
/// than memory. A cheap handle: copies share what is known of the files.
/// **Threads**: const, so any number at a time.
class SampleStream final {
 public:
  SampleStream(std::shared_ptr<const StreamSource> source,
               StreamSchema schema,
               std::int64_t buffer_samples);

  [[nodiscard]] std::int64_t samples() const;
  [[nodiscard]] const StreamSchema& schema() const { return schema_; }
  /// Where it came from, for messages.
  [[nodiscard]] const std::string& name() const;
  /// Samples that the shuffle buffer holds, at most samples().
  [[nodiscard]] std::int64_t buffer_samples() const { return buffer_samples_; }
  /// What one sample takes in the buffer, with its label and its place in the order.
  [[nodiscard]] std::int64_t sample_bytes() const;
  /// Each sample seen as `sample_shape`, e.g. {784} for an image of 28 x 28.
  /// Throws InvalidArgument as Dataset::with_sample_shape().
  [[nodiscard]] SampleStream with_sample_shape(const Shape& sample_shape) const;
  /// With labels in [0, classes), of which the files may lack some. Throws CorruptData if they have
  /// others.
  [[nodiscard]] SampleStream with_classes(std::int64_t classes) const;
  /// With images that are changed while they are read.
  /// Throws InvalidArgument if it does not suit the samples.
  [[nodiscard]] SampleStream with_augmentation(const Augmentation& augmentation) const;
  /// The first samples in the files' order, at most `count`, read into memory.
  /// Throws what reading meets.
  [[nodiscard]] Dataset first_samples(std::int64_t count) const;

 private:
  friend class StreamOrder;
  std::shared_ptr<const StreamSource> source_;  // shared by the handles and orders of a stream
  StreamSchema schema_;
  std::int64_t buffer_samples_;
};

/// The parts of a data set on disk, as streams that agree in shape, type, scale and classes.
struct StreamedData {
  FoundData source;
  SampleStream train;
  std::optional<SampleStream> test;
  std::vector<std::string> class_names = {};  ///< empty: classes have numbers only
};

/// What read_data() would read, left on disk. Everything is read once on all CPUs, and nothing
/// kept but where samples begin (and the labels of formats that have them apart): so samples,
/// classes, type and scale are known, and damage is found before the first step. Packed files
/// (.gz, deflated .npz) are unpacked from their beginning again for each pass.
/// Throws NotFound, IoError, CorruptData as read_data() does, or InvalidArgument for a pickle, an
/// archive of CIFAR-10, a .npz array in Fortran order, and a buffer that holds no sample.
StreamedData open_streams(const FoundData& found, const StreamOptions& options = {});
/// find_data() and open_streams(); NotFound if there is nothing.
StreamedData open_streams(const std::string& place, const StreamOptions& options = {});
/// The training part, or the only one.
SampleStream open_stream(const std::string& place, const StreamOptions& options = {});

/// Whether open_streams() takes the format: a pickle and an archive are read as a whole.
bool can_stream(const FoundData& found);
/// About what the samples of a data set take in memory, from the sizes of its files: exactly for
/// plain pixels, within a factor of four for text. For choosing between read_data() and a stream.
std::int64_t estimated_bytes(const FoundData& found);
/// What this machine, or the control group of this process, has left for a program. 0: not known.
std::int64_t available_memory_bytes();

}  // namespace carnyx

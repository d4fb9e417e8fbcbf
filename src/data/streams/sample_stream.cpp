#include "carnyx/data/sample_stream.h"

#include <algorithm>
#include <utility>

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/cifar/cifar_files.h"
#include "data/cifar/cifar_records.h"
#include "data/files_in.h"
#include "data/idx_files.h"
#include "data/images/image_folder.h"
#include "data/sample_view.h"
#include "data/streams/array_stream.h"
#include "data/streams/cifar_stream.h"
#include "data/streams/csv_stream.h"
#include "data/streams/example_stream.h"
#include "data/streams/image_stream.h"
#include "data/streams/sample_walk.h"
#include "data/streams/slot_plan.h"
#include "data/streams/stream_source.h"

namespace carnyx {
namespace {

using SourcePtr = std::shared_ptr<const StreamSource>;

struct Sources {
  SourcePtr train;
  SourcePtr test;  // null if there is none
};

Sources open_idx(const std::string& folder) {
  std::string missing;
  const auto files = find_idx_files(folder, missing);
  if (!files) throw NotFound(format("{}: lacks {}", folder, missing));
  return {open_idx_arrays(files->train_images, files->train_labels),
          open_idx_arrays(files->test_images, files->test_labels)};
}

Sources open_cifar(const FoundData& found) {
  if (!found.train.empty()) return {open_cifar_batches({found.train}, found.train), nullptr};
  if (!can_stream(found)) {
    throw InvalidArgument(
        format("{}: {} can't be streamed, it is read as a whole; write it anew with carnyx data "
               "convert --format cifar",
               found.path,
               is_file(found.path) ? "an archive" : "a pickle"));
  }
  const CifarFiles files = cifar_files(found.path);
  return {open_cifar_batches(files.train, found.path),
          open_cifar_batches({files.test}, files.test)};
}

SourcePtr open_part(DataFormat format, const std::string& place) {
  switch (format) {
    case DataFormat::Csv:
      return open_csv_pairs(place);
    case DataFormat::Csv2:
      return open_csv_rows(place, '|');
    case DataFormat::Csv3:
      return open_csv_rows(place, ',');
    case DataFormat::Tfr:
      return open_examples(place);
    case DataFormat::Images:
      return open_image_folder(place);
    default:
      ensure_failed("a format of parts", __FILE__, __LINE__);
  }
}

Sources open_sources(const FoundData& found) {
  switch (found.format) {
    case DataFormat::Idx:
      return open_idx(found.path);
    case DataFormat::Npz:
      return {open_npz_arrays(found.path, "x_train", "y_train"),
              open_npz_arrays(found.path, "x_test", "y_test")};
    case DataFormat::Pickle:
      throw InvalidArgument(
          format("{}: a pickle can't be streamed, it is read as a whole; write it anew with carnyx "
                 "data convert --format npz",
                 found.path));
    case DataFormat::Cifar:
      return open_cifar(found);
    default:
      return {open_part(found.format, found.train),
              found.test.empty() ? nullptr : open_part(found.format, found.test)};
  }
}

void check_same_samples(const StreamSource& train, const StreamSource& test) {
  if (train.schema().sample_shape != test.schema().sample_shape) {
    throw CorruptData(format("{}: expected images of the shape {} as in {}, found {}",
                             test.name(),
                             train.schema().sample_shape.to_string(),
                             train.name(),
                             test.schema().sample_shape.to_string()));
  }
  if (train.schema().x_dtype == test.schema().x_dtype) return;
  throw CorruptData(format("{}: expected images of {} as in {}, found {}",
                           test.name(),
                           name_of(train.schema().x_dtype),
                           train.name(),
                           name_of(test.schema().x_dtype)));
}

/// Both parts have the same classes and scale, as read_data() has it.
StreamSchema shared_schema(const Sources& sources) {
  StreamSchema schema = sources.train->schema();
  if (sources.test == nullptr) return schema;
  check_same_samples(*sources.train, *sources.test);
  schema.classes = std::max(schema.classes, sources.test->schema().classes);
  schema.divisor = std::max(schema.divisor, sources.test->schema().divisor);
  return schema;
}

std::int64_t bytes_of_sample(const StreamSchema& schema) {
  // A row's label, weight, and what the plan and the reader's queue have of each slot.
  constexpr std::int64_t kBesidePixels = 4 + 4 + 5 * sizeof(SlotAssignment);
  return schema.sample_shape.elements() * size_of(schema.x_dtype) + kBesidePixels;
}

SampleStream stream_of(SourcePtr source, const StreamSchema& schema, const StreamOptions& options) {
  const std::int64_t fitting =
      (options.memory_bytes - kStreamReaderBytes) / bytes_of_sample(schema);
  const std::int64_t wanted = options.buffer_samples > 0 ? options.buffer_samples : fitting;
  if (wanted < 1 || options.buffer_samples < 0) {
    throw InvalidArgument(format(
        "{}: a stream needs a buffer of at least one sample of {} bytes beside {} bytes for its "
        "reader, got buffer_samples {} and memory_bytes {}",
        source->name(),
        bytes_of_sample(schema),
        kStreamReaderBytes,
        options.buffer_samples,
        options.memory_bytes));
  }
  const std::int64_t buffer = std::min(wanted, source->samples());
  return SampleStream(std::move(source), schema, buffer);
}

}  // namespace

SampleStream::SampleStream(std::shared_ptr<const StreamSource> source,
                           StreamSchema schema,
                           std::int64_t buffer_samples)
    : source_(std::move(source)), schema_(std::move(schema)), buffer_samples_(buffer_samples) {}

std::int64_t SampleStream::samples() const {
  return source_->samples();
}
const std::string& SampleStream::name() const {
  return source_->name();
}
std::int64_t SampleStream::sample_bytes() const {
  return bytes_of_sample(schema_);
}

SampleStream SampleStream::with_sample_shape(const Shape& sample_shape) const {
  check_sample_view(name(), schema_.sample_shape, sample_shape);
  SampleStream view = *this;
  view.schema_.sample_shape = sample_shape;
  return view;
}

SampleStream SampleStream::with_classes(std::int64_t classes) const {
  if (classes < schema_.classes) {
    throw CorruptData(
        format("{}: expected labels below {}, found {}", name(), classes, schema_.classes - 1));
  }
  SampleStream view = *this;
  view.schema_.classes = classes;
  return view;
}

SampleStream SampleStream::with_augmentation(const Augmentation& augmentation) const {
  validate(augmentation, schema_.sample_shape, name());
  SampleStream view = *this;
  view.schema_.augmentation = augmentation;
  return view;
}

Dataset SampleStream::first_samples(std::int64_t count) const {
  count = std::clamp<std::int64_t>(count, 0, samples());
  Dataset first = rows_for(schema_, name(), count, false);
  SampleWalk walk(*source_, schema_, false, 0);
  for (std::int64_t i = 0; i < count; ++i) copy_sample(walk.find(i), first, i);
  return first;
}

bool can_stream(const FoundData& found) {
  if (found.format == DataFormat::Pickle) return false;
  if (found.format != DataFormat::Cifar || !found.train.empty()) return true;
  return !is_file(found.path) && !cifar_files(found.path).is_pickled;
}

StreamedData open_streams(const FoundData& found, const StreamOptions& options) {
  const Sources sources = open_sources(found);
  const StreamSchema schema = shared_schema(sources);
  StreamedData data{.source = found, .train = stream_of(sources.train, schema, options)};
  if (sources.test != nullptr) data.test = stream_of(sources.test, schema, options);
  if (found.format == DataFormat::Cifar) {
    data.class_names.assign(kCifarClasses.begin(), kCifarClasses.end());
  }
  if (found.format != DataFormat::Images) return data;
  data.class_names = image_classes(found.train);
  if (!found.test.empty() && image_classes(found.test) != data.class_names) {
    throw CorruptData(format(
        "{}: expected the same class folders as in {}, found others", found.test, found.train));
  }
  return data;
}

StreamedData open_streams(const std::string& place, const StreamOptions& options) {
  if (const auto found = find_data(place)) return open_streams(*found, options);
  throw NotFound(format("{}: no data set; carnyx data inspect says what is understood", place));
}

SampleStream open_stream(const std::string& place, const StreamOptions& options) {
  return open_streams(place, options).train;
}

}  // namespace carnyx

#include "data/tfrecord/example_files.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/labelled.h"
#include "data/mapped_file.h"
#include "data/parallel.h"
#include "data/tfrecord/example_reader.h"
#include "data/tfrecord/records.h"

namespace carnyx {
namespace {

struct PlacedRecord {
  Record record;
  std::size_t file = 0;
};

/// A short file can't declare a huge array: a number takes a byte at least, and an image no less
/// than deflate's largest ratio allows.
void check_sizes(const ExampleSchema& schema,
                 const std::vector<PlacedRecord>& records,
                 const std::string& path) {
  const std::uint64_t ratio = schema.decoded.height > 0 ? 1032 : 1;
  std::uint64_t bytes = 0;
  for (const PlacedRecord& placed : records) bytes += placed.record.bytes.size();
  const auto one = static_cast<std::uint64_t>(schema.elements() + schema.label.count);
  if (one > 0 && records.size() <= ratio * bytes / one) return;
  throw CorruptData(
      format("{}: expected {} records with {} numbers each as the first, found {} "
             "bytes of records",
             path,
             records.size(),
             one,
             bytes));
}

}  // namespace

Dataset read_examples(std::span<const std::string> paths, const ExampleNames& names) {
  std::vector<FileContent> files;
  files.reserve(paths.size());  // the records look into them
  std::vector<PlacedRecord> records;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    files.emplace_back(paths[i]);
    for (const Record& record : find_records(files.back().text(), paths[i])) {
      records.push_back({record, i});
    }
  }
  const std::string origin = paths.empty() ? "the part files" : paths.front();
  if (records.empty()) throw CorruptData(origin + ": expected records, found none");
  const ExampleSchema schema =
      schema_of(records.front().record, names, paths[records.front().file]);
  check_sizes(schema, records, origin);
  const auto count = static_cast<std::int64_t>(records.size());
  ExampleReader reader(schema, count);
  constexpr std::int64_t kExamplesAtOnce = 256;
  for_each_piece((count + kExamplesAtOnce - 1) / kExamplesAtOnce, [&](std::int64_t piece) {
    for (std::int64_t i = piece * kExamplesAtOnce;
         i < std::min(count, (piece + 1) * kExamplesAtOnce);
         ++i) {
      const PlacedRecord& placed = records[static_cast<std::size_t>(i)];
      reader.read(placed.record, paths[placed.file], i);
    }
  });
  return labelled(reader.images(), reader.labels(), {origin, origin});
}

}  // namespace carnyx

#include "training/training_rows.h"

#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/hash.h"
#include "carnyx/data/epoch_order.h"
#include "carnyx/data/stream_order.h"

namespace carnyx {
namespace {

std::int64_t training_samples(const Dataset& data, const FitOptions& options) {
  if (options.validation_split == 0) return data.samples();
  if (options.validation_data || options.validation_stream) {
    throw InvalidArgument("fit: give validation_data or validation_split, not both");
  }
  return validation_start(data.samples(), options.validation_split);
}

/// Null, or the weights' digest: they decide the gradients.
Json digest_of(const Tensor& weights) {
  if (weights.empty()) return {};
  return sha256_hex({reinterpret_cast<const char*>(weights.bytes()),
                     static_cast<std::size_t>(weights.size_bytes())});
}

/// All of a tensor's bytes, or stretches of them from its beginning to its end: enough to tell one
/// set of samples from another, in a millisecond.
std::string some_bytes(const Tensor& tensor) {
  constexpr std::int64_t kStretch = 4096;
  constexpr std::int64_t kStretches = 48;
  const auto* first = reinterpret_cast<const char*>(tensor.bytes());
  const std::int64_t size = tensor.size_bytes();
  if (size <= kStretch * kStretches) return {first, static_cast<std::size_t>(size)};
  std::string bytes;
  for (std::int64_t i = 0; i < kStretches; ++i) {
    const std::int64_t at = (size - kStretch) / (kStretches - 1) * i;
    bytes.append(first + at, kStretch);
  }
  return bytes;
}

Json digest_of(const Dataset& data) {
  std::string text;
  const auto add = [&](const std::vector<NamedRows>& list) {
    for (const auto& [name, rows, divisor, classes] : list) {
      text += format("{} {} {} {} {}:",
                     name,
                     name_of(rows.dtype()),
                     rows.shape().to_string(),
                     static_cast<double>(divisor),
                     classes);
      text += some_bytes(rows);
    }
  };
  add(data.input_rows());
  add(data.target_rows());
  return sha256_hex(text);
}

Json digest_of(const std::map<std::int64_t, double>& class_weight) {
  if (class_weight.empty()) return {};
  Json list = Json::array();
  for (const auto& [label, weight] : class_weight) {
    list.push_back(Json::object({{"class", label}, {"weight", weight}}));
  }
  return sha256_hex(list.dump());
}

}  // namespace

TrainingRows resident_rows(const Dataset& data, const FitOptions& options, std::uint64_t seed) {
  const std::int64_t samples = training_samples(data, options);
  Dataset weighted =
      options.class_weight.empty() ? data : with_class_weight(data, options.class_weight);
  Json weights = digest_of(weighted.sample_weight);
  return {.data = std::move(weighted),
          .samples = samples,
          .order = std::make_unique<EpochOrder>(EpochOrderOptions{.samples = samples,
                                                                  .batch_size = options.batch_size,
                                                                  .shuffle = options.shuffle,
                                                                  .seed = seed}),
          .split = samples < data.samples() ? data : Dataset{},
          .seed = seed,
          .weights_identity = std::move(weights),
          .data_identity = digest_of(data)};
}

TrainingRows streamed_rows(const SampleStream& stream,
                           const FitOptions& options,
                           std::uint64_t seed) {
  if (options.validation_split != 0) {
    throw InvalidArgument(
        format("fit: validation_split needs samples in memory, and {} is streamed; put the samples "
               "to validate on into files of their own and give them as validation_stream or "
               "validation_data",
               stream.name()));
  }
  auto order =
      std::make_unique<StreamOrder>(stream,
                                    StreamOrderOptions{.batch_size = options.batch_size,
                                                       .shuffle = options.shuffle,
                                                       .seed = seed,
                                                       .epochs = options.epochs,
                                                       .class_weight = options.class_weight});
  constexpr std::int64_t kLookedAt = 64;
  Json digest = digest_of(stream.first_samples(kLookedAt));
  Dataset window = order->window();
  return {.data = std::move(window),
          .samples = stream.samples(),
          .order = std::move(order),
          .seed = seed,
          .order_identity = Json::object({{"shuffle_buffer", stream.buffer_samples()}}),
          .weights_identity = digest_of(options.class_weight),
          .data_identity = std::move(digest)};
}

}  // namespace carnyx

#include "training/tensorboard/summaries.h"

#include <algorithm>
#include <bit>

namespace carnyx::tensorboard {
namespace {

// tensorflow.DataType
constexpr std::int64_t kFloat = 1;
constexpr std::int64_t kDouble = 2;
constexpr std::int64_t kString = 7;

ProtoWriter metadata(std::string_view plugin, std::string_view content) {
  ProtoWriter data;
  data.bytes(1, plugin);
  if (!content.empty()) data.bytes(2, content);
  return ProtoWriter().message(1, data);
}

ProtoWriter value(std::string_view tag, const ProtoWriter& tensor, const ProtoWriter* about) {
  ProtoWriter value;
  value.bytes(1, tag).message(8, tensor);
  if (about != nullptr) value.message(9, *about);
  return value;
}

ProtoWriter shape(std::span<const std::int64_t> axes) {
  ProtoWriter shape;
  for (const std::int64_t axis : axes) shape.message(2, ProtoWriter().integer(1, axis));
  return shape;
}

/// google.protobuf.Value.
ProtoWriter proto_value(const Json& json) {
  ProtoWriter value;
  if (json.is_bool()) return value.integer(4, json.as_bool() ? 1 : 0);
  if (json.is_number()) return value.number(2, json.as_number());
  return value.bytes(3, json.is_string() ? json.as_string() : json.dump());
}

/// hparams.DataType.
std::int64_t data_type(const Json& json) {
  if (json.is_bool()) return 2;
  return json.is_number() ? 3 : 1;
}

/// The plugin's data is in the metadata; the tensor is there because a value needs one.
ProtoWriter hparams_value(std::string_view tag, int field, const ProtoWriter& content) {
  const ProtoWriter about = metadata("hparams", ProtoWriter().message(field, content).text());
  return value(tag, ProtoWriter().integer(1, kFloat).message(2, {}), &about);
}

}  // namespace

ProtoWriter scalar_value(std::string_view tag, double number, bool with_metadata) {
  const ProtoWriter about = metadata("scalars", "");
  ProtoWriter tensor;
  tensor.integer(1, kFloat).message(2, {}).packed_float(5, static_cast<float>(number));
  return value(tag, tensor, with_metadata ? &about : nullptr);
}

ProtoWriter histogram_value(std::string_view tag,
                            std::span<const Bucket> buckets,
                            bool with_metadata) {
  std::string content;
  for (const Bucket& bucket : buckets) {
    for (const double number : {bucket.left, bucket.right, bucket.count}) {
      append_little_endian(content, std::bit_cast<std::uint64_t>(number), 8);
    }
  }
  const std::int64_t axes[] = {static_cast<std::int64_t>(buckets.size()), 3};
  ProtoWriter tensor;
  tensor.integer(1, kDouble).message(2, shape(axes)).bytes(4, content);
  const ProtoWriter about = metadata("histograms", "");
  return value(tag, tensor, with_metadata ? &about : nullptr);
}

ProtoWriter keras_model_value(std::string_view model_json) {
  const ProtoWriter about = metadata("graph_keras_model", "1");
  ProtoWriter tensor;
  tensor.integer(1, kString).message(2, {}).bytes(8, model_json);
  return value("keras", tensor, &about);
}

ProtoWriter experiment_value(const Json& hparams, std::span<const MetricPlace> metrics) {
  ProtoWriter experiment;
  for (const auto& [name, setting] : hparams.members()) {
    if (setting.is_null()) continue;
    experiment.message(4, ProtoWriter().bytes(1, name).integer(4, data_type(setting)));
  }
  for (const MetricPlace& metric : metrics) {
    const ProtoWriter name = ProtoWriter().bytes(1, metric.group).bytes(2, metric.tag);
    experiment.message(5, ProtoWriter().message(1, name));
  }
  return hparams_value("_hparams_/experiment", 2, experiment);
}

ProtoWriter session_start_value(const Json& hparams, double seconds) {
  std::vector<const JsonMember*> sorted;  // as protobuf orders the keys of a map
  for (const JsonMember& member : hparams.members()) {
    if (!member.value.is_null()) sorted.push_back(&member);
  }
  std::ranges::sort(sorted, {}, [](const JsonMember* member) { return member->key; });
  ProtoWriter start;
  for (const JsonMember* member : sorted) {
    start.message(1, ProtoWriter().bytes(1, member->key).message(2, proto_value(member->value)));
  }
  start.number(5, seconds);
  return hparams_value("_hparams_/session_start_info", 3, start);
}

ProtoWriter session_end_value(SessionStatus status, double seconds) {
  ProtoWriter end;
  end.integer(1, static_cast<std::int64_t>(status)).number(2, seconds);
  return hparams_value("_hparams_/session_end_info", 4, end);
}

}  // namespace carnyx::tensorboard

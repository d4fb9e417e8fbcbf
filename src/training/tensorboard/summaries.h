// What TensorBoard's plugins read: values of a Summary, as the bytes of its `value` messages.
// Source: TensorBoard's compat/proto and plugins/{scalar,histogram,hparams,graph}.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/base/json.h"

#include "training/tensorboard/histogram.h"
#include "training/tensorboard/proto_writer.h"

namespace carnyx::tensorboard {

/// `with_metadata`: the first value of a tag in a file says which plugin it is for.
ProtoWriter scalar_value(std::string_view tag, double value, bool with_metadata);
ProtoWriter histogram_value(std::string_view tag,
                            std::span<const Bucket> buckets,
                            bool with_metadata);
/// The model for the Graphs page, as Keras 3 writes its config.
ProtoWriter keras_model_value(std::string_view model_json);

/// A scalar that the HParams page shows: `tag` in the folder `group` beside the session.
struct MetricPlace {
  std::string group;
  std::string tag;
};
enum class SessionStatus { Success = 1, Failure = 2 };

/// What the HParams page has as columns. `hparams` is an object; null members are left out.
ProtoWriter experiment_value(const Json& hparams, std::span<const MetricPlace> metrics);
ProtoWriter session_start_value(const Json& hparams, double seconds);
ProtoWriter session_end_value(SessionStatus status, double seconds);

}  // namespace carnyx::tensorboard

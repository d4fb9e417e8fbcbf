#pragma once

#include <memory>
#include <string>

#include "data/streams/stream_source.h"

namespace carnyx {

/// TFRecord files of tf.Example; as read_examples().
std::unique_ptr<StreamSource> open_examples(const std::string& place);

}  // namespace carnyx

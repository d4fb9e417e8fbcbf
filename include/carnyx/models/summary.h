#pragma once

#include <cstdint>
#include <string>

#include "carnyx/models/network.h"

namespace carnyx {

enum class SummaryStyle {
  Keras2,   ///< Keras 2.0-2.2: as in the source systems' documents
  TfKeras,  ///< tf.keras 2.13+: "Model: ..." above, sizes in bytes behind the totals
  Keras3,   ///< box-drawing table
};

struct SummaryOptions {
  SummaryStyle style = SummaryStyle::Keras3;
  /// Columns of the Keras2 and TfKeras tables, at least 20, with connections 50.
  /// 0: Keras's own, 65 and 98.
  std::int64_t line_length = 0;
  /// Keras3's table takes 4 less, and 88 at most, with connections 108.
  std::int64_t terminal_columns = 80;
  bool ascii = false;  ///< Keras3 without box-drawing characters
  /// Keras3's last line once the optimizer has state: its slots and, as Keras counts, the iteration
  /// and the learning rate. 0: no such line.
  std::int64_t optimizer_parameters = 0;
};

/// What model.summary() prints, every line ended by a newline. A graph that is no row of layers has
/// a column that says what each layer is connected to.
/// Throws InvalidArgument if the input's shape is not known, a layer does not fit, or line_length
/// is too short.
std::string summary_text(const Network& network, const SummaryOptions& options);

}  // namespace carnyx

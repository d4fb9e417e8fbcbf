// What a window sees: a matrix with a row for each place and a column for each tap and channel,
// read from images a strip at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "carnyx/kernels/convolution.h"

namespace carnyx::kernels {

/// The places of a convolution's window and what lies under it. `transposed`: the places are the
/// image's pixels, and a tap leads to the place of the result that it was used for there.
class Patches {
 public:
  Patches(const Convolution& convolution, Operand images, bool transposed);

  /// Places of all samples.
  [[nodiscard]] std::int64_t rows() const { return rows_; }
  /// Taps times the channels of a group.
  [[nodiscard]] std::int64_t columns() const { return columns_; }

  /// Rows row ... row + rows of panels first ... first + panels, for one group of channels, to
  /// `to`, float32 [panels][rows][16]. Columns past the last are not written.
  void pack(const std::byte* images,
            std::int64_t group,
            std::int64_t row,
            std::int64_t rows,
            std::int64_t first,
            std::int64_t panels,
            float* to) const;

  /// Where a panel of the matrix lies in the images as it is, if it does: the window is a single
  /// tap that skips nothing. Elements [row 0, 16 columns]; rows follow each other.
  [[nodiscard]] const float* in_place(const std::byte* images,
                                      std::int64_t group,
                                      std::int64_t panel) const;

 private:
  /// Some channels under one tap, side by side in a panel.
  struct Segment {
    std::int64_t row_tap, column_tap;
    std::int64_t channel, count;  ///< of the group
    std::int64_t column;          ///< in the panel
  };
  struct Run;

  [[nodiscard]] std::vector<Segment> segments_of(std::int64_t panel) const;
  template <class T>
  void pack_run(const std::byte* images, const Run& run, const Segment& segment, float* to) const;

  Window window_;
  Operand images_;
  bool transposed_;
  Pair places_;            ///< rows and columns of a sample's places
  std::int64_t rows_ = 0;  ///< places of all samples
  std::int64_t channels_;  ///< of a group
  std::int64_t columns_ = 0;
  std::vector<std::vector<Segment>> segments_;  ///< by panel
};

}  // namespace carnyx::kernels

// What a window sees: a matrix with a row for each place and a column for each tap and channel,
// read from images a strip at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "carnyx/kernels/convolution.h"

namespace carnyx::kernels {

/// Places that see the same taps, and the columns of the taps that they see. A window that skips
/// elements shows each pixel, seen from the result, only some of its taps.
struct Phase {
  Pair first = {0, 0};  ///< of the sample's rows and columns of places
  Pair step = {1, 1};
  std::int64_t column = 0, columns = 0;

  /// f(i) for each row + i of `rows` consecutive rows of the matrix that is of the phase.
  template <class F>
  void for_each_row(const Pair& places, std::int64_t row, std::int64_t rows, const F& f) const {
    for (std::int64_t i = 0; i < rows; ++i) {
      const std::int64_t place = (row + i) % (places[0] * places[1]);
      const bool is_mine =
          place / places[1] % step[0] == first[0] && place % places[1] % step[1] == first[1];
      if (is_mine) f(i);
    }
  }
};

/// Consecutive rows of the matrix, and panels of its columns.
struct PatchRows {
  std::int64_t first, count;
};
struct PatchPanels {
  std::int64_t first, count;
};

/// The places of a convolution's window and what lies under it. `transposed`: the places are the
/// image's pixels, and a tap leads to the place of the result that it was used for there.
class Patches {
 public:
  Patches(const Convolution& convolution, Operand images, bool transposed);

  /// Places of all samples.
  [[nodiscard]] std::int64_t rows() const { return rows_; }
  /// Rows and columns of a sample's places.
  [[nodiscard]] const Pair& places() const { return places_; }
  /// Taps times the channels of a group.
  [[nodiscard]] std::int64_t columns() const { return columns_; }
  /// The taps in the columns' order.
  [[nodiscard]] const std::vector<std::int64_t>& taps() const { return taps_; }
  /// One, unless it is transposed and skips elements; then each begins with a panel.
  [[nodiscard]] const std::vector<Phase>& phases() const { return phases_; }

  /// Those of the rows that are of `phase`, one behind the other, for one group of channels, to
  /// `to`, float32 [panels.count][rows.count][16]. Columns past the last are not written. Returns
  /// how many rows there are.
  std::int64_t pack(const std::byte* images,
                    std::int64_t group,
                    const Phase& phase,
                    PatchRows rows,
                    PatchPanels panels,
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
  /// Places of one line, `step` apart.
  struct Run {
    std::int64_t sample, line;
    std::int64_t first, count, step;
  };

  void order_taps();
  [[nodiscard]] Pair phase_of(std::int64_t tap) const;
  [[nodiscard]] std::vector<Segment> segments_of(std::int64_t panel) const;
  void pack_run(const std::byte* images,
                std::int64_t group,
                const Run& run,
                std::int64_t panel,
                float* to) const;
  template <class T>
  void pack_segment(const std::byte* images,
                    const Run& run,
                    const Segment& segment,
                    float* to) const;

  Window window_;
  Operand images_;
  bool transposed_;
  Pair places_;
  std::int64_t rows_ = 0;
  std::int64_t channels_;  ///< of a group
  std::int64_t columns_ = 0;
  std::vector<std::int64_t> taps_;
  std::vector<Phase> phases_;
  std::vector<std::vector<Segment>> segments_;  ///< by panel
};

}  // namespace carnyx::kernels

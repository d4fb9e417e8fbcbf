// Lines of images with all around them that a window sees: copied once, a tap is a distance.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "carnyx/kernels/convolution.h"

namespace carnyx::kernels {

/// What the places of a convolution's window see, a strip of them at a time. `transposed` and
/// groups are as in Patches, and so are the columns: sixteen of them, one tap of 16 channels, lie
/// at the same distance from every place.
class Frames {
 public:
  /// Null where patches must be packed: the window skips elements, or channels are no whole panels
  /// of images in Panels; or need not be, since it is a single tap. `rows` as below.
  [[nodiscard]] static std::unique_ptr<const Frames> make(const Convolution& convolution,
                                                          const Operand& images,
                                                          bool transposed,
                                                          std::int64_t rows);

  /// `rows`: places that a frame has room for.
  Frames(const Convolution& convolution, Operand images, bool transposed, std::int64_t rows);

  /// Of a frame.
  [[nodiscard]] std::int64_t floats() const { return panels_ * panel_stride_; }
  /// From a place to each panel of the patches' columns, in floats.
  [[nodiscard]] const std::vector<std::int64_t>& distances() const { return distances_; }
  /// Places of a line.
  [[nodiscard]] std::int64_t width() const { return places_[1]; }

  /// Copies what places `row`... + `rows` see of one group to the frame at `to`.
  void fill(const std::byte* images,
            std::int64_t group,
            std::int64_t row,
            std::int64_t rows,
            float* to) const;
  /// Where the place `row` lies in a frame whose first place is `first`, in floats.
  [[nodiscard]] std::int64_t place(std::int64_t first, std::int64_t row) const;

 private:
  template <class T>
  void fill_panel(const T* panel, std::int64_t row, std::int64_t rows, float* to) const;

  Operand images_;
  Pair places_;        ///< of a sample
  Pair first_, more_;  ///< the least distance of an element that a place sees, and the range
  std::int64_t panels_;
  std::int64_t pitch_;  ///< elements of a frame's line
  std::int64_t panel_stride_;
  std::vector<std::int64_t> distances_;
};

}  // namespace carnyx::kernels

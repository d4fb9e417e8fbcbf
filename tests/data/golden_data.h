// The files that tests/oracle/datasets.py had NumPy, pickle and TensorFlow write; its top says what
// is in them.
#pragma once

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "carnyx/base/files.h"
#include "carnyx/data/dataset.h"

namespace carnyx {

inline std::string golden_data(std::string_view name) {
  return std::string(CARNYX_SOURCE_DIR "/tests/golden/data/") + std::string(name);
}

inline std::string golden_bytes(std::string_view name) {
  return read_file(golden_data(name), 1 << 20);
}

/// `data` holds images [first, first + count) of the script's digits.
inline void expect_golden_digits(const Dataset& data, int first, int count) {
  ASSERT_EQ(data.samples(), count);
  ASSERT_EQ(data.x.shape(), (Shape{count, 4, 4}));
  ASSERT_EQ(data.x.dtype(), DType::Uint8);
  for (int i = 0; i < count; ++i) {
    EXPECT_EQ(data.y.at(i), 3 * (first + i) % 10) << i;
    for (int p = 0; p < 16; ++p) {
      EXPECT_EQ(data.x.at(16 * i + p), (37 * (first + i) + 11 * p) % 256) << i << ' ' << p;
    }
  }
}

inline void expect_golden_digits(const TrainTest& parts) {
  expect_golden_digits(parts.train, 0, 6);
  expect_golden_digits(parts.test, 6, 3);
}

}  // namespace carnyx

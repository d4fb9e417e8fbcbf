#include <atomic>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"

#include "data/csv/number_rows.h"
#include "data/parallel.h"
#include "tests/data/message.h"

namespace carnyx {
namespace {

TEST(Parallel, DoesEveryPieceOnce) {
  std::vector<std::atomic<int>> calls(1'000);

  for_each_piece(1'000, [&](std::int64_t i) { ++calls[static_cast<std::size_t>(i)]; });

  for (const std::atomic<int>& count : calls) EXPECT_EQ(count.load(), 1);
}

TEST(Parallel, DoesNothingForNoPieces) {
  for_each_piece(0, [](std::int64_t /*i*/) { FAIL(); });
}

TEST(Parallel, ThrowsTheErrorOfTheLowestPieceWhateverTheThreadsDid) {
  for (int run = 0; run < 50; ++run) {
    const std::string message = message_of<CorruptData>([] {
      for_each_piece(200, [](std::int64_t i) {
        if (i % 7 == 3) throw CorruptData("piece " + std::to_string(i));
      });
    });

    EXPECT_EQ(message, "piece 3");
  }
}

TEST(Parallel, ParsesRowsOfManyPiecesWithoutARace) {
  std::string text;
  for (int i = 0; i < 400'000; ++i) text += "1,2,3,4,5,6\n";

  const NumberRows rows =
      parse_number_rows(std::vector<RowText>{{text, "rows"}}, {.label_separator = ','});

  EXPECT_EQ(rows.values.shape(), (Shape{400'000, 5}));
  EXPECT_EQ(rows.labels.at(399'999), 1);
}

}  // namespace
}  // namespace carnyx

#include "data/csv/number_rows.h"

#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/rng.h"

#include "data/csv/number.h"
#include "tests/data/message.h"

namespace carnyx {
namespace {

NumberRows parse(std::string_view text, char label_separator = '\0') {
  return parse_number_rows(std::vector<RowText>{{text, "some.csv"}},
                           {.label_separator = label_separator});
}

std::string rows_complaint(std::string_view text, char label_separator = '\0') {
  return message_of<CorruptData>([&] { parse(text, label_separator); });
}

double number(std::string_view text) {
  double value = -77;
  EXPECT_TRUE(parse_whole(text, value)) << text;
  return value;
}

TEST(Number, IsTheNearestDouble) {
  EXPECT_EQ(number("0"), 0.0);
  EXPECT_EQ(number("-12.5"), -12.5);
  EXPECT_EQ(number("+3"), 3.0);
  EXPECT_EQ(number(" 7\t"), 7.0);
  EXPECT_EQ(number(".5"), 0.5);
  EXPECT_EQ(number("5."), 5.0);
  EXPECT_EQ(number("0.1"), 0.1);
  EXPECT_EQ(number("1e3"), 1000.0);
  EXPECT_EQ(number("1.7976931348623157e308"), 1.7976931348623157e308);
  EXPECT_EQ(number("123456789012345678901234567890"), 123456789012345678901234567890.0);
  EXPECT_EQ(number("9007199254740993"), 9007199254740992.0);  // 2^53 + 1: ties to even
  EXPECT_EQ(number("1e-400"), 0.0);
  EXPECT_EQ(number("-1e400"), -HUGE_VAL);
}

TEST(Number, IsNothingElse) {
  double value = 0;
  for (const char* text : {"", "-", "+", ".", "e5", "1x", "1 2", "--1", "+-1", "0x10", "1,5"}) {
    EXPECT_FALSE(parse_whole(text, value)) << text;
  }
}

TEST(Number, LooksAtNothingBehindItsEnd) {
  const std::string text = "+5";
  double value = -77;

  EXPECT_EQ(parse_number(text.data(), text.data(), value), text.data());
  EXPECT_EQ(parse_number(text.data(), text.data() + 1, value), text.data());
  EXPECT_EQ(value, -77);
}

TEST(Number, AgreesWithTheCLibraryOnRandomDecimals) {
  Rng rng(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = format("{}{}.{}e{}",
                                    rng.below(2) == 0 ? "" : "-",
                                    rng.below(1'000'000),
                                    rng.below(1'000'000'000'000),
                                    static_cast<int>(rng.below(60)) - 30);
    const std::string shorter = text.substr(0, text.find('e'));
    EXPECT_EQ(number(text), std::strtod(text.c_str(), nullptr)) << text;
    EXPECT_EQ(number(shorter), std::strtod(shorter.c_str(), nullptr)) << shorter;
  }
}

TEST(NumberRows, AreBytesWhereAllNumbersAre) {
  const NumberRows rows = parse("0,1,255\n12,13,14\n");

  EXPECT_EQ(rows.values.dtype(), DType::Uint8);
  EXPECT_EQ(rows.values.shape(), (Shape{2, 3}));
  EXPECT_EQ(rows.values.at(2), 255);
  EXPECT_EQ(rows.values.at(5), 14);
  EXPECT_TRUE(rows.labels.empty());
}

TEST(NumberRows, AreBytesIfWrittenAsFloatsToo) {
  const NumberRows rows = parse("0.0,255.0\n1,2e1\n");

  EXPECT_EQ(rows.values.dtype(), DType::Uint8);
  EXPECT_EQ(rows.values.at(1), 255);
  EXPECT_EQ(rows.values.at(3), 20);
}

TEST(NumberRows, AreFloatsOtherwise) {
  for (const char* text : {"0,0.5\n1,2\n", "0,-1\n", "256,0\n"}) {
    EXPECT_EQ(parse(text).values.dtype(), DType::Float32) << text;
  }
  EXPECT_EQ(parse("0,0.5\n1,2\n").values.at(1), 0.5);
}

TEST(NumberRows, TakeALabelInFront) {
  const NumberRows bars = parse("7|0,1\n3|2,3\n", '|');
  const NumberRows commas = parse("7,0,1\n3,2,3\n", ',');

  EXPECT_EQ(bars.values.shape(), (Shape{2, 2}));
  EXPECT_EQ(commas.values.shape(), (Shape{2, 2}));
  EXPECT_EQ(bars.labels.at(0), 7);
  EXPECT_EQ(commas.labels.at(1), 3);
  EXPECT_EQ(commas.values.at(3), 3);
}

TEST(NumberRows, OverlookHeadersEmptyLinesAndCrlf) {
  const NumberRows rows = parse("\xEF\xBB\xBFlabel,pixel0,pixel1\r\n5, 1 ,2\r\n\r\n6,3,4", ',');

  EXPECT_EQ(rows.values.shape(), (Shape{2, 2}));
  EXPECT_EQ(rows.labels.at(0), 5);
  EXPECT_EQ(rows.values.at(3), 4);
}

TEST(NumberRows, FollowEachOtherInTheOrderOfTheTexts) {
  const std::vector<RowText> texts = {{"1\n2\n", "a"}, {"", "b"}, {"3", "c"}};

  const NumberRows rows = parse_number_rows(texts, RowFormat{});

  EXPECT_EQ(rows.values.shape(), (Shape{3, 1}));
  EXPECT_EQ(rows.values.at(2), 3);
  EXPECT_EQ(rows.rows_of_text, (std::vector<std::int64_t>{2, 0, 1}));
}

TEST(NumberRows, AreTheSameHoweverManyPiecesTheTextIsCutInto) {
  std::string text;
  for (int i = 0; i < 200'000; ++i)
    text += format("{},{},{},{}\n", i % 256, i / 256 % 256, i % 7, 255);
  text += "0,0,0,0.5\n";  // floats, so the bytes were read in vain

  const NumberRows rows = parse(text);

  ASSERT_EQ(rows.values.shape(), (Shape{200'001, 4}));
  for (std::int64_t i = 0; i < 200'000; i += 997) {
    EXPECT_EQ(rows.values.at(4 * i), static_cast<double>(i % 256));
    EXPECT_EQ(rows.values.at(4 * i + 1), static_cast<double>(i / 256 % 256));
  }
  EXPECT_EQ(rows.values.at(800'003), 0.5);
}

TEST(NumberRows, NameTheLineAndTheColumnOfWhatIsNoNumber) {
  EXPECT_EQ(rows_complaint("1,2,3\n4,five,6\n"),
            "some.csv: line 2, column 2: expected a number, found 'five,6'");
  EXPECT_EQ(rows_complaint("1,2,3\n4,,6\n"),
            "some.csv: line 2, column 2: expected a number, found ',6'");
  EXPECT_EQ(rows_complaint("1,2,3\n4,5,6 7\n"),
            "some.csv: line 2, column 3: expected the end of a row of 3 numbers, found '7'");
  EXPECT_EQ(rows_complaint("1|2,3\n4,5,6\n", '|'),
            "some.csv: line 2, column 1: expected '|' after the label, found ',5,6'");
}

TEST(NumberRows, NameTheLineOfARowOfAnotherLength) {
  EXPECT_EQ(rows_complaint("1,2,3\n4,5\n"),
            "some.csv: line 2: expected 3 numbers as in the first row, found 2");
  EXPECT_EQ(rows_complaint("1000,2000,3000\n4,5\n"),
            "some.csv: line 2, column 2: expected ',', found the end of the line");
  EXPECT_EQ(rows_complaint("1,2\n4,5,6\n"),
            "some.csv: line 2, column 2: expected the end of a row of 2 numbers, found ',6'");
}

TEST(NumberRows, NameTheFirstFaultAtAnyNumberOfThreads) {
  std::string text;
  for (int i = 1; i <= 1'000'000; ++i) text += i == 300'000 || i == 900'000 ? "x,1\n" : "10,200\n";

  for (int run = 0; run < 3; ++run) {
    EXPECT_TRUE(contains(rows_complaint(text), "line 300000, column 1"));
  }
}

TEST(NumberRows, AllocateNothingForAWideFirstRowAndManyShortOnes) {
  std::string text = "1";
  for (int i = 0; i < 300'000; ++i) text += ",1";
  text += '\n';
  for (int i = 0; i < 300'000; ++i) text += "1\n";

  EXPECT_TRUE(contains(rows_complaint(text),
                       "line 2: expected 300001 numbers as in the first row, found 1"));
}

TEST(NumberRows, AreNotLookedForInALineWithoutAnEnd) {
  const std::string endless(std::size_t{68} << 20, '1');
  constexpr std::string_view kExpected = "expected a row of at most 67108864 bytes";

  EXPECT_TRUE(contains(rows_complaint(endless), format("line 1: {}", kExpected)));
  EXPECT_TRUE(contains(rows_complaint("1,2\n3,4\n" + endless), format("line 3: {}", kExpected)));
}

TEST(NumberRows, AreMissedInAnEmptyText) {
  EXPECT_EQ(rows_complaint(""), "some.csv: expected rows of numbers, found none");
  EXPECT_EQ(rows_complaint("label,a\n", ','), "some.csv: expected rows of numbers, found none");
}

}  // namespace
}  // namespace carnyx

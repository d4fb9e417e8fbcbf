#include "carnyx/data/table.h"

#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/files.h"
#include "carnyx/base/format.h"
#include "carnyx/base/temporary_directory.h"

#include "tests/data/bytes.h"
#include "tests/data/message.h"

namespace carnyx {
namespace {

constexpr std::string_view kPeople =
    "age,colour,code,kind\n"
    "1,red,7,yes\n"
    "2,green,8,no\n"
    "3,red,7,yes\n";

Table some_table(std::string_view text, const TableOptions& options = {}) {
  return parse_table(text, "some.csv", options);
}

std::string table_complaint(std::string_view text, const TableOptions& options = {}) {
  return message_of<CorruptData>([&] { some_table(text, options); });
}

std::vector<double> row_of(const Dataset& data, std::int64_t row) {
  std::vector<double> values;
  const std::int64_t columns = data.x.shape()[1];
  for (std::int64_t c = 0; c < columns; ++c) values.push_back(data.x.at(row * columns + c));
  return values;
}

using Values = std::vector<double>;
using Names = std::vector<std::string>;

TEST(Table, TakesNumbersAsTheyAreAndSpreadsCategories) {
  const Table table = some_table(kPeople);

  EXPECT_EQ(table.mapping.feature_names(), (Names{"age", "colour=green", "colour=red", "code"}));
  EXPECT_EQ(row_of(table.data, 0), (Values{1, 0, 1, 7}));
  EXPECT_EQ(row_of(table.data, 1), (Values{2, 1, 0, 8}));
  EXPECT_EQ(table.mapping.label.categories, (Names{"no", "yes"}));
  EXPECT_EQ(table.data.classes, 2);
  EXPECT_EQ(table.data.y.at(0), 1);
  EXPECT_EQ(table.data.y.at(1), 0);
  EXPECT_NO_THROW(validate(table.data));
}

TEST(Table, TakesTheLabelAndOtherColumnsByNameOrPosition) {
  const Table by_name = some_table(kPeople, {.label = "colour", .ignored = {"kind"}});
  const Table by_position = some_table(kPeople, {.label = "1", .ignored = {"-1"}});

  EXPECT_EQ(by_name.mapping.feature_names(), (Names{"age", "code"}));
  EXPECT_EQ(by_position.mapping.feature_names(), (Names{"age", "code"}));
  EXPECT_EQ(by_position.mapping.label.name, "colour");
}

TEST(Table, MakesCodesWhenAsked) {
  const Table table =
      some_table(kPeople, {.categorical = {"code"}, .coding = CategoryCoding::Codes});

  EXPECT_EQ(row_of(table.data, 0), (Values{1, 1, 0}));
  EXPECT_EQ(row_of(table.data, 1), (Values{2, 0, 1}));
}

// Mean 2, standard deviation of the population sqrt(2 / 3).
TEST(Table, StandardisesNumbersWhenAsked) {
  const Table table = some_table(kPeople, {.ignored = {"colour", "code"}, .standardise = true});

  EXPECT_FLOAT_EQ(static_cast<float>(table.data.x.at(0)), -1.2247449F);
  EXPECT_EQ(table.data.x.at(1), 0);
  EXPECT_FLOAT_EQ(static_cast<float>(table.data.x.at(2)), 1.2247449F);
}

TEST(Table, LeavesAConstantColumnAtZeroWhenStandardised) {
  const Table table = some_table("a,y\n5,1\n5,2\n", {.standardise = true});

  EXPECT_EQ(table.data.x.at(0), 0);
  EXPECT_EQ(table.data.x.at(1), 0);
}

TEST(Table, PredictsANumberWhenAsked) {
  const Table table =
      some_table("a,price\n1,2.5\n2,-1e2\n", {.label = "price", .is_regression = true});

  EXPECT_EQ(table.data.y.dtype(), DType::Float32);
  EXPECT_EQ(table.data.y.shape(), (Shape{2, 1}));
  EXPECT_EQ(table.data.y.at(1), -100);
  EXPECT_EQ(table.data.classes, 0);
  EXPECT_TRUE(contains(table_complaint("a,b\n1,x\n", {.is_regression = true}), "expected numbers"));
}

TEST(Table, OrdersCategoriesThatAreNumbersAsNumbers) {
  const Table table = some_table("a,y\n1,10\n1,9\n1,2\n");

  EXPECT_EQ(table.mapping.label.categories, (Names{"2", "9", "10"}));
}

TEST(Table, ReadsQuotesAsTheStandardSays) {
  const Table table =
      some_table("\"a, b\",\"x\"\"y\",kind\r\n1,\"one\r\ntwo\",p\r\n2,\"say \"\"hi\"\"\",\"\"\r\n");

  EXPECT_EQ(table.mapping.columns[0].name, "a, b");
  EXPECT_EQ(table.mapping.columns[1].name, "x\"y");
  EXPECT_EQ(table.mapping.columns[1].categories, (Names{"one\r\ntwo", "say \"hi\""}));
  EXPECT_EQ(table.mapping.label.categories, (Names{"", "p"}));  // quoted, so it is a value
  EXPECT_EQ(row_of(table.data, 1), (Values{2, 0, 1}));
}

TEST(Table, TakesAnotherSeparatorAndAFileFromDisk) {
  const TemporaryDirectory folder;
  write_file_atomically(folder / "a.csv.gz", gzip("a;y\n1,5;0\n2;1\n"));

  const Table table = read_table(folder / "a.csv.gz", {.separator = ';'});

  EXPECT_EQ(table.mapping.columns[0].categories, (Names{"1,5", "2"}));
}

TEST(Table, SaysWhichValueIsMissing) {
  EXPECT_EQ(table_complaint("a,b,y\n1,2,0\n3,,1\n"),
            "some.csv: line 3, column 'b': expected a value (or missing values filled by mean or "
            "zero), found no value");
  EXPECT_TRUE(contains(table_complaint("a,y\n1,\n2,1\n"),
                       "column 'y': expected one of the label's classes"));
}

TEST(Table, FillsMissingValuesAsAsked) {
  constexpr std::string_view kGaps = "n,c,y\n1,u,0\nNA,u,0\n5,?,1\n3,v,1\n";

  const Table mean = some_table(kGaps, {.missing = MissingValue::Mean});
  const Table zero = some_table(kGaps, {.missing = MissingValue::Zero});
  const Table codes =
      some_table(kGaps, {.coding = CategoryCoding::Codes, .missing = MissingValue::Zero});

  EXPECT_EQ(row_of(mean.data, 1), (Values{3, 1, 0}));
  EXPECT_EQ(row_of(mean.data, 2), (Values{5, 1, 0}));  // u is the most frequent
  EXPECT_EQ(row_of(zero.data, 1), (Values{0, 1, 0}));
  EXPECT_EQ(row_of(zero.data, 2), (Values{5, 0, 0}));
  EXPECT_EQ(row_of(codes.data, 2), (Values{5, 2}));
  EXPECT_EQ(mean.mapping.columns[0].missing, 1);
}

TEST(Table, ReadsNewRowsTheSameWayAfterItsMappingWasSaved) {
  const Table table = some_table(kPeople, {.standardise = true});
  const Json saved = Json::parse(table.mapping.to_json().dump(), "mapping.json");
  const TableMapping mapping = TableMapping::from_json(saved);

  const Dataset again = parse_mapped_table(kPeople, "again.csv", mapping);
  const Dataset one =
      parse_mapped_table("colour,code,age\nred,7,3\n", "new.csv", mapping);  // no label

  for (std::int64_t row = 0; row < 3; ++row) EXPECT_EQ(row_of(again, row), row_of(table.data, row));
  EXPECT_EQ(again.y.at(0), 1);
  EXPECT_EQ(row_of(one, 0), row_of(table.data, 2));
  EXPECT_EQ(one.samples(), 1);
}

TEST(Table, RefusesANewCategoryUnlessMissingValuesAreFilled) {
  const Table strict = some_table(kPeople);
  const Table lenient = some_table(kPeople, {.missing = MissingValue::Zero});
  constexpr std::string_view kBlue = "age,colour,code\n1,blue,7\n";

  const std::string message =
      message_of<CorruptData>([&] { parse_mapped_table(kBlue, "new.csv", strict.mapping); });

  EXPECT_EQ(message,
            "new.csv: line 2, column 'colour': expected a category that was there when the mapping "
            "was made, found 'blue'");
  EXPECT_EQ(row_of(parse_mapped_table(kBlue, "new.csv", lenient.mapping), 0), (Values{1, 0, 0, 7}));
}

TEST(Table, CountsWhatItFilledInAndNamesTheFirstNewCategory) {
  const TableMapping mapping =
      parse_table("age,colour,kind\n1,red,a\n2,blue,b\n", "x", {.missing = MissingValue::Mean})
          .mapping;

  FilledValues filled;
  parse_mapped_table("age,colour,kind\n,red,a\n1,mauve,a\nNA,grey,b\n", "y", mapping, &filled);

  EXPECT_EQ(filled.missing, 2);
  EXPECT_EQ(filled.unknown, 2);
  EXPECT_EQ(filled.first_unknown, "line 3, column 'colour': 'mauve'");
}

TEST(Table, NamesAColumnThatIsNotThere) {
  const std::string message = message_of<NotFound>([] { some_table(kPeople, {.label = "color"}); });

  EXPECT_TRUE(contains(message, "did you mean 'colour'?")) << message;
  EXPECT_THROW(some_table(kPeople, {.label = "4"}), NotFound);
  EXPECT_THROW(some_table(kPeople, {.ignored = {"kind"}}), InvalidArgument);
}

TEST(Table, NamesTheLineOfWhatBreaksTheFormat) {
  EXPECT_EQ(table_complaint("a,y\n1,2\n\n1,2,3\n"),
            "some.csv: line 4: expected 2 fields as in the header, found 3");
  EXPECT_EQ(table_complaint("a,y\n1,2\n\"x,2\n"), "some.csv: line 3: a quote that is never closed");
  EXPECT_EQ(table_complaint("a,y\n\"x\"z,2\n"),
            "some.csv: line 2: expected ',' after a closing quote, found 'z,2?'");
  EXPECT_TRUE(contains(table_complaint("a,y\n5\" pipe,2\n"), "line 2: a quote inside a field"));
  EXPECT_EQ(table_complaint("a,a\n1,2\n"),
            "some.csv: line 1: expected each column's name once, found 'a' again");
  EXPECT_TRUE(contains(table_complaint(""), "expected a header"));
  EXPECT_TRUE(contains(table_complaint("a,y\n"), "expected rows below the header"));
}

TEST(Table, RefusesARowWithoutAnEnd) {
  const std::string endless(std::size_t{66} << 20, 'x');
  constexpr std::string_view kExpected = "expected a row of at most 67108864 bytes";

  EXPECT_TRUE(contains(table_complaint(endless), format("line 1: {}", kExpected)));
  EXPECT_TRUE(contains(table_complaint("a,y\n1,2\n\"" + endless), kExpected.data()));
  EXPECT_EQ(table_complaint("a,y\n1,2\n" + std::string(200'000, ',')),
            "some.csv: line 3: expected at most 100000 columns, found more");
}

TEST(Table, IsWholeOrRefusedWhereverItIsCut) {
  constexpr std::string_view kText = "a,\"b \"\"c\",y\n1,\"x\ny\",p\n2,z,q\n";
  for (std::size_t size = 0; size < kText.size(); ++size) {
    try {
      const Table table = some_table(kText.substr(0, size));
      EXPECT_LE(table.data.samples(), 2) << size;  // cut at a row's end, or inside its last field
    } catch (const CorruptData&) {
      SUCCEED();
    }
  }
}

TEST(Table, IsTheSameHoweverManyPiecesTheTextIsCutInto) {
  std::string text = "n,c,y\n";
  for (int i = 0; i < 120'000; ++i) {
    text += format("{}.25,\"line {}\nof, \"\"two\"\"\",{}\n", i, i % 3, i % 2);
  }

  const Table table = some_table(text, {.label = "y"});

  ASSERT_EQ(table.data.x.shape(), (Shape{120'000, 4}));
  EXPECT_EQ(table.mapping.columns[0].mean, 59'999.75);
  for (std::int64_t i = 0; i < 120'000; i += 1'001) {
    EXPECT_EQ(table.data.x.at(4 * i), static_cast<double>(i) + 0.25);
    EXPECT_EQ(table.data.x.at(4 * i + 1 + i % 3), 1);
    EXPECT_EQ(table.data.y.at(i), static_cast<double>(i % 2));
  }
}

TEST(TableMapping, NamesWhatIsWrongInItsJson) {
  Json json = some_table(kPeople).mapping.to_json();
  json.set("coding", "dummies");

  const std::string message = message_of<CorruptData>(
      [&] { TableMapping::from_json(Json::parse(json.dump(), "mapping.json")); });

  EXPECT_TRUE(contains(message, "$.coding: expected one of one_hot, codes, found 'dummies'"))
      << message;
}

}  // namespace
}  // namespace carnyx

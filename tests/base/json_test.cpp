#include "carnyx/base/json.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"

namespace carnyx {
namespace {

using testing::HasSubstr;

Json parse(std::string_view text) {
  return Json::parse(text, "test.json");
}

std::string parse_error_of(std::string_view text) {
  try {
    parse(text);
  } catch (const CorruptData& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Json, ReadsEveryKindOfValue) {
  const Json json =
      parse(R"( {"a": null, "b": [true, false], "c": -12, "d": 2.5e-1, "e": "x", "f": {}} )");

  EXPECT_TRUE(json.at("a").is_null());
  EXPECT_TRUE(json.at("b").at(0).as_bool());
  EXPECT_FALSE(json.at("b").at(1).as_bool());
  EXPECT_EQ(json.at("c").as_int(), -12);
  EXPECT_EQ(json.at("d").as_number(), 0.25);
  EXPECT_EQ(json.at("e").as_string(), "x");
  EXPECT_EQ(json.at("f").size(), 0U);
}

TEST(Json, KeepsTheOrderOfMembers) {
  EXPECT_EQ(parse(R"({"z": 1, "a": 2, "m": 3})").dump(), R"({"z": 1, "a": 2, "m": 3})");
}

// The expected text was printed by Python 3.11's json.dumps.
TEST(Json, DumpsAsPythonDoes) {
  const Json json = Json::object({{"name", "dense"},
                                  {"rate", 1.0},
                                  {"tiny", 1e-7},
                                  {"small", 0.0001},
                                  {"big", 1e16},
                                  {"large", 123456789012345.0},
                                  {"third", 1.0 / 3.0},
                                  {"shape", Json::array({nullptr, 784})},
                                  {"none", Json::array()},
                                  {"config", Json::object()},
                                  {"text", "\"\\/\b\f\n\r\t\x01\x7f \xc3\xa9 \xf0\x9f\x98\x80"}});

  EXPECT_EQ(json.dump(),
            R"({"name": "dense", "rate": 1.0, "tiny": 1e-07, "small": 0.0001, "big": 1e+16, )"
            R"("large": 123456789012345.0, "third": 0.3333333333333333, "shape": [null, 784], )"
            R"("none": [], "config": {}, )"
            R"("text": "\"\\/\b\f\n\r\t\u0001\u007f \u00e9 \ud83d\ude00"})");
}

TEST(Json, IndentsAsPythonDoes) {
  const Json json = parse(R"({"a": [1, {"b": []}], "c": {}})");

  EXPECT_EQ(json.dump(2),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}");
}

TEST(Json, ReadsBackWhatItWrote) {
  for (const char* text :
       {"0", "-1.5", "1e+300", "5e-324", "[[], {}]", R"("\u0000\ud83d\ude00")"}) {
    EXPECT_EQ(parse(text).dump(), text);
  }
}

TEST(Json, ReadsAndWritesPythonsSpecialNumbers) {
  const Json json = parse("[NaN, Infinity, -Infinity]");

  EXPECT_TRUE(std::isnan(json.at(0).as_number()));
  EXPECT_EQ(json.at(1).as_number(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(json.dump(), "[NaN, Infinity, -Infinity]");
}

TEST(Json, KeepsIntegersOf64BitsAndMakesLargerOnesNumbers) {
  EXPECT_EQ(parse("9223372036854775807").as_int(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse("-9223372036854775808").as_int(), std::numeric_limits<std::int64_t>::min());
  EXPECT_FALSE(parse("9223372036854775808").is_integer());
  EXPECT_EQ(parse("9223372036854775808").as_number(), 9223372036854775808.0);
}

TEST(Json, WritesAFloatAsItsShortestDecimal) {
  EXPECT_EQ(Json(0.1F).dump(), "0.1");
  EXPECT_EQ(Json(1e-7F).dump(), "1e-07");
  EXPECT_EQ(Json(std::numeric_limits<float>::infinity()).dump(), "Infinity");
}

TEST(Json, DecodesEscapesToUtf8) {
  EXPECT_EQ(parse(R"("\u00e9\u20ac\ud83d\ude00\/")").as_string(),
            "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80/");
}

TEST(Json, ReplacesBytesThatAreNotUtf8WhenItWrites) {
  EXPECT_EQ(Json("a\xff"
                 "b")
                .dump(),
            R"("a\ufffdb")");
}

TEST(Json, RejectsBadSyntaxWithTheByteOffset) {
  EXPECT_EQ(
      parse_error_of("[1, 2"),
      "test.json: byte 5: not valid JSON: the text ends where a comma or the end of the array "
      "should be");
  EXPECT_THAT(parse_error_of(""), HasSubstr("byte 0: not valid JSON: expected a value"));
  EXPECT_THAT(parse_error_of("[1,]"), HasSubstr("byte 3"));
  EXPECT_THAT(parse_error_of("{\"a\" 1}"), HasSubstr("byte 5: not valid JSON: expected a colon"));
  EXPECT_THAT(parse_error_of("{a: 1}"), HasSubstr("byte 1: not valid JSON: expected a string"));
  EXPECT_THAT(parse_error_of("1 2"), HasSubstr("byte 2: not valid JSON: expected the end"));
  EXPECT_THAT(parse_error_of("nul"), HasSubstr("expected a value"));
}

TEST(Json, RejectsBadNumbers) {
  for (const char* text : {"01", "-", "1.", ".5", "1e", "+1", "0x10", "1e999", "--1", "-01"}) {
    EXPECT_THAT(parse_error_of(text), HasSubstr("not valid JSON")) << text;
  }
}

TEST(Json, RejectsBadStrings) {
  for (const char* text : {"\"a",
                           "\"\n\"",
                           "\"\\x\"",
                           "\"\\",
                           R"("\u12")",
                           R"("\u12g4")",
                           R"("\ud800")",
                           R"("\ud800\u0041")",
                           R"("\udc00")",
                           "\"\xff\"",
                           "\"\xc0\x80\"",          // overlong
                           "\"\xed\xa0\x80\"",      // a surrogate
                           "\"\xf4\x90\x80\x80\"",  // beyond U+10FFFF
                           "\"\xe2\x82\""}) {       // cut short
    EXPECT_THAT(parse_error_of(text), HasSubstr("not valid JSON")) << text;
  }
}

TEST(Json, RejectsAKeyThatComesTwice) {
  EXPECT_EQ(parse_error_of(R"({"a": 1, "a": 2})"),
            "test.json: byte 9: not valid JSON: the key 'a' comes twice");
}

TEST(Json, RejectsAKeyThatComesTwiceAmongMany) {
  std::string text = "{";
  for (int i = 0; i < 40; ++i) text += "\"k" + std::to_string(i) + "\": 0, ";

  EXPECT_THAT(parse_error_of(text + "\"k3\": 0}"), HasSubstr("the key 'k3' comes twice"));
  EXPECT_EQ(parse(text + "\"k40\": 0}").size(), 41U);
}

TEST(Json, BoundsTheDepthOfNesting) {
  const std::string deepest = std::string(64, '[') + "0" + std::string(64, ']');

  EXPECT_EQ(parse(deepest).dump(), deepest);
  EXPECT_THAT(parse_error_of("[" + deepest + "]"), HasSubstr("nested deeper than 64 levels"));
  EXPECT_THAT(parse_error_of(std::string(1'000'000, '[')),
              HasSubstr("nested deeper than 64 levels"));
}

TEST(Json, NamesThePathOfAValueOfTheWrongKind) {
  const Json json = parse(R"({"layers": [{"units": 1}, {"units": "many", "shape": [1, "x"]}]})");

  try {
    json.at("layers").at(1).at("units").as_int();
    FAIL() << "nothing was thrown";
  } catch (const CorruptData& error) {
    EXPECT_STREQ(error.what(),
                 "test.json: $.layers[1].units: expected an integer, got the string \"many\"");
  }
  EXPECT_EQ(json.at("layers").at(1).at("shape").at(1).place(), "test.json: $.layers[1].shape[...]");
}

TEST(Json, NamesThePathOfAMissingMember) {
  const Json json = parse(R"({"config": {}})");

  try {
    json.at("config").at("units");
    FAIL() << "nothing was thrown";
  } catch (const CorruptData& error) {
    EXPECT_STREQ(error.what(), "test.json: $.config: expected a member 'units', and there is none");
  }
  EXPECT_EQ(json.at("config").find("units"), nullptr);
  EXPECT_THROW(parse("[1]").at(1), CorruptData);
  EXPECT_THROW(parse("1").at("key"), CorruptData);
}

TEST(Json, KeepsItsPathInACopyThatOutlivesTheText) {
  const Json copy = parse(R"({"a": {"b": 1}})").at("a").at("b");

  EXPECT_EQ(copy.place(), "test.json: $.a.b");
  EXPECT_EQ(Json(1).place(), "");
}

TEST(Json, ReadsAnIntegerAsANumberButNotTheOtherWay) {
  EXPECT_EQ(parse("3").as_number(), 3.0);
  EXPECT_THROW(parse("3.0").as_int(), CorruptData);
  EXPECT_THROW(parse("true").as_number(), CorruptData);
}

TEST(Json, SetsReplacesAndErasesMembers) {
  Json json;
  json.set("a", 1).set("b", std::vector<int>{1, 2}.size()).set("a", "x");

  EXPECT_EQ(json.dump(), R"({"a": "x", "b": 2})");
  EXPECT_TRUE(json.erase("a"));
  EXPECT_FALSE(json.erase("a"));
  EXPECT_EQ(json.dump(), R"({"b": 2})");
}

TEST(Json, BuildsAnArrayFromARange) {
  EXPECT_EQ(Json::array_of(std::vector<double>{0.5, 2}).dump(), "[0.5, 2.0]");
  EXPECT_EQ(Json::array({Json::array({1})}).dump(), "[[1]]");
}

TEST(Json, ComparesContent) {
  EXPECT_EQ(parse(R"({"a": [1, "x"]})"), Json::object({{"a", Json::array({1, "x"})}}));
  EXPECT_FALSE(parse("1") == parse("1.0"));
  EXPECT_FALSE(parse(R"({"a": 1, "b": 2})") == parse(R"({"b": 2, "a": 1})"));
}

}  // namespace
}  // namespace carnyx

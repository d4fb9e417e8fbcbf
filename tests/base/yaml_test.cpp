#include "carnyx/base/yaml.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Json value_of(const std::string& text) {
  return Yaml::parse(text, "x.yaml").value();
}

TEST(Yaml, ReadsPlainScalarsByTheCoreSchema) {
  const Json value = value_of(
      "a: 3\nb: -1.5e3\nc: true\nd: ~\ne: relu\nf: '3'\ng: [1, \"x\", 1e-7]\nh: {i: +4, j: 1-2}\n");

  EXPECT_EQ(value.dump(),
            R"({"a": 3, "b": -1500.0, "c": true, "d": null, "e": "relu", "f": "3", )"
            R"("g": [1, "x", 1e-07], "h": {"i": 4, "j": "1-2"}})");
}

TEST(Yaml, KnowsTheLineOfEachPart) {
  const Yaml yaml = Yaml::parse(
      "# a recipe\nfit:\n  epochs: 3\nmodel:\n  - Flatten\n  - Dense:\n      units: 2\n", "r.yaml");

  EXPECT_EQ(yaml.line_of("$.fit.epochs"), 3);
  EXPECT_EQ(yaml.line_of("$.model[1].Dense.units"), 7);
  EXPECT_EQ(yaml.line_of("$.model[1].Dense.nothing"), 6);
  EXPECT_EQ(yaml.place_of("$.model"), "r.yaml: line 4");
}

TEST(Yaml, NamesTheLineThatIsWrong) {
  const auto fails = [](const std::string& text, const std::string& with) {
    EXPECT_THAT([&] { value_of(text); }, ThrowsMessage<CorruptData>(HasSubstr(with))) << text;
  };
  fails("a: 1\nb: [1,\n", "x.yaml: line ");
  fails("a: 1\na: 2\n", "line 2: the key 'a' stands here twice");
  fails("a: 1\n---\nb: 2\n", "expected one document, found more");
  fails("? [1]\n: 2\n", "expected a name as the key");
  fails(std::string(100, '[') + std::string(100, ']'), "nesting beyond 64");
}

TEST(Yaml, WritesNoFloodOfAliasesOut) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) text += (k == 0 ? "" : ", ") + below;
    text += "]\n";
  }

  EXPECT_THAT([&] { value_of(text); }, ThrowsMessage<CorruptData>(HasSubstr("more than 100000")));
}

TEST(Yaml, IsNullForAnEmptyText) {
  EXPECT_TRUE(value_of("").is_null());
  EXPECT_TRUE(value_of("# nothing\n").is_null());
}

}  // namespace
}  // namespace carnyx

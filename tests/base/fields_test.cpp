#include "carnyx/base/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carnyx {
namespace {

using testing::HasSubstr;

enum class Padding { Valid, Same };

std::string_view name_of(Padding padding) {
  return padding == Padding::Same ? "same" : "valid";
}

void from_name(std::string_view name, Padding& padding) {
  if (name != "same" && name != "valid") {
    throw InvalidArgument("unknown padding '" + std::string(name) + "'");
  }
  padding = name == "same" ? Padding::Same : Padding::Valid;
}

struct Scale {
  double value = 1;
};

Json json_of(const Scale& scale) {
  return Json::object({{"class_name", "Scale"}, {"x", scale.value}});
}
void read_json(const Json& json, Scale& scale) {
  scale.value = json.at("x").as_number();
}

struct InnerOptions {
  float momentum = 0.9F;
};

template <class V>
void visit_fields(V& visit, InnerOptions& o) {
  visit("momentum", o.momentum);
}

struct LayerOptions {
  std::int64_t units = 10;
  int repeats = 1;
  bool use_bias = true;
  double rate = 0.5;
  std::string name = "layer";
  std::vector<std::int64_t> shape = {28, 28};
  std::vector<std::optional<std::int64_t>> batch_shape;
  std::optional<std::vector<std::int64_t>> input_shape;
  std::array<int, 2> kernel_size = {3, 3};
  Padding padding = Padding::Valid;
  InnerOptions inner;
  Scale scale;
};

template <class V>
void visit_fields(V& visit, LayerOptions& o) {
  visit("units", o.units);
  visit("repeats", o.repeats);
  visit("use_bias", o.use_bias);
  visit("rate", o.rate);
  visit("name", o.name);
  visit("shape", o.shape);
  visit("batch_shape", o.batch_shape);
  visit("input_shape", o.input_shape);
  visit("kernel_size", o.kernel_size);
  visit("padding", o.padding);
  visit("inner", o.inner);
  visit("scale", o.scale);
}

LayerOptions read(std::string_view text) {
  return from_json<LayerOptions>(Json::parse(text, "test.json"), "dense");
}

std::string error_of(std::string_view text) {
  try {
    read(text);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Fields, WritesEveryKindOfFieldInOrder) {
  LayerOptions options;
  options.batch_shape = {std::nullopt, 784};
  options.padding = Padding::Same;

  EXPECT_EQ(to_json(options).dump(),
            R"({"units": 10, "repeats": 1, "use_bias": true, "rate": 0.5, "name": "layer", )"
            R"("shape": [28, 28], "batch_shape": [null, 784], "input_shape": null, )"
            R"("kernel_size": [3, 3], "padding": "same", "inner": {"momentum": 0.9}, )"
            R"("scale": {"class_name": "Scale", "x": 1.0}})");
}

TEST(Fields, ReadsEveryKindOfField) {
  const LayerOptions options = read(R"({
      "units": 7, "repeats": -2, "use_bias": false, "rate": 1, "name": "x", "shape": [],
      "batch_shape": [null, 3], "input_shape": [4], "kernel_size": [1, 5], "padding": "same",
      "inner": {"momentum": 0.25}, "scale": {"class_name": "Scale", "x": 3}})");

  EXPECT_EQ(options.units, 7);
  EXPECT_EQ(options.repeats, -2);
  EXPECT_FALSE(options.use_bias);
  EXPECT_EQ(options.rate, 1.0);
  EXPECT_EQ(options.name, "x");
  EXPECT_TRUE(options.shape.empty());
  EXPECT_EQ(options.batch_shape, (std::vector<std::optional<std::int64_t>>{std::nullopt, 3}));
  EXPECT_EQ(options.input_shape, std::vector<std::int64_t>{4});
  EXPECT_EQ(options.kernel_size, (std::array{1, 5}));
  EXPECT_EQ(options.padding, Padding::Same);
  EXPECT_EQ(options.inner.momentum, 0.25F);
  EXPECT_EQ(options.scale.value, 3.0);
}

TEST(Fields, ReadsBackWhatItWrote) {
  LayerOptions options;
  options.inner.momentum = 1e-7F;
  options.rate = 1.0 / 3.0;
  const Json json = to_json(options);

  EXPECT_EQ(to_json(from_json<LayerOptions>(json, "dense")), json);
}

TEST(Fields, KeepTheirDefaultsWhenNotNamed) {
  const LayerOptions options = read("{}");

  EXPECT_EQ(options.units, 10);
  EXPECT_EQ(options.shape, (std::vector<std::int64_t>{28, 28}));
}

TEST(Fields, RejectAnUnknownKeyAndNameTheNearest) {
  EXPECT_EQ(error_of(R"({"unit": 3})"), "dense: unknown field 'unit', did you mean 'units'?");
  EXPECT_THAT(error_of(R"({"inner": {"momentun": 1}})"),
              HasSubstr("dense: inner: unknown field 'momentun', did you mean 'momentum'?"));
}

TEST(Fields, RejectAValueOfTheWrongTypeWithKeyExpectationAndFinding) {
  EXPECT_EQ(error_of(R"({"units": "many"})"),
            "dense: units: expected an integer, got the string \"many\"");
  EXPECT_EQ(error_of(R"({"units": 1.5})"), "dense: units: expected an integer, got the number 1.5");
  EXPECT_EQ(error_of(R"({"use_bias": 1})"),
            "dense: use_bias: expected true or false, got the integer 1");
  EXPECT_EQ(error_of(R"({"rate": null})"), "dense: rate: expected a number, got null");
  EXPECT_EQ(error_of(R"({"shape": [1, true]})"), "dense: shape[1]: expected an integer, got true");
  EXPECT_EQ(error_of(R"({"kernel_size": [1]})"),
            "dense: kernel_size: expected an array of 2, got an array of 1");
  EXPECT_EQ(error_of(R"({"padding": 3})"), "dense: padding: expected a name, got the integer 3");
  EXPECT_EQ(error_of(R"({"inner": []})"), "dense: inner: expected an object, got an array of 0");
  EXPECT_EQ(error_of("[]"), "dense: expected an object, got an array of 0");
}

TEST(Fields, RejectNumbersThatTheTypeCannotHold) {
  EXPECT_THAT(error_of(R"({"repeats": 2147483648})"),
              HasSubstr("repeats: expected an integer in [-2147483648, 2147483647]"));
  EXPECT_THAT(error_of(R"({"inner": {"momentum": 1e39}})"),
              HasSubstr("momentum: expected a number of magnitude up to"));
}

TEST(Fields, LeaveTheNamesOfAnEnumToIt) {
  EXPECT_EQ(error_of(R"({"padding": "full"})"), "unknown padding 'full'");
}

}  // namespace
}  // namespace carnyx

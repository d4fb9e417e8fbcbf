#include "data/tfrecord/example.h"

#include <algorithm>
#include <cstring>

#include "carnyx/base/ensure.h"
#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "data/tfrecord/wire.h"

namespace carnyx {
namespace {

// Field numbers of Example, Features, the map's entry and Feature.
constexpr std::uint32_t kFeatures = 1;
constexpr std::uint32_t kFeatureEntry = 1;
constexpr std::uint32_t kKey = 1;
constexpr std::uint32_t kValue = 2;
constexpr std::uint32_t kWithLength = 2;

bool is(const WireReader::Field& field, std::uint32_t number) {
  return field.number == number && field.type == kWithLength;
}

/// Calls visit(number) for every number of a list, packed or not.
template <class Visit>
void for_each_int(std::string_view list, const std::string& where, const Visit& visit) {
  WireReader reader(list, where);
  while (!reader.at_end()) {
    const WireReader::Field field = reader.field();
    if (is(field, 1)) {
      WireReader packed(reader.bytes(), where);
      while (!packed.at_end()) visit(static_cast<std::int64_t>(packed.varint()));
    } else if (field.number == 1 && field.type == 0) {
      visit(static_cast<std::int64_t>(reader.varint()));
    } else {
      reader.skip(field);
    }
  }
}

template <class Visit>
void for_each_float(std::string_view list, const std::string& where, const Visit& visit) {
  WireReader reader(list, where);
  while (!reader.at_end()) {
    const WireReader::Field field = reader.field();
    if (is(field, 1)) {
      WireReader packed(reader.bytes(), where);
      while (!packed.at_end()) visit(packed.float32());
    } else if (field.number == 1 && field.type == 5) {
      visit(reader.float32());
    } else {
      reader.skip(field);
    }
  }
}

template <class Visit>
void for_each_bytes(std::string_view list, const std::string& where, const Visit& visit) {
  WireReader reader(list, where);
  while (!reader.at_end()) {
    const WireReader::Field field = reader.field();
    if (is(field, 1)) {
      visit(reader.bytes());
    } else {
      reader.skip(field);
    }
  }
}

/// Varints end with a byte below 0x80: counting those bytes counts the numbers.
std::int64_t count_packed(std::string_view packed) {
  return std::count_if(
      packed.begin(), packed.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::int64_t count_ints(std::string_view list, const std::string& where) {
  std::int64_t count = 0;
  WireReader reader(list, where);
  while (!reader.at_end()) {
    const WireReader::Field field = reader.field();
    if (is(field, 1)) {
      count += count_packed(reader.bytes());
    } else {
      count += field.number == 1 && field.type == 0 ? 1 : 0;
      reader.skip(field);
    }
  }
  return count;
}

std::int64_t count_of(FeatureKind kind, std::string_view list, const std::string& where) {
  std::int64_t count = 0;
  switch (kind) {
    case FeatureKind::Bytes:
      for_each_bytes(list, where, [&count](std::string_view /*item*/) { ++count; });
      return count;
    case FeatureKind::Float:
      for_each_float(list, where, [&count](float /*value*/) { ++count; });
      return count;
    case FeatureKind::Int64:
      return count_ints(list, where);
    default:
      return 0;
  }
}

Feature entry_of(std::string_view entry, const std::string& where) {
  Feature feature;
  std::string_view value;
  WireReader reader(entry, where);
  while (!reader.at_end()) {
    const WireReader::Field field = reader.field();
    if (is(field, kKey)) {
      feature.name = reader.bytes();
    } else if (is(field, kValue)) {
      value = reader.bytes();
    } else {
      reader.skip(field);
    }
  }
  WireReader kinds(value, where);
  while (!kinds.at_end()) {
    const WireReader::Field field = kinds.field();
    if (field.type == kWithLength && field.number <= 3) {
      feature.shape.kind = static_cast<FeatureKind>(field.number);
      feature.list = kinds.bytes();
    } else {
      kinds.skip(field);
    }
  }
  feature.shape.count = count_of(feature.shape.kind, feature.list, where);
  return feature;
}

void add(std::vector<Feature>& features, const Feature& feature) {
  const auto same = std::find_if(
      features.begin(), features.end(), [&](const Feature& f) { return f.name == feature.name; });
  if (same == features.end()) {
    features.push_back(feature);
  } else {
    *same = feature;
  }
}

std::string packed(std::span<const std::int64_t> values) {
  std::string bytes;
  for (const std::int64_t value : values) put_varint(bytes, static_cast<std::uint64_t>(value));
  return bytes;
}

std::string_view packed(std::span<const float> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

}  // namespace

std::string describe(const FeatureShape& shape) {
  constexpr std::string_view kKinds[] = {"nothing", "byte strings", "floats", "whole numbers"};
  return format("a list of {} {}", shape.count, kKinds[static_cast<std::size_t>(shape.kind)]);
}

std::vector<Feature> features_of(std::string_view example, const std::string& where) {
  constexpr std::size_t kMostFeatures = 1000;  // each is compared with all before it
  std::vector<Feature> features;
  WireReader outer(example, where);
  while (!outer.at_end()) {
    const WireReader::Field field = outer.field();
    if (!is(field, kFeatures)) {
      outer.skip(field);
      continue;
    }
    WireReader entries(outer.bytes(), where);
    while (!entries.at_end()) {
      const WireReader::Field entry = entries.field();
      if (!is(entry, kFeatureEntry)) {
        entries.skip(entry);
        continue;
      }
      add(features, entry_of(entries.bytes(), where));
      if (features.size() > kMostFeatures) entries.fail("an Example has over 1000 features");
    }
  }
  return features;
}

void copy_floats(const Feature& feature, std::span<float> out, const std::string& where) {
  std::size_t at = 0;
  for_each_float(feature.list, where, [&](float value) {
    if (at < out.size()) out[at] = value;
    ++at;
  });
  CARNYX_ENSURE(at == out.size());
}

void copy_ints(const Feature& feature, std::span<std::int64_t> out, const std::string& where) {
  std::size_t at = 0;
  for_each_int(feature.list, where, [&](std::int64_t value) {
    if (at < out.size()) out[at] = value;
    ++at;
  });
  CARNYX_ENSURE(at == out.size());
}

void copy_pixels(const Feature& feature, std::span<std::uint8_t> out, const std::string& where) {
  std::size_t at = 0;
  for_each_int(feature.list, where, [&](std::int64_t value) {
    if (value < 0 || value > 255) {
      throw CorruptData(format("{}: feature {}: expected pixels in [0, 255], found {} at place {}",
                               where,
                               feature.name,
                               value,
                               at));
    }
    if (at < out.size()) out[at] = static_cast<std::uint8_t>(value);
    ++at;
  });
  CARNYX_ENSURE(at == out.size());
}

std::string_view only_bytes(const Feature& feature, const std::string& where) {
  std::string_view only;
  for_each_bytes(feature.list, where, [&only](std::string_view item) { only = item; });
  if (feature.shape == FeatureShape{FeatureKind::Bytes, 1}) return only;
  throw CorruptData(format("{}: feature {}: expected one byte string, found {}",
                           where,
                           feature.name,
                           describe(feature.shape)));
}

std::string encode_example(std::span<const ExampleFeature> features) {
  std::string map;
  for (const ExampleFeature& feature : features) {
    const bool is_float = feature.ints.empty() && !feature.floats.empty();
    std::string list;
    if (is_float) {
      put_bytes_field(list, 1, packed(feature.floats));
    } else {
      put_bytes_field(list, 1, packed(feature.ints));
    }
    std::string value;
    put_bytes_field(value,
                    static_cast<std::uint32_t>(is_float ? FeatureKind::Float : FeatureKind::Int64),
                    list);
    std::string entry;
    put_bytes_field(entry, kKey, feature.name);
    put_bytes_field(entry, kValue, value);
    put_bytes_field(map, kFeatureEntry, entry);
  }
  std::string example;
  put_bytes_field(example, kFeatures, map);
  return example;
}

}  // namespace carnyx

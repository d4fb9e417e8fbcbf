#include <functional>

#include <gmock/gmock.h>
#include <hdf5/serial/hdf5.h>

#include "carnyx/base/error.h"
#include "carnyx/base/temporary_directory.h"

#include "saving/hdf5_file.h"
#include "saving/hdf5_stream.h"
#include "tests/saving/saved_models.h"

namespace carnyx {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The bytes of a file whose first group `fill` has given something.
std::string made_by_hdf5(const std::function<void(hid_t group)>& fill) {
  const TemporaryDirectory directory;
  const std::string path = directory / "made.h5";
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  fill(file);
  H5Fclose(file);
  return read_file(path, std::uint64_t{64} << 20);
}

/// An attribute of `extent` strings of `type`, or one scalar if extent is 0; closes the type.
void add(hid_t group, const char* name, hid_t type, hsize_t extent, const void* values) {
  const hid_t space = extent == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &extent, nullptr);
  const hid_t attribute = H5Acreate2(group, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, type, values);
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
}

hid_t text_type(std::size_t size, H5T_str_t padding, H5T_cset_t characters = H5T_CSET_ASCII) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, size);
  H5Tset_strpad(type, padding);
  H5Tset_cset(type, characters);
  return type;
}

std::vector<std::string> only_attribute(const std::string& file) {
  const auto groups = read_hdf5_attributes(file, "a.h5");
  if (groups.size() != 1 || groups[0].attributes.size() != 1) return {"not one attribute"};
  return groups[0].attributes[0].values;
}

TEST(Hdf5Attributes, ReadsEveryEncodingOfText) {
  const char* const words[] = {"ab", "c\xC3\xA9"};
  const auto read = [](hid_t type, hsize_t extent, const void* values) {
    return only_attribute(
        made_by_hdf5([&](hid_t group) { add(group, "weight_names", type, extent, values); }));
  };

  EXPECT_THAT(read(text_type(4, H5T_STR_NULLPAD), 2, "ab\0\0cde\0"), ElementsAre("ab", "cde"));
  EXPECT_THAT(read(text_type(4, H5T_STR_NULLPAD), 1, "abcd"), ElementsAre("abcd"));
  EXPECT_THAT(read(text_type(4, H5T_STR_NULLTERM), 0, "ab\0x"), ElementsAre("ab"));
  EXPECT_THAT(read(text_type(4, H5T_STR_SPACEPAD), 2, "a b     "), ElementsAre("a b", ""));
  EXPECT_THAT(read(text_type(4, H5T_STR_NULLPAD, H5T_CSET_UTF8), 0, "c\xC3\xA9\0"),
              ElementsAre("c\xC3\xA9"));
  EXPECT_THAT(read(text_type(H5T_VARIABLE, H5T_STR_NULLTERM), 2, words),
              ElementsAre(words[0], words[1]));
  EXPECT_THAT(read(text_type(H5T_VARIABLE, H5T_STR_NULLTERM, H5T_CSET_UTF8), 0, words),
              ElementsAre(words[0]));
}

TEST(Hdf5Attributes, ReadsNoElementsOfAnyTypeAsAnEmptyList) {
  const std::string file = made_by_hdf5([](hid_t group) {
    const hsize_t none = 0;
    const hid_t space = H5Screate_simple(1, &none, nullptr);
    H5Aclose(H5Acreate2(group, "weight_names", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT));
    H5Sclose(space);
  });

  EXPECT_THAT(only_attribute(file), testing::IsEmpty());
}

TEST(Hdf5Attributes, LeavesOthersOut) {
  const double number = 1;
  const std::string file = made_by_hdf5([&](hid_t group) {
    add(group, "weight_names", H5Tcopy(H5T_NATIVE_DOUBLE), 0, &number);
    add(group, "something", text_type(1, H5T_STR_NULLPAD), 0, "x");
  });

  EXPECT_THAT(read_hdf5_attributes(file, "a.h5"), testing::IsEmpty());
}

TEST(Hdf5Attributes, JoinsListsThatWereSplit) {
  const std::string file = made_by_hdf5([](hid_t group) {
    add(group, "layer_names0", text_type(1, H5T_STR_NULLPAD), 2, "ab");
    add(group, "layer_names1", text_type(1, H5T_STR_NULLPAD), 1, "c");
  });

  EXPECT_THAT(only_attribute(file), ElementsAre("a", "b", "c"));
}

TEST(Hdf5Attributes, WritesStringsThatEveryH5pyReads) {
  const TemporaryDirectory directory;
  const std::string path = directory / "a.h5";
  write_file_atomically(path,
                        make_hdf5(std::vector<AttributedGroup>{
                            {"", {{.name = "layer_names", .values = {"a", "bcd"}}}}}));

  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t attribute = H5Aopen(file, "layer_names", H5P_DEFAULT);
  const hid_t type = H5Aget_type(attribute);

  EXPECT_EQ(H5Tis_variable_str(type), 0);
  EXPECT_EQ(H5Tget_size(type), 3U);
  EXPECT_EQ(H5Tget_strpad(type), H5T_STR_NULLPAD);
  EXPECT_EQ(H5Tget_cset(type), H5T_CSET_ASCII);
  H5Tclose(type);
  H5Aclose(attribute);
  H5Fclose(file);
}

TEST(Hdf5Attributes, RefusesLinksOnTheWay) {
  const std::string soft = made_by_hdf5([](hid_t group) {
    H5Lcreate_soft("/elsewhere", group, "model_weights", H5P_DEFAULT, H5P_DEFAULT);
  });
  const std::string external = made_by_hdf5([](hid_t group) {
    H5Lcreate_external("/etc/passwd", "/", group, "model_weights", H5P_DEFAULT, H5P_DEFAULT);
  });
  const auto complaint = [](const std::string& file) {
    return message_of<CorruptData>([&] { (void)read_hdf5_attributes(file, "a.h5"); });
  };

  EXPECT_THAT(complaint(soft), HasSubstr("/model_weights: a soft link"));
  EXPECT_THAT(complaint(external), HasSubstr("/model_weights: an external link"));
}

TEST(Hdf5Attributes, RefusesMoreTextThanAModelCanHave) {
  const std::string text(kMostTextBytes, 'x');
  const char* const value = text.c_str();
  const std::string file = made_by_hdf5([&](hid_t group) {
    add(group, "model_config", text_type(H5T_VARIABLE, H5T_STR_NULLTERM), 0, &value);
  });

  EXPECT_THAT(message_of<CorruptData>([&] { (void)read_hdf5_attributes(file, "a.h5"); }),
              HasSubstr("attribute model_config: more text than a model can have"));
}

/// What the parent makes of a child that says `words`.
std::vector<AttributedGroup> received(const std::string& words) {
  const auto say = [&](ConfinedOutput& output) { output.write(std::as_bytes(std::span(words))); };
  ConfinedChild child(say, {}, "a.h5");
  return receive_hdf5_attributes(child, "a.h5");
}

TEST(Hdf5Attributes, TrustsNothingThatTheChildSays) {
  const std::string one("\4\1\0a\5\1\0\0\0\2\0\0\0xy", 15);
  const std::string other("\4\1\0b\5\0\0\0\0", 9);
  const std::vector<std::string> lies = {
      "",                                                    // no end
      std::string("\1\1\0a\0\0", 6),                         // a dataset
      std::string("\4\1\0a\6", 5),                           // no such attribute
      std::string("\4\1\0a\5\1\0\0\0\xFF\xFF\xFF\xFF", 13),  // more than allowed
      one + other + one + "\3",                              // a group twice
      one + "\3\3",                                          // something after the end
  };

  EXPECT_EQ(received(one + "\3").at(0).attributes.at(0).values.at(0), "xy");
  for (const std::string& lie : lies) {
    EXPECT_THROW((void)received(lie), CorruptData) << testing::PrintToString(lie);
  }
}

}  // namespace
}  // namespace carnyx

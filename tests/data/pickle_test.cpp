#include "carnyx/data/pickle.h"

#include <numeric>
#include <string>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/temporary_directory.h"

#include "data/pickle/pickle.h"
#include "tests/data/bytes.h"
#include "tests/data/golden_data.h"
#include "tests/data/message.h"

namespace carnyx {
namespace {

std::string pickle_complaint(std::string_view file) {
  return message_of<CorruptData>([&] { decode_pickle(bytes_of(file), "some.pkl"); });
}

/// The value of `key` in a pickled dict.
const PickleValue& item(const Pickle& pickle, std::string_view key) {
  for (const auto& [name, value] : std::get<PickleDict>(pickle.root().value).items) {
    if (std::get<PickleText>(name->value).text == key) return *value;
  }
  throw NotFound(std::string(key));
}

TEST(PickledDigits, ReadsEveryProtocolOfPythonThree) {
  for (int protocol = 0; protocol <= 5; ++protocol) {
    SCOPED_TRACE(protocol);
    expect_golden_digits(
        read_pickled_digits(golden_data(format("python3_protocol{}.pkl", protocol))));
  }
}

TEST(PickledDigits, ReadsPythonTwo) {
  for (const char* file : {"python2_protocol0.pkl", "python2_protocol2.pkl"}) {
    const TrainTest digits = read_pickled_digits(golden_data(file));

    ASSERT_EQ(digits.train.x.shape(), (Shape{2, 4, 4}));
    EXPECT_EQ(digits.train.x.at(31), 31);
    EXPECT_EQ(digits.train.y.at(0), 5);
    EXPECT_EQ(digits.train.y.at(1), 0);
    EXPECT_EQ(digits.test.x.at(15), 15);
  }
}

TEST(PickledDigits, ReadsGzip) {
  const std::string file = gzip(golden_bytes("python3_protocol2.pkl"));

  expect_golden_digits(decode_pickled_digits(bytes_of(file), "some.pkl.gz"));
}

TEST(PickledDigits, JoinsTheFirstTwoOfThreeParts) {
  const TrainTest digits = read_pickled_digits(golden_data("three_parts.pkl"));

  ASSERT_EQ(digits.train.x.shape(), (Shape{6, 4, 4}));
  EXPECT_EQ(digits.train.divisor, 1);
  EXPECT_EQ(digits.train.x.at(5 * 16 + 1), (5 * 37 + 11) / 256.0);
  EXPECT_EQ(digits.train.y.at(5), 5);
  EXPECT_EQ(digits.test.samples(), 3);
}

TEST(PickledDigits, WritesWhatItReads) {
  const TemporaryDirectory folder;
  const TrainTest digits = read_pickled_digits(golden_data("python3_protocol5.pkl"));

  write_pickled_digits(folder / "mnist.pkl", digits);

  expect_golden_digits(read_pickled_digits(folder / "mnist.pkl"));
}

TEST(PickledDigits, RefusesOtherContent) {
  const auto refusal = [](std::string_view file) {
    return message_of<CorruptData>([&] { decode_pickled_digits(bytes_of(file), "some.pkl"); });
  };

  EXPECT_EQ(refusal("K\1."),
            "some.pkl: expected 2 or 3 pairs of images and labels, found the number 1");
  EXPECT_EQ(refusal("K\1K\2\x86."),
            "some.pkl: training part: expected (images, labels), found the number 1");
}

TEST(Pickle, RefusesCodeByTheNameOfWhatItAsksFor) {
  const std::string message = pickle_complaint(golden_bytes("asks_for_system.pkl"));

  EXPECT_TRUE(contains(message, "some.pkl: at byte 14")) << message;
  EXPECT_TRUE(contains(message, "posix.system")) << message;
}

TEST(Pickle, RefusesEveryWayToAskForCode) {
  const std::string system = "\x8c\2os\x8c\6system\x93";
  EXPECT_TRUE(contains(pickle_complaint("\x80\4" + system + "\x8c\2ls\x85R."), "os.system"));
  EXPECT_TRUE(contains(pickle_complaint("(S'ls'\nios\nsystem\n."), "opcode 105 'i'"));
  EXPECT_TRUE(contains(pickle_complaint("cbuiltins\neval\n(S'1'\ntR."), "builtins.eval"));
  EXPECT_TRUE(contains(pickle_complaint("cnumpy\nload\n."), "numpy.load"));
  EXPECT_TRUE(contains(pickle_complaint("c__builtin__\nbytes\n)\x81."), "opcode 129"));
  EXPECT_TRUE(contains(pickle_complaint("cnumpy\nndarray\n(K\1tR."), "a call of numpy.ndarray"));
  EXPECT_TRUE(contains(pickle_complaint("S'x'\nQ."), "opcode 81 'Q'"));
}

TEST(Pickle, ReadsPlainValuesOfEveryProtocol) {
  for (int protocol = 0; protocol <= 5; ++protocol) {
    SCOPED_TRACE(protocol);
    const std::string file = golden_bytes(format("values_protocol{}.pkl", protocol));
    const Pickle pickle = decode_pickle(bytes_of(file), "values");

    EXPECT_TRUE(std::holds_alternative<PickleNone>(item(pickle, "none").value));
    EXPECT_TRUE(std::get<bool>(item(pickle, "yes").value));
    EXPECT_FALSE(std::get<bool>(item(pickle, "no").value));
    EXPECT_EQ(std::get<std::int64_t>(item(pickle, "big").value), std::int64_t{1} << 40);
    EXPECT_EQ(std::get<std::int64_t>(item(pickle, "negative").value), -5);
    EXPECT_EQ(std::get<double>(item(pickle, "real").value), 1.5);
    EXPECT_EQ(std::get<PickleText>(item(pickle, "text").value).text, "caf\xC3\xA9");
    EXPECT_EQ(std::get<PickleBytes>(item(pickle, "bytes").value).bytes,
              std::string_view("\0\xFF", 2));
    EXPECT_EQ(std::get<PickleList>(item(pickle, "list").value).items.size(), 3U);
    EXPECT_EQ(std::get<double>(item(pickle, "scalar").value), 2.5);
    EXPECT_EQ(std::get<PickleTuple>(item(pickle, "empty").value).items.size(), 0U);
    const PickleItems& again = std::get<PickleList>(item(pickle, "again").value).items;
    EXPECT_EQ(again[0], again[1]);  // one object, not two copies
  }
}

TEST(Pickle, RejectsAFileCutAtAnyByte) {
  for (int protocol = 0; protocol <= 5; ++protocol) {
    for (const std::string& file : {golden_bytes(format("python3_protocol{}.pkl", protocol)),
                                    golden_bytes(format("values_protocol{}.pkl", protocol))}) {
      for (std::size_t size = 0; size < file.size(); ++size) {
        EXPECT_THROW(decode_pickle(bytes_of(std::string_view(file).substr(0, size)), "cut"),
                     CorruptData)
            << size;
      }
    }
  }
}

TEST(Pickle, RejectsWhatTheMachineCannotDo) {
  EXPECT_TRUE(contains(pickle_complaint("."), "a value on the stack"));
  EXPECT_TRUE(contains(pickle_complaint("K\1(0."), "a value on the stack"));
  EXPECT_TRUE(contains(pickle_complaint("K\1t."), "a mark"));
  EXPECT_TRUE(contains(pickle_complaint("h\7."), "number 7"));
  EXPECT_TRUE(contains(pickle_complaint("K\1K\2a."), "a list to append to, found the number 1"));
  EXPECT_TRUE(contains(pickle_complaint("}(K\1u."), "a key without one"));
  EXPECT_TRUE(contains(pickle_complaint("K\1K\2b."), "state of the number 1"));
  EXPECT_TRUE(contains(pickle_complaint("S'\\x4'\n."), "a broken escape"));
  EXPECT_TRUE(contains(pickle_complaint("I1x\n."), "found 1x"));
  EXPECT_TRUE(contains(pickle_complaint("\x80\6."), "found 6"));
  EXPECT_TRUE(contains(pickle_complaint("N.N"), "the end of the file"));
}

TEST(Pickle, AllocatesNothingForALengthThatCannotBe) {
  EXPECT_TRUE(contains(pickle_complaint("\x8e" + std::string(8, '\xFF') + "abc"), "3 and the end"));
  EXPECT_TRUE(contains(pickle_complaint("X\xFF\xFF\xFF\xFF."), "expected 4294967295 more bytes"));
}

TEST(Pickle, RefusesToGrowWithoutEnd) {
  std::string file = "c_codecs\nencode\nq\1X";
  const std::string text(65535, 'x');
  file += std::string("\xFF\xFF\0\0", 4) + text + "\x85q\2";
  for (int i = 0; i < 100; ++i) file += "h\1h\2R";

  EXPECT_TRUE(contains(pickle_complaint(file), "at most 16 times the file"));
}

}  // namespace
}  // namespace carnyx

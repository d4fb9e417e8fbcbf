#include "carnyx/base/format.h"

#include <string>

#include <gtest/gtest.h>

#include "carnyx/base/ensure.h"

namespace carnyx {
namespace {

TEST(Format, WritesEachKindOfValue) {
  const std::string name = "x";

  EXPECT_EQ(format("{} {} {} {} {}", true, -1, 2U, "y", name), "true -1 2 y x");
  EXPECT_EQ(format("{} {}", 0.1F, 0.1), "0.1 0.1");
  EXPECT_EQ(format("{:.3f}|{:>4}|{:04x}", 2.0, 7, 255U), "2.000|   7|00ff");
  EXPECT_EQ(format("plain {{}}"), "plain {}");
}

TEST(Format, CallsAPatternThatDoesNotFitOurBug) {
  EXPECT_THROW(format("{} {}", 1), InternalError);
}

}  // namespace
}  // namespace carnyx

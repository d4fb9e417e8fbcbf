#include "carnyx/base/ensure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carnyx {
namespace {

TEST(Ensure, PassesWhatHolds) {
  EXPECT_NO_THROW(CARNYX_ENSURE(1 + 1 == 2));
}

TEST(Ensure, NamesTheConditionAndThePlace) {
  try {
    CARNYX_ENSURE(1 + 1 == 3);
    FAIL() << "nothing was thrown";
  } catch (const InternalError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("ensure_test.cpp:"));
    EXPECT_THAT(error.what(), testing::HasSubstr("1 + 1 == 3"));
  }
}

}  // namespace
}  // namespace carnyx

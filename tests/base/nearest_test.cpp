#include "carnyx/base/nearest.h"

#include <array>

#include <gtest/gtest.h>

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 5> kOptimizers{"adam", "adamw", "sgd", "rmsprop", "adagrad"};

TEST(Nearest, FindsASlipOfTheFinger) {
  EXPECT_EQ(nearest("rmsporp", kOptimizers), "rmsprop");
  EXPECT_EQ(nearest("adgrad", kOptimizers), "adagrad");
  EXPECT_EQ(nearest("adm", kOptimizers), "adam");
}

TEST(Nearest, TakesCaseAndDashesLightly) {
  constexpr std::array<std::string_view, 2> kFlags{"learning_rate", "learned_rule"};

  EXPECT_EQ(nearest("RMSprop", kOptimizers), "rmsprop");
  EXPECT_EQ(nearest("Learning-Rate", kFlags), "learning_rate");
}

TEST(Nearest, PrefersTheExactName) {
  EXPECT_EQ(nearest("adamw", kOptimizers), "adamw");
}

TEST(Nearest, FindsNothingForAnotherWord) {
  EXPECT_EQ(nearest("transformer", kOptimizers), std::nullopt);
  EXPECT_EQ(nearest("adam", {}), std::nullopt);
}

TEST(UnknownName, ProposesTheNearestOrListsWhatIsKnown) {
  EXPECT_EQ(unknown_name("optimizer", "sdg", kOptimizers),
            "unknown optimizer 'sdg', did you mean 'sgd'?");
  EXPECT_EQ(unknown_name("optimizer", "newton", kOptimizers),
            "unknown optimizer 'newton', known: adam, adamw, sgd, rmsprop, adagrad");
  EXPECT_EQ(unknown_name("option", "x", {}), "unknown option 'x', known: nothing");
}

}  // namespace
}  // namespace carnyx

#include "carnyx/kernels/isa.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"

namespace carnyx::kernels {
namespace {

TEST(Isa, BaselineIsAlwaysAvailable) {
  const std::vector<Isa> isas = available_isas();

  ASSERT_FALSE(isas.empty());
  EXPECT_EQ(isas.front(), Isa::Baseline);
  EXPECT_TRUE(std::is_sorted(isas.begin(), isas.end()));
}

TEST(Isa, SelectingOneDoesNotHideTheOthers) {
  const std::vector<Isa> before = available_isas();
  for (const Isa isa : before) {
    select_isa(name_of(isa));

    EXPECT_EQ(selected_isa(), isa);
    EXPECT_EQ(available_isas(), before);
  }
  select_isa("auto");
}

TEST(Isa, AutoIsTheStrongestThatTheProcessorItselfHas) {
  std::vector<Isa> isas = available_isas();
  std::erase_if(isas, is_emulated);
  select_isa("baseline");
  select_isa("auto");

  EXPECT_EQ(selected_isa(), isas.back());
}

TEST(Isa, UnknownNameIsAnsweredWithWhatTheMachineHas) {
  try {
    select_isa("avx3");
    FAIL() << "accepted";
  } catch (const InvalidArgument& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("'avx3'"), std::string::npos) << text;
    EXPECT_NE(text.find("baseline"), std::string::npos) << text;
  }
}

TEST(Isa, NamesAreThoseOfTheFlag) {
  EXPECT_EQ(name_of(Isa::Baseline), "baseline");
  EXPECT_EQ(name_of(Isa::Avx2), "avx2");
  EXPECT_EQ(name_of(Isa::Avx512), "avx512");
  EXPECT_EQ(name_of(Isa::Avx512Bf16), "avx512_bf16");
  EXPECT_EQ(name_of(Isa::Amx), "amx");
}

TEST(Isa, DescriptionNamesFamilyAndCpus) {
  const std::string text = describe_cpu();

  EXPECT_NE(text.find(" family "), std::string::npos) << text;
  EXPECT_NE(text.find(" CPU"), std::string::npos) << text;
}

}  // namespace
}  // namespace carnyx::kernels

#include "training/terminal.h"

#include <map>

#include <gtest/gtest.h>

namespace carnyx {
namespace {

EnvironmentLookup environment(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string() : found->second;
  };
}

TEST(Terminal, HasColorUnlessItIsDumb) {
  EXPECT_TRUE(wants_color(true, environment({{"TERM", "xterm-256color"}})));
  EXPECT_FALSE(wants_color(true, environment({{"TERM", "dumb"}})));
  EXPECT_FALSE(wants_color(false, environment({{"TERM", "xterm-256color"}})));
}

TEST(Terminal, HasNoColorWhereNoColorIsSet) {
  EXPECT_FALSE(wants_color(true, environment({{"NO_COLOR", "1"}})));
  EXPECT_FALSE(wants_color(true, environment({{"NO_COLOR", "0"}, {"CLICOLOR_FORCE", "1"}})));
  EXPECT_TRUE(wants_color(true, environment({{"NO_COLOR", ""}})));
}

TEST(Terminal, HasColorByForceWithoutATerminal) {
  EXPECT_TRUE(wants_color(false, environment({{"CLICOLOR_FORCE", "1"}, {"TERM", "dumb"}})));
  EXPECT_TRUE(wants_color(false, environment({{"FORCE_COLOR", "1"}})));
  EXPECT_FALSE(wants_color(false, environment({{"CLICOLOR_FORCE", "0"}})));
  EXPECT_FALSE(wants_color(true, environment({{"FORCE_COLOR", "0"}})));
}

TEST(Terminal, IsNotInteractiveOnABuildServer) {
  EXPECT_TRUE(is_interactive(true, environment({})));
  EXPECT_TRUE(is_interactive(true, environment({{"CI", "false"}})));
  EXPECT_FALSE(is_interactive(true, environment({{"CI", "true"}})));
  EXPECT_FALSE(is_interactive(false, environment({})));
}

TEST(Terminal, TakesTheFirstLocaleThatIsSet) {
  EXPECT_TRUE(has_utf8_locale(environment({{"LANG", "en_US.UTF-8"}})));
  EXPECT_TRUE(has_utf8_locale(environment({{"LC_CTYPE", "C.utf8"}, {"LANG", "C"}})));
  EXPECT_FALSE(has_utf8_locale(environment({{"LC_ALL", "C"}, {"LANG", "en_US.UTF-8"}})));
  EXPECT_FALSE(has_utf8_locale(environment({{"LANG", "de_DE.ISO-8859-1"}})));
  EXPECT_FALSE(has_utf8_locale(environment({})));
}

TEST(Terminal, ReadsItsWidthFromTheEnvironmentIfItIsANumber) {
  EXPECT_EQ(columns_of_environment(environment({{"COLUMNS", "132"}})), 132);
  EXPECT_EQ(columns_of_environment(environment({{"COLUMNS", "wide"}})), 80);
  EXPECT_EQ(columns_of_environment(environment({{"COLUMNS", "132x"}})), 80);
  EXPECT_EQ(columns_of_environment(environment({{"COLUMNS", "0"}})), 80);
  EXPECT_EQ(columns_of_environment(environment({})), 80);
}

}  // namespace
}  // namespace carnyx

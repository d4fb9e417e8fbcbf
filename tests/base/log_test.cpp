#include "carnyx/base/log.h"

#include <functional>
#include <string>

#include <gtest/gtest.h>

namespace carnyx {
namespace {

class Log : public testing::Test {
 protected:
  void TearDown() override { log::set_level(before_); }

  /// What `write` puts on stderr.
  static std::string captured(const std::function<void()>& write) {
    testing::internal::CaptureStderr();
    write();
    return testing::internal::GetCapturedStderr();
  }

 private:
  log::Level before_ = log::level();
};

TEST_F(Log, WritesLevelMessageAndFields) {
  const std::string text = captured([] {
    log::warning("checkpoint skipped",
                 {{"step", 12}, {"loss", 0.5}, {"path", "runs/a"}, {"ok", true}});
  });

  EXPECT_EQ(text, "carnyx: warning: checkpoint skipped step=12 loss=0.5 path=runs/a ok=true\n");
}

TEST_F(Log, QuotesValuesThatAreNotOneWord) {
  const std::string text = captured([] {
    log::error("m",
               {{"a", "two words"}, {"b", ""}, {"c", "a\"b"}, {"d", "x\ncarnyx: error: forged"}});
  });

  EXPECT_EQ(
      text,
      "carnyx: error: m a=\"two words\" b=\"\" c=\"a\\\"b\" d=\"x\\x0acarnyx: error: forged\"\n");
}

TEST_F(Log, DoesNotReadBracesInAMessage) {
  EXPECT_EQ(captured([] { log::error("{} {x}"); }), "carnyx: error: {} {x}\n");
}

TEST_F(Log, WritesOnlyFromTheLevelAskedFor) {
  log::set_level(log::Level::Warning);
  EXPECT_EQ(captured([] { log::info("m"); }), "");
  EXPECT_EQ(captured([] { log::warning("m"); }), "carnyx: warning: m\n");

  log::set_level(log::Level::Debug);
  EXPECT_EQ(captured([] { log::debug("m"); }), "carnyx: debug: m\n");

  log::set_level(log::Level::Off);
  EXPECT_EQ(captured([] { log::error("m"); }), "");
  EXPECT_EQ(log::level(), log::Level::Off);
}

TEST_F(Log, NeverWritesToStdout) {
  testing::internal::CaptureStdout();
  captured([] { log::error("m"); });

  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST_F(Log, KnowsItsLevelsByName) {
  EXPECT_EQ(log::level_of("warning"), log::Level::Warning);
  EXPECT_EQ(log::level_of("loud"), std::nullopt);
}

}  // namespace
}  // namespace carnyx

#include "carnyx/training/logs.h"

#include <gmock/gmock.h>

#include "carnyx/base/error.h"

namespace carnyx {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST(Logs, KeepsTheOrderInWhichNamesCame) {
  Logs logs{{"loss", 0.5}};
  logs.set("accuracy", 0.9);
  logs.set("loss", 0.25);

  EXPECT_THAT(logs.entries(), ElementsAre(Pair("loss", 0.25), Pair("accuracy", 0.9)));
}

TEST(Logs, FindsWhatIsThere) {
  const Logs logs{{"loss", 0.5}};

  EXPECT_EQ(logs.find("loss"), 0.5);
  EXPECT_EQ(logs.at("loss"), 0.5);
  EXPECT_EQ(logs.find("los"), std::nullopt);
}

TEST(Logs, NamesWhatThereIsWhenAskedForMore) {
  const Logs logs{{"loss", 0.5}, {"accuracy", 0.9}};
  try {
    static_cast<void>(logs.at("val_loss"));
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("'val_loss'"), HasSubstr("loss, accuracy")));
  }
  EXPECT_THROW(static_cast<void>(Logs().at("loss")), InvalidArgument);
}

TEST(History, GivesOneNameOverAllEpochs) {
  const History history{{Logs{{"loss", 3}}, Logs{{"loss", 2}, {"lr", 0.1}}, Logs{{"loss", 1}}}};

  EXPECT_THAT(history.series("loss"), ElementsAre(3, 2, 1));
  EXPECT_THAT(history.series("lr"), ElementsAre(0.1));
  EXPECT_THAT(history.series("accuracy"), IsEmpty());
}

}  // namespace
}  // namespace carnyx

// What a job leaves for people to read: history.csv, the command that repeats it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/error.h"

#include "trainers/history_csv.h"
#include "trainers/repeat_command.h"

namespace carnyx {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(HistoryCsv, IsReadBackAsItWasWritten) {
  const History history{{Logs{{"accuracy", 0.1}, {"loss", 1e-07}}, Logs{{"accuracy", 0.3}}}};

  const std::string text = history_csv(history);

  EXPECT_EQ(text, "epoch,accuracy,loss\n0,0.1,1e-07\n1,0.3,\n");
  EXPECT_EQ(parse_history_csv(text, "x").epochs, history.epochs);
}

TEST(HistoryCsv, HasAColumnForWhatOnlyLaterEpochsMeasured) {
  const History history{{Logs{{"loss", 2.0}}, Logs{{"loss", 1.0}, {"val_loss", 1.5}}}};

  const std::string text = history_csv(history);

  EXPECT_EQ(text, "epoch,loss,val_loss\n0,2.0,\n1,1.0,1.5\n");
  EXPECT_EQ(parse_history_csv(text, "x").epochs, history.epochs);
}

TEST(HistoryCsv, NamesTheLineThatIsDamaged) {
  EXPECT_THAT([] { parse_history_csv("epoch,loss\n0,1.0\n1\n", "h.csv"); },
              ThrowsMessage<CorruptData>(HasSubstr("h.csv: line 3: expected 2 values, got 1")));
  EXPECT_THAT([] { parse_history_csv("epoch,loss\n0,one\n", "h.csv"); },
              ThrowsMessage<CorruptData>(HasSubstr("h.csv: line 2")));
  EXPECT_THROW(parse_history_csv("", "h.csv"), CorruptData);
}

TEST(RepeatCommand, NamesWhatIsNotTheDefault) {
  JobOptions options{.job_dir = "runs/a",
                     .epochs = 20,
                     .batch_size = 128,
                     .learning_rate = 0.5,
                     .fuse_updates = false,
                     .overwrite = true};
  options.data_dir = "it's here";

  EXPECT_EQ(repeat_command(*make_trainer("mnist_mlp"), options),
            "carnyx train mnist_mlp --data-dir 'it'\\''s here' --epochs 20 --batch-size 128 "
            "--learning-rate 0.5 --seed 1 --no-fuse-updates --job-dir runs/a-again");
}

TEST(RepeatCommand, QuotesWhatAShellWouldRead) {
  EXPECT_EQ(shell_word("/data/x-1_2.csv"), "/data/x-1_2.csv");
  EXPECT_EQ(shell_word("$(rm x)"), "'$(rm x)'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace carnyx

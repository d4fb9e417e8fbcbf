// From anybody's table to a model and its predictions, and models that files describe.
#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carnyx/base/files.h"
#include "carnyx/base/json.h"
#include "carnyx/base/rng.h"
#include "carnyx/base/temporary_directory.h"
#include "carnyx/trainers/trainer.h"

#include "tests/integration/program.h"

namespace carnyx {
namespace {

using testing::HasSubstr;

/// Rows that a line tells apart: kind is yes if age is above 40, more so for red ones; price is 100
/// and three times the age.
std::string people(int rows,
                   std::uint64_t stream,
                   const std::string& header = "age,colour,price,kind") {
  Rng rng(7, stream);
  std::string text = header + "\n";
  for (int i = 0; i < rows; ++i) {
    const auto age = 18 + static_cast<int>(rng.below(60));
    const std::string colour = rng.below(2) == 0 ? "red" : "blue";
    const std::string kind = age + (colour == "red" ? 10 : 0) > 45 ? "yes" : "no";
    text += (rng.below(20) == 0 ? std::string("NA") : std::to_string(age)) + "," + colour + "," +
            std::to_string(100 + 3 * age) + "," + kind + "\n";
  }
  return text;
}

class Tables : public testing::Test {
 protected:
  Tables() {
    write("t.csv", people(400, 1));
    write("test.csv", people(100, 2));
    write("m.json",
          R"({"class_name": "Sequential", "config": {"name": "s", "layers": [
            {"class_name": "Dense", "config": {"name": "d1", "units": 16, "activation": "relu"}},
            {"class_name": "Dense", "config": {"name": "d2", "units": 2, "activation": "softmax"}}]}})");
  }
  void write(const std::string& name, const std::string& text) {
    write_file_atomically(folder_.path() + "/" + name, text);
  }
  [[nodiscard]] std::string text(const std::string& name) const {
    return read_file(folder_.path() + "/" + name, 1 << 20);
  }
  [[nodiscard]] bool has(const std::string& name) const {
    return exists(folder_.path() + "/" + name);
  }
  test::Outcome run(std::vector<std::string> arguments) {
    return test::run_program(
        {.arguments = std::move(arguments), .environment = {}, .directory = folder_.path()});
  }
  test::Outcome train(const std::string& trainer, std::vector<std::string> more) {
    std::vector<std::string> arguments = {
        "train", trainer, "--data", "t.csv", "--job-dir", "J", "--verbose", "0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(std::move(arguments));
  }

  TemporaryDirectory folder_;
};

TEST_F(Tables, GoFromCsvToPredictionsInThreeCommands) {
  const test::Outcome trained = train("classify", {"--label", "kind", "--ignore", "price"});
  const test::Outcome measured = run({"evaluate", "J/model.keras", "--data", "test.csv", "--json"});
  const test::Outcome guessed =
      run({"predict", "J/model.keras", "test.csv", "--output", "pred.csv"});

  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("missing values are filled in"));
  ASSERT_EQ(measured.status, 0) << measured.err;
  EXPECT_GT(Json::parse(measured.out, "stdout").at("accuracy").as_number(), 0.9);
  ASSERT_EQ(guessed.status, 0) << guessed.err;
  const std::string lines = text("pred.csv");
  EXPECT_THAT(lines, testing::StartsWith("file,row,kind,probability\ntest.csv,1,"));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 101);
}

TEST_F(Tables, PredictRowsWhoseLabelsNobodyKnows) {
  ASSERT_EQ(train("classify", {"--label", "kind", "--ignore", "price", "--epochs", "2"}).status, 0);
  write("new.csv", "age,colour,kind\n30,red,\n50,blue,?\n");

  const test::Outcome guessed = run({"predict", "J/model.keras", "new.csv"});
  const test::Outcome measured = run({"evaluate", "J/model.keras", "--data", "new.csv"});

  EXPECT_EQ(guessed.status, 0) << guessed.err;
  EXPECT_EQ(std::count(guessed.out.begin(), guessed.out.end(), '\n'), 3);
  EXPECT_EQ(measured.status, 3);
}

TEST_F(Tables, KeepTheMappingOfTheModelWhenAnotherRunIsRefused) {
  ASSERT_EQ(train("classify", {"--label", "kind", "--epochs", "2"}).status, 0);
  const std::string mapping = text("J/table.json");
  write("t.csv", people(300, 3));

  const test::Outcome refused = train("classify", {"--label", "kind", "--epochs", "2"});

  EXPECT_EQ(refused.status, 2) << refused.err;
  EXPECT_EQ(text("J/table.json"), mapping);
}

TEST_F(Tables, PredictNumbers) {
  const test::Outcome trained = train("regress", {"--label", "price", "--ignore", "kind"});
  const test::Outcome measured = run({"evaluate", "J/model.keras", "--data", "test.csv", "--json"});
  const test::Outcome guessed = run({"predict", "J/model.keras", "test.csv", "--limit", "2"});

  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_LT(Json::parse(measured.out, "stdout").at("mae").as_number(), 15);  // deviation 52
  EXPECT_THAT(guessed.out, testing::StartsWith("file,row,price\ntest.csv,1,"));
  EXPECT_EQ(std::count(guessed.out.begin(), guessed.out.end(), '\n'), 3);
}

TEST_F(Tables, AreReadTheSameWayWhateverTheOrderOfTheirColumns) {
  ASSERT_EQ(train("classify", {"--label", "kind", "--epochs", "3"}).status, 0);
  std::istringstream lines(text("test.csv"));
  std::string turned;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t comma = line.find(',');
    turned += line.substr(comma + 1) + "," + line.substr(0, comma) + "\n";
  }
  write("turned.csv", turned);

  const test::Outcome first = run({"evaluate", "J/model.keras", "--data", "test.csv"});
  const test::Outcome second = run({"evaluate", "J/model.keras", "--data", "turned.csv"});

  EXPECT_EQ(first.out, second.out);
}

TEST_F(Tables, SayWhatTheyLack) {
  ASSERT_EQ(train("classify", {"--label", "kind", "--epochs", "1"}).status, 0);
  write("no_age.csv", people(3, 3, "years,colour,price,kind"));
  write("no_kind.csv", people(3, 3, "age,colour,price,sort"));
  write("mauve.csv", "age,colour,price,kind\n30,mauve,200,no\n40,mauve,210,yes\n");
  const std::string model = "J/model.keras";

  const test::Outcome no_age = run({"predict", model, "no_age.csv"});
  const test::Outcome no_kind = run({"evaluate", model, "--data", "no_kind.csv"});
  const test::Outcome mauve = run({"evaluate", model, "--data", "mauve.csv"});

  EXPECT_EQ(no_age.status, 3);
  EXPECT_THAT(no_age.err, HasSubstr("no_age.csv: no column 'age', which the model reads"));
  EXPECT_EQ(no_kind.status, 3);
  EXPECT_THAT(no_kind.err, HasSubstr("no column 'kind', which the model predicts"));
  EXPECT_EQ(run({"predict", model, "no_kind.csv"}).status, 0);
  EXPECT_EQ(mauve.status, 0) << mauve.err;
  EXPECT_THAT(mauve.err, HasSubstr("values=2"));
  EXPECT_THAT(mauve.err, HasSubstr("line 2, column 'colour': 'mauve'"));
}

TEST_F(Tables, NeedTheirMappingBesideTheModel) {
  ASSERT_EQ(train("classify", {"--label", "kind", "--epochs", "1"}).status, 0);
  remove_all(folder_.path() + "/J/table.json");

  const test::Outcome outcome = run({"evaluate", "J/model.keras", "--data", "test.csv"});

  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.err, HasSubstr("no table.json is beside this model"));
}

TEST_F(Tables, HaveAReportThatIsWrittenAnew) {
  ASSERT_EQ(train("classify", {"--label", "kind", "--epochs", "2"}).status, 0);
  const std::string report = text("J/report.html");

  ASSERT_EQ(run({"report", "J"}).status, 0);

  EXPECT_EQ(text("J/report.html"), report);
  EXPECT_THAT(report, HasSubstr("carnyx train classify --data-dir t.csv"));
  EXPECT_THAT(report, HasSubstr("--label kind"));
}

TEST_F(Tables, TrainAModelThatAFileDescribes) {
  const test::Outcome from_json = train("m.json", {"--epochs", "2", "--validation", "test.csv"});
  const test::Outcome from_keras = run({"train",
                                        "J/model.keras",
                                        "--data",
                                        "t.csv",
                                        "--job-dir",
                                        "K",
                                        "--verbose",
                                        "0",
                                        "--epochs",
                                        "1",
                                        "--optimizer",
                                        "sgd",
                                        "--learning-rate",
                                        "0.5"});

  ASSERT_EQ(from_json.status, 0) << from_json.err;
  EXPECT_THAT(from_json.err, HasSubstr("what was not said follows from the output"));
  EXPECT_THAT(from_json.err, HasSubstr("no --label: the last column is predicted"));
  ASSERT_EQ(from_keras.status, 0) << from_keras.err;
  EXPECT_TRUE(has("K/model.keras"));
}

TEST_F(Tables, SayHowTheyDoNotFitAModel) {
  write("wide.json",
        R"({"class_name": "Sequential", "config": [{"class_name": "Dense", "config":
           {"units": 2, "batch_input_shape": [null, 9], "activation": "softmax"}}]})");

  const test::Outcome outcome = train("wide.json", {});

  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err,
              HasSubstr("it reads samples of (9,), t.csv has samples of (4,): age, "
                        "colour=blue, colour=red, price"));
}

TEST_F(Tables, HoldBackATenthForClassesAndAFifthForNumbers) {
  const test::Outcome classes = train("classify", {"--label", "kind", "--dry-run"});
  const test::Outcome numbers = train("regress", {"--label", "price", "--dry-run"});

  EXPECT_EQ(Json::parse(classes.out, "stdout").at("test_samples").as_int(), 40);
  EXPECT_EQ(Json::parse(numbers.out, "stdout").at("test_samples").as_int(), 80);
}

TEST_F(Tables, TrainARecipeWhoseFlagsWin) {
  write("r.yaml",
        "model:\n  - Dense: {units: 2, activation: softmax}\n"
        "data: {path: t.csv, label: kind, standardize: true}\nfit: {epochs: 9, batch_size: 50}\n");

  const test::Outcome outcome =
      run({"train", "r.yaml", "--epochs", "2", "--dry-run", "--job-dir", "R"});

  const Json plan = Json::parse(outcome.out, "stdout");
  EXPECT_EQ(plan.at("options").at("epochs").as_int(), 2);
  EXPECT_EQ(plan.at("options").at("batch_size").as_int(), 50);
  EXPECT_EQ(plan.at("options").at("label").as_string(), "kind");
  EXPECT_EQ(plan.at("train_samples").as_int(), 400);
}

struct Flag {
  std::string option;
  std::vector<std::string> arguments;
  std::string effect;  ///< what differs: a part of the plan, of stderr, or "curve"
};

std::vector<Flag> flags() {
  return {
      {"validation", {"--validation", "test.csv"}, "\"test_samples\": 100"},
      {"validation_split", {"--validation-split", "0.3"}, "\"test_samples\": 120"},
      {"label", {"--label", "colour"}, "curve"},
      {"categorical", {"--categorical", "age"}, "curve"},
      {"ignore", {"--ignore", "colour,price"}, "curve"},
      {"standardize", {"--no-standardize"}, "curve"},
      {"missing", {"--missing", "error"}, "column 'age': expected a value"},
      {"missing", {"--missing", "zero"}, "curve"},
      {"separator", {"--separator", ";"}, "unknown column 'kind', known: age,colour,price,kind"},
      {"optimizer", {"--optimizer", "sgd"}, "curve"},
      {"loss", {"--loss", "categorical_hinge"}, "curve"},
      {"metrics", {"--metrics", "AUC"}, "AUC"},
      {"hidden", {"--hidden", "8"}, "matmul(32, 8)"},
      {"activation", {"--activation", "tanh"}, "+tanh"},
      {"dropout", {"--dropout", "0.5"}, "+dropout"},
      {"patience", {"--patience", "1", "--epochs", "60"}, "curve"},
  };
}

TEST_F(Tables, HearEachFlag) {
  ASSERT_EQ(train("classify", {"--label", "kind", "--epochs", "2"}).status, 0);
  const std::string usual = text("J/history.csv");
  for (const Flag& flag : flags()) {
    std::vector<std::string> arguments = {"--overwrite", "--epochs", "2", "--label", "kind"};
    arguments.insert(arguments.end(), flag.arguments.begin(), flag.arguments.end());
    const test::Outcome outcome = train("classify", arguments);
    if (flag.effect == "curve") {
      EXPECT_EQ(outcome.status, 0) << flag.option << outcome.err;
      EXPECT_NE(text("J/history.csv"), usual) << flag.option;
      continue;
    }
    arguments.emplace_back("--dry-run");
    const test::Outcome plan = train("classify", arguments);
    const std::string history = has("J/history.csv") ? text("J/history.csv") : "";
    EXPECT_THAT(plan.out + plan.err + outcome.err + history, HasSubstr(flag.effect)) << flag.option;
  }
}

struct TableNames {
  std::set<std::string> names;
  template <class T>
  void operator()(std::string_view name, T&) {
    names.emplace(name);
  }
};

TEST(TablesFlags, AreAllTried) {
  TableNames own;
  ForEachOption each(own);
  make_trainer("classify")->visit_options(each);
  for (const Flag& flag : flags()) own.names.erase(flag.option);

  EXPECT_THAT(own.names, testing::IsEmpty());
}

}  // namespace
}  // namespace carnyx

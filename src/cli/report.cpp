#include <memory>

#include "carnyx/base/json.h"
#include "carnyx/trainers/job.h"

#include "cli/command.h"

namespace carnyx::cli {
namespace {

struct ReportCommand {
  std::string job_dir;
  std::string data_dir;
  bool json = false;
};

int run(const ReportCommand& command) {
  const std::string path = rewrite_report(command.job_dir, command.data_dir);
  print(command.json ? Json::object({{"schema", 1}, {"report", path}}).dump(2) + "\n"
                     : "Report: " + path + "\n");
  return 0;
}

}  // namespace

void add_report(CLI::App& app, Chosen& chosen) {
  auto state = std::make_shared<ReportCommand>();  // shared with the action
  CLI::App* command = app.add_subcommand("report", "Write a finished job's report.html anew");
  command->add_option("job_dir", state->job_dir, "the job directory, runs/TRAINER")->required();
  command->add_option("--data,--data-dir",
                      state->data_dir,
                      "folder with the data set's files (default: where the job found them)");
  command->add_flag("--json", state->json, "print the result as JSON");
  command->callback([state, &chosen] { chosen.run = [state] { return run(*state); }; });
}

}  // namespace carnyx::cli

#include "trainers/job_fetch.h"

#include "carnyx/base/error.h"
#include "carnyx/base/log.h"
#include "carnyx/training/download_bar.h"

namespace carnyx {

void fetch_for_job(std::string_view name,
                   FetchOptions options,
                   const JobOptions& job,
                   const JobEnvironment& environment) {
  DownloadBar bar(environment.output, environment.clock);
  options.stop = environment.stop;
  if (job.verbose.value_or(1) > 0 && job.log_style != LogStyle::Json) {
    options.progress = [&bar](const FetchProgress& progress) {
      bar.update(progress.url, progress.done_bytes, progress.total_bytes);
    };
  }
  fetch_dataset(name, options);
}

void fetch_digits(std::string_view format,
                  const JobOptions& job,
                  const JobEnvironment& environment) {
  try {
    fetch_for_job(
        "mnist", {.directory = job.data_dir, .format = std::string(format)}, job, environment);
  } catch (const Cancelled&) {
    throw;
  } catch (const Error& error) {
    log::warning("MNIST could not be fetched", {{"reason", error.what()}});
  }
}

}  // namespace carnyx

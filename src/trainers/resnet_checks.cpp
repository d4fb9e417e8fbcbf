// What of the ResNet program's flags can't be.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <optional>
#include <span>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/nearest.h"

#include "trainers/cluster.h"
#include "trainers/resnet_options.h"
#include "trainers/uai_platform.h"

namespace carnyx {
namespace {

constexpr std::array<std::string_view, 6> kStrategies = {
    "off", "default", "one_device", "mirrored", "parameter_server", "multi_worker_mirrored"};
constexpr std::array<std::string_view, 3> kTypes = {"fp32", "fp16", "bf16"};
constexpr std::array<std::string_view, 2> kFormats = {"channels_first", "channels_last"};
constexpr std::array<std::string_view, 3> kLoggers = {
    "BaseBenchmarkLogger", "BenchmarkFileLogger", "BenchmarkBigQueryLogger"};
constexpr std::array<std::string_view, 2> kMirroredReductions = {"nccl", "hierarchical_copy"};
constexpr std::array<std::string_view, 2> kWorkerReductions = {"ring", "nccl"};

void require_at_least(std::string_view flag, std::int64_t value, std::int64_t least) {
  if (value >= least) return;
  throw InvalidArgument(format("--{}: expected {} or more, got {}", flag, least, value));
}

void require_one_of(std::string_view flag,
                    std::string_view what,
                    const std::string& value,
                    std::span<const std::string_view> known) {
  if (std::ranges::find(known, value) != known.end()) return;
  throw InvalidArgument(format("--{}: {}", flag, unknown_name(what, value, known)));
}

void require_ascending(std::string_view flag, std::span<const std::int64_t> epochs) {
  const bool begins_late = epochs.empty() || epochs.front() > 0;
  if (begins_late && std::ranges::adjacent_find(epochs, std::greater_equal<>{}) == epochs.end()) {
    return;
  }
  std::string got;
  for (const std::int64_t epoch : epochs) got += format("{}{}", got.empty() ? "" : ",", epoch);
  throw InvalidArgument(format(
      "--{}: expected positive whole numbers, each above the one before, got {}", flag, got));
}

void check_numbers(const ResnetOptions& o) {
  require_ascending("decay-epochs", o.decay_epochs);
  require_at_least("train-epochs", o.train_epochs, 0);
  require_at_least("epochs-between-evals", o.epochs_between_evals, 1);
  require_at_least("train-steps", o.train_steps, 0);
  require_at_least("log-steps", o.log_steps, 1);
  require_at_least("num-packs", o.num_packs, 0);
  require_at_least("per-gpu-thread-count", o.per_gpu_thread_count, 0);
  require_at_least("datasets-num-private-threads", o.datasets_num_private_threads, 0);
  require_at_least("task-index", o.task_index, -1);
  const auto& steps = o.profile_steps;
  const bool is_range = steps.size() == 2 && steps[0] > 0 && steps[1] >= steps[0];
  if (!steps.empty() && !is_range) {
    throw InvalidArgument(
        "--profile-steps: expected FIRST,LAST, two positive whole numbers, the second not below "
        "the first");
  }
}

/// "dynamic", or a positive number.
void check_loss_scale(const std::string& text) {
  if (text.empty() || text == "dynamic") return;
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && stop == end && number > 0 && std::isfinite(number)) return;
  throw InvalidArgument(
      format("--loss-scale: expected a positive number or 'dynamic', got '{}'", text));
}

void check_names(const ResnetOptions& o) {
  require_one_of("dtype", "dtype", o.dtype, kTypes);
  if (o.dtype == "fp16") {
    throw InvalidArgument(
        "--dtype fp16: not supported, as the original meant to say; use fp32, the default, or "
        "bf16");
  }
  check_loss_scale(o.loss_scale);
  if (!o.data_format.empty()) {
    require_one_of("data-format", "data format", o.data_format, kFormats);
  }
  require_one_of("benchmark-logger-type", "logger", o.benchmark_logger_type, kLoggers);
  if (o.benchmark_logger_type == "BenchmarkBigQueryLogger") {
    throw InvalidArgument(
        "--benchmark-logger-type BenchmarkBigQueryLogger: BigQuery is not here; use "
        "BenchmarkFileLogger and --benchmark-log-dir");
  }
  if (o.benchmark_logger_type == "BenchmarkFileLogger" && o.benchmark_log_dir.empty()) {
    throw InvalidArgument(
        "--benchmark-logger-type BenchmarkFileLogger: it writes files; add --benchmark-log-dir");
  }
}

void check_reduction(const ResnetOptions& o) {
  if (o.all_reduce_alg.empty()) return;
  const bool is_workers = o.distribution_strategy == "multi_worker_mirrored";
  const std::span<const std::string_view> known =
      is_workers ? kWorkerReductions : kMirroredReductions;
  require_one_of("all-reduce-alg",
                 is_workers ? "reduction of multi_worker_mirrored" : "reduction of mirrored",
                 o.all_reduce_alg,
                 known);
}

/// What each strategy may be given, whether it is here or not.
void check_strategy(const ResnetOptions& o, std::int64_t workers, std::int64_t batch_size) {
  if (std::ranges::find(kStrategies, o.distribution_strategy) == kStrategies.end()) {
    throw InvalidArgument(format("--distribution-strategy: Unrecognized Distribution Strategy: {}",
                                 unknown_name("strategy", o.distribution_strategy, kStrategies)));
  }
  const bool is_single =
      o.distribution_strategy == "off" || o.distribution_strategy == "one_device";
  if (is_single && o.num_gpus > 1) {
    throw InvalidArgument(
        format("--distribution-strategy {}: it has one device, and --num-gpus asks for {}; use "
               "mirrored, or --num-gpus 1",
               o.distribution_strategy,
               o.num_gpus));
  }
  check_reduction(o);
  const std::int64_t replicas = workers * std::max<std::int64_t>(o.num_gpus, 1);
  if (replicas > 1 && batch_size % replicas != 0) {
    const std::int64_t near = std::max(batch_size / replicas, std::int64_t{1}) * replicas;
    throw InvalidArgument(format(
        "--batch-size {}: {} replicas can't share it evenly; use {}", batch_size, replicas, near));
  }
}

void check_cluster(const ResnetOptions& o, const std::optional<Cluster>& cluster, bool is_named) {
  if (cluster) require_one_process(*cluster, is_named ? "TF_CONFIG" : "--worker-hosts");
  if (o.cluster_size != 1) {
    throw InvalidArgument(
        format("--cluster-size {}: for now one process trains; leave the flag out or give 1",
               o.cluster_size));
  }
  if (o.num_ps != 0) {
    throw InvalidArgument(
        format("--num-ps {}: the one process here holds the weights itself; leave the flag out or "
               "give 0",
               o.num_ps));
  }
}

}  // namespace

void check_resnet_options(const ResnetOptions& options,
                          std::int64_t batch_size,
                          std::string_view tf_config) {
  check_numbers(options);
  check_names(options);
  const std::optional<Cluster> named = read_cluster(tf_config);
  const std::optional<Cluster> cluster =
      named ? named : cluster_of_hosts(options.worker_hosts, options.task_index);
  check_strategy(
      options, cluster ? std::max<std::int64_t>(cluster->training_tasks(), 1) : 1, batch_size);
  require_no_gpus(options.num_gpus);
  check_cluster(options, cluster, named.has_value());
}

}  // namespace carnyx

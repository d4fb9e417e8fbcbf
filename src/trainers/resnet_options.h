// The flags of TensorFlow's official resnet_cifar_main of 2019, by its names and with its defaults,
// besides those that every job has (data_dir, batch_size).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carnyx/trainers/option_visitor.h"

namespace carnyx {

struct ResnetOptions {
  std::int64_t resnet_size = 56;
  std::vector<std::int64_t> decay_epochs = {91, 136, 182};
  // base
  std::string model_dir;
  std::int64_t train_epochs = 0;  ///< 0: not given
  std::int64_t epochs_between_evals = 10;
  std::int64_t num_gpus = 0;
  std::string distribution_strategy = "default";
  bool run_eagerly = false;
  bool clean = false;
  std::optional<double> stop_threshold;
  std::vector<std::string> hooks = {"LoggingTensorHook"};
  std::string export_dir;
  // performance
  bool use_synthetic_data = false;
  std::string dtype = "fp32";
  std::string loss_scale;
  std::string all_reduce_alg;
  std::int64_t num_packs = 1;
  std::string tf_gpu_thread_mode;
  std::int64_t per_gpu_thread_count = 0;
  std::int64_t datasets_num_private_threads = 0;
  bool tf_data_experimental_slack = false;
  bool enable_xla = false;
  bool force_v2_in_keras_compile = false;
  std::string data_format;
  // Keras
  bool enable_eager = false;
  bool skip_eval = false;
  bool set_learning_phase_to_train = true;
  bool explicit_gpu_placement = false;
  bool use_trivial_model = false;
  bool report_accuracy_metrics = true;
  bool use_tensor_lr = false;
  bool enable_tensorboard = false;
  std::int64_t train_steps = 0;
  std::vector<std::int64_t> profile_steps;
  bool data_delay_prefetch = false;
  bool batchnorm_spatial_persistent = true;
  bool enable_get_next_as_optional = false;
  std::int64_t log_steps = 100;
  // several processes
  std::string worker_hosts;
  std::int64_t task_index = -1;
  std::int64_t cluster_size = 1;
  std::int64_t num_ps = 0;
  // benchmarks
  std::string benchmark_logger_type = "BaseBenchmarkLogger";
  std::string benchmark_log_dir;
  std::string benchmark_test_id;
  std::string gcp_project;
  std::string bigquery_data_set = "test_benchmark";
  std::string bigquery_run_table = "benchmark_run";
  std::string bigquery_run_status_table = "benchmark_run_status";
  std::string bigquery_metric_table = "benchmark_metric";
};

template <class V>
void visit_fields(V& visit, ResnetOptions& o) {
  visit("resnet_size", o.resnet_size);
  visit("decay_epochs", o.decay_epochs);
  visit("model_dir", o.model_dir);
  visit("train_epochs", o.train_epochs);
  visit("epochs_between_evals", o.epochs_between_evals);
  visit("num_gpus", o.num_gpus);
  visit("distribution_strategy", o.distribution_strategy);
  visit("run_eagerly", o.run_eagerly);
  visit("clean", o.clean);
  visit("stop_threshold", o.stop_threshold);
  visit("hooks", o.hooks);
  visit("export_dir", o.export_dir);
  visit("use_synthetic_data", o.use_synthetic_data);
  visit("dtype", o.dtype);
  visit("loss_scale", o.loss_scale);
  visit("all_reduce_alg", o.all_reduce_alg);
  visit("num_packs", o.num_packs);
  visit("tf_gpu_thread_mode", o.tf_gpu_thread_mode);
  visit("per_gpu_thread_count", o.per_gpu_thread_count);
  visit("datasets_num_private_threads", o.datasets_num_private_threads);
  visit("tf_data_experimental_slack", o.tf_data_experimental_slack);
  visit("enable_xla", o.enable_xla);
  visit("force_v2_in_keras_compile", o.force_v2_in_keras_compile);
  visit("data_format", o.data_format);
  visit("enable_eager", o.enable_eager);
  visit("skip_eval", o.skip_eval);
  visit("set_learning_phase_to_train", o.set_learning_phase_to_train);
  visit("explicit_gpu_placement", o.explicit_gpu_placement);
  visit("use_trivial_model", o.use_trivial_model);
  visit("report_accuracy_metrics", o.report_accuracy_metrics);
  visit("use_tensor_lr", o.use_tensor_lr);
  visit("enable_tensorboard", o.enable_tensorboard);
  visit("train_steps", o.train_steps);
  visit("profile_steps", o.profile_steps);
  visit("data_delay_prefetch", o.data_delay_prefetch);
  visit("batchnorm_spatial_persistent", o.batchnorm_spatial_persistent);
  visit("enable_get_next_as_optional", o.enable_get_next_as_optional);
  visit("log_steps", o.log_steps);
  visit("worker_hosts", o.worker_hosts);
  visit("task_index", o.task_index);
  visit("cluster_size", o.cluster_size);
  visit("num_ps", o.num_ps);
  visit("benchmark_logger_type", o.benchmark_logger_type);
  visit("benchmark_log_dir", o.benchmark_log_dir);
  visit("benchmark_test_id", o.benchmark_test_id);
  visit("gcp_project", o.gcp_project);
  visit("bigquery_data_set", o.bigquery_data_set);
  visit("bigquery_run_table", o.bigquery_run_table);
  visit("bigquery_run_status_table", o.bigquery_run_status_table);
  visit("bigquery_metric_table", o.bigquery_metric_table);
}

/// The help of a flag that changes nothing begins so.
inline constexpr std::string_view kNoEffect = "no effect";

FieldHelp describe_resnet_option(std::string_view name);

/// Throws InvalidArgument for a value that can't be, or asks for what is not here: GPUs, several
/// processes, fp16, BigQuery. `tf_config` is that variable's text; it wins over worker_hosts.
void check_resnet_options(const ResnetOptions& options,
                          std::int64_t batch_size,
                          std::string_view tf_config);

}  // namespace carnyx

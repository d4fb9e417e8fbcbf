#include "trainers/resnet_options.h"

#include <array>

namespace carnyx {
namespace {

constexpr std::array<NamedHelp, 50> kResnetHelp = {{
    {"resnet_size", {"layers: 20, 32, 56, 110, or any other 6 n + 2"}},
    {"decay_epochs",
     {"epochs from which on the learning rate is a tenth of what it was (default: 91,136,182)"}},
    {"model_dir",
     {"folder for the job, unless --job-dir names another (default: runs/cifar_resnet)", "--md"}},
    {"train_epochs", {"passes over the data (default: 182); counts before --epochs", "--te"}},
    {"epochs_between_evals", {"epochs from one validation to the next", "--ebe"}},
    {"num_gpus", {"0: the CPU; -1: all GPUs that there are", "--ng"}},
    {"distribution_strategy",
     {"off, default, one_device, mirrored, parameter_server or multi_worker_mirrored: all the same "
      "for the one process that trains here",
      "--ds"}},
    {"run_eagerly", {"no effect: a step is always compiled"}},
    {"clean", {"no effect, as in the original; --overwrite removes an earlier run"}},
    {"stop_threshold", {"no effect, as in the original", "--st"}},
    {"hooks", {"no effect, as in the original"}},
    {"export_dir", {"folder for the trained model, once more, as model.keras", "--ed"}},
    {"use_synthetic_data",
     {"one picture of noise and one label, over and over: to measure speed", "--synth"}},
    {"dtype", {"fp32, or bf16: --precision mixed_bfloat16; fp16 is refused", "--dt"}},
    {"loss_scale", {"a positive number or 'dynamic'; no effect: fp32 and bf16 need none", "--ls"}},
    {"all_reduce_alg",
     {"for mirrored nccl or hierarchical_copy, for multi_worker_mirrored ring or nccl; no effect: "
      "one process has nothing to reduce",
      "--ara"}},
    {"num_packs", {"no effect: one process has nothing to reduce"}},
    {"tf_gpu_thread_mode", {"no effect: there is no GPU here", "--gt-mode"}},
    {"per_gpu_thread_count", {"no effect: there is no GPU here", "--pgtc"}},
    {"datasets_num_private_threads",
     {"no effect: the threads that train also read, see --threads"}},
    {"tf_data_experimental_slack", {"no effect: batches are always ready one step ahead"}},
    {"enable_xla", {"no effect: a step is always compiled"}},
    {"force_v2_in_keras_compile", {"no effect: there is one way to compile"}},
    {"data_format",
     {"channels_first or channels_last; no effect: the kernels have a layout of their own",
      "--df"}},
    {"enable_eager", {"no effect: a step is always compiled"}},
    {"skip_eval", {"train only: no validation, no evaluation"}},
    {"set_learning_phase_to_train", {"no effect: training and evaluation are told apart"}},
    {"explicit_gpu_placement", {"no effect: there is no GPU here"}},
    {"use_trivial_model", {"no effect, as in the original for CIFAR"}},
    {"report_accuracy_metrics", {"measure categorical_accuracy"}},
    {"use_tensor_lr",
     {"the learning rate's changes as a schedule by steps, instead of before each epoch"}},
    {"enable_tensorboard", {"TensorBoard's events go to --model-dir, not to events/ in it"}},
    {"train_steps", {"one epoch of so many steps, if it has as many; 0: all epochs"}},
    {"profile_steps",
     {"FIRST,LAST: after training, time each phase of a step over as many steps, into "
      "plan_times.txt "
      "in --model-dir"}},
    {"data_delay_prefetch", {"no effect: batches are always ready one step ahead"}},
    {"batchnorm_spatial_persistent", {"no effect: there is no GPU here"}},
    {"enable_get_next_as_optional", {"no effect: a step has whole batches, as many as there are"}},
    {"log_steps", {"steps from one BenchmarkMetric line to the next"}},
    {"worker_hosts",
     {"the address of this process; several are refused for now. $TF_CONFIG wins over it"}},
    {"task_index", {"which of --worker-hosts this process is"}},
    {"cluster_size", {"processes that train: 1"}},
    {"num_ps", {"parameter servers: 0"}},
    {"benchmark_logger_type", {"BaseBenchmarkLogger: lines alone; or BenchmarkFileLogger"}},
    {"benchmark_log_dir",
     {"folder for BenchmarkFileLogger's benchmark_run.log and metric.log", "--bld"}},
    {"benchmark_test_id", {"a name for the run, kept in benchmark_run.log", "--bti"}},
    {"gcp_project", {"no effect: BigQuery is not here", "--gp"}},
    {"bigquery_data_set", {"no effect: BigQuery is not here", "--bds"}},
    {"bigquery_run_table", {"no effect: BigQuery is not here", "--brt"}},
    {"bigquery_run_status_table", {"no effect: BigQuery is not here", "--brst"}},
    {"bigquery_metric_table", {"no effect: BigQuery is not here", "--bmt"}},
}};

}  // namespace

FieldHelp describe_resnet_option(std::string_view name) {
  return help_of(kResnetHelp, name);
}

}  // namespace carnyx

#!/usr/bin/env bash
# run_fuzzers.sh BUILD FLAG...: runs every fuzz target, one a CPU, with libFuzzer's flags
# (-max_total_time=30, -runs=100000 -timeout=1), from its corpus, and prints how many inputs each has
# read, the slowest one's seconds and the peak memory. What it finds new stays in BUILD/found; a crash
# is copied by hand to fuzz/corpus/NAME/ with its fix.
set -euo pipefail
build=$1
shift

run() {
  local name=$1 status=0
  local log=$build/found/$name.log
  shift
  mkdir -p "$build/found/$name" "fuzz/corpus/$name"
  # What reads HDF5 forks for each input. A fork costs what it maps: a small quarantine. The confined
  # child's limit of memory, which the sanitizer's shadow would break, is one on each allocation. Its
  # waits for a CPU are not its work: it counts its own seconds (fuzz/cpu_second.h).
  local sanitizer=quarantine_size_mb=1 forks=()
  case $name in
    h5_model|weights_h5|keras_file)
      sanitizer+=:max_allocation_size_mb=256:allocator_may_return_null=1
      forks=(-timeout=20)
      ;;
  esac
  ASAN_OPTIONS=$sanitizer "$build/fuzz/${name}_fuzz" "$@" "${forks[@]}" -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$build/found/$name-" "$build/found/$name" "fuzz/corpus/$name" \
    >"$log" 2>&1 || status=1
  awk -v name="$name" '/^stat::/ {gsub(/^stat::|:/, "", $1); value[$1] = $2}
    END {printf "%-12s %9d inputs, slowest %d s, peak %d MB\n", name,
         value["number_of_executed_units"], value["slowest_unit_time_sec"], value["peak_rss_mb"]}' "$log"
  [ $status = 0 ] || echo "$name failed; see $log" >&2
  return $status
}

failed=0
running=0
for target in "$build"/fuzz/*_fuzz; do
  if [ $running -ge "$(nproc)" ]; then
    wait -n || failed=1
    running=$((running - 1))
  fi
  run "$(basename "$target" _fuzz)" "$@" &
  running=$((running + 1))
done
while [ $running -gt 0 ]; do
  wait -n || failed=1
  running=$((running - 1))
done
exit $failed

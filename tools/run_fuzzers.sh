#!/bin/sh
# run_fuzzers.sh BUILD SECONDS: runs every fuzz target for SECONDS, starting from its corpus. What it
# finds new stays in BUILD/found; a crash is copied by hand to fuzz/corpus/NAME/ with its fix.
set -eu
build=$1
seconds=$2
for target in "$build"/fuzz/*_fuzz; do
  name=$(basename "$target" _fuzz)
  mkdir -p "$build/found/$name" "fuzz/corpus/$name"
  "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$build/found/$name-" "$build/found/$name" "fuzz/corpus/$name"
done

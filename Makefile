# Everything a developer types. Each target is a line over CMake presets; CI runs the same ones.
.PHONY: all oracle report-check program-dev bench-peers bench-floor bench-reading slow test asan tsan release program lint analyze format bench fuzz fuzz-million hooks clean
JOBS := $(shell nproc)
FUZZ_SECONDS ?= 30
FUZZ_RUNS ?= 75000
DATA ?= ../shared/data/mnist
# Of bench-peers: mnist_mlp, off_menu, mnist_cnn, resnet20 or resnet56 (the last two with CIFAR-10's DATA).
NETWORK ?= mnist_mlp

all: ; cmake --preset dev && cmake --build --preset dev
test: all ; ctest --preset dev -j $(JOBS)
asan tsan release: ; cmake --preset $@ && cmake --build --preset $@ && ctest --preset $@ -j $(JOBS)
# Only what a user runs, build/release/carnyx: needs neither GoogleTest nor Google Benchmark.
program: ; cmake --preset release -DCARNYX_BUILD_TESTS=OFF -DCARNYX_BUILD_BENCH=OFF && \
	cmake --build --preset release --target carnyx
lint: ; tools/check_includes.py && tools/check_format.sh && cmake --preset clang && tools/check_tidy.sh build/clang
# The path-sensitive half of clang-tidy: three quarters of its time, so apart from lint.
analyze: ; cmake --preset clang && tools/check_tidy.sh build/clang --checks='-*,clang-analyzer-*'
format: ; git ls-files -co --exclude-standard '*.h' '*.cpp' | xargs clang-format -i
bench: ; cmake --preset release && cmake --build --preset release && \
	for bench in build/release/*_bench; do $$bench || exit 1; done
fuzz: ; cmake --preset fuzz && cmake --build --preset fuzz && tools/run_fuzzers.sh build/fuzz -max_total_time=$(FUZZ_SECONDS) -timeout=10
# More than a million mutated files over all readers; none may take more than a second.
fuzz-million: ; cmake --preset fuzz && cmake --build --preset fuzz && \
	tools/run_fuzzers.sh build/fuzz -runs=$(FUZZ_RUNS) -timeout=1
hooks: ; git config core.hooksPath tools/hooks
clean: ; rm -rf build
# Real Keras beside ours, in environments of their own (PyPI): steps, golden files; speed.
oracle: all ; tests/oracle/run.sh steps && build/dev/keras_steps_check build/oracle/*
# What a browser makes of report.html, where Chromium is installed; pictures in build/report-check.
report-check: program-dev ; rm -rf build/report-check && build/dev/carnyx train mnist_mlp --synthetic --epochs 3 \
	--verbose 0 --job-dir build/report-check/job && tests/report/check.py build/report-check/job build/report-check
program-dev: ; cmake --preset dev && cmake --build --preset dev --target carnyx
bench-peers: ; cmake --preset release && cmake --build --preset release && bench/peers/run.py --network $(NETWORK) --data $(DATA)
bench-reading: ; cmake --preset release && cmake --build --preset release && bench/reading/run.py --data $(DATA)
bench-floor: ; cmake --preset release && cmake --build --preset release && bench/floor/run.py --data $(DATA)
slow: release

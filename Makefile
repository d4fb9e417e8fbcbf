# Everything a developer types. Each target is a line over CMake presets; CI runs the same ones.
.PHONY: all test asan tsan release program lint format bench fuzz hooks clean
JOBS := $(shell nproc)
FUZZ_SECONDS ?= 30

all: ; cmake --preset dev && cmake --build --preset dev
test: all ; ctest --preset dev -j $(JOBS)
asan tsan release: ; cmake --preset $@ && cmake --build --preset $@ && ctest --preset $@ -j $(JOBS)
# Only what a user runs, build/release/carnyx: needs neither GoogleTest nor Google Benchmark.
program: ; cmake --preset release -DCARNYX_BUILD_TESTS=OFF -DCARNYX_BUILD_BENCH=OFF && \
	cmake --build --preset release --target carnyx
lint: ; tools/check_includes.py && tools/check_format.sh && cmake --preset clang && cmake --build --preset clang
format: ; git ls-files -co --exclude-standard '*.h' '*.cpp' | xargs clang-format -i
bench: ; cmake --preset release && cmake --build --preset release && \
	for bench in build/release/*_bench; do $$bench || exit 1; done
fuzz: ; cmake --preset fuzz && cmake --build --preset fuzz && tools/run_fuzzers.sh build/fuzz $(FUZZ_SECONDS)
hooks: ; git config core.hooksPath tools/hooks
clean: ; rm -rf build

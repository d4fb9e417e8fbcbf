#!/usr/bin/env python3
"""From exec to the first finished training step, less the time to read the data; and peak memory.

Starts the program over and over, notes when its debug lines arrive, and prints medians.
"""

import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def one_run(program, data):
    with tempfile.TemporaryDirectory() as job:
        command = [program, "train", "mnist_mlp", "--epochs", "1", "--steps-per-epoch", "1", "--job-dir", job,
                   "--data-dir", data, "--verbose", "0"]
        began = time.monotonic()
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                                   env={**os.environ, "CARNYX_LOG": "debug"})
        arrival = {}
        for line in process.stderr:
            for event in ("reading data", "data read", "first step done"):
                if event in line:
                    arrival.setdefault(event, time.monotonic() - began)
        if process.wait() != 0:
            raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
        reading = arrival["data read"] - arrival["reading data"]
        return arrival["first step done"] - reading, reading


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder with MNIST's files")
    parser.add_argument("--program", default=str(ROOT / "build/release/carnyx"))
    parser.add_argument("--runs", type=int, default=21)
    options = parser.parse_args()
    times = [one_run(options.program, options.data) for _ in range(options.runs)]
    start = [1e3 * total for total, _ in times]
    read = [1e3 * reading for _, reading in times]
    print(f"exec to first step, less reading: median {statistics.median(start):.1f} ms, "
          f"min {min(start):.1f}, max {max(start):.1f} over {options.runs} runs")
    print(f"reading the data: median {statistics.median(read):.1f} ms")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory of a one-epoch job: {peak:.0f} MiB")


if __name__ == "__main__":
    main()

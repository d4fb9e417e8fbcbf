#!/usr/bin/env python3
"""Carnyx beside Keras on TensorFlow, Keras on JAX, JAX and PyTorch: the same epochs, interleaved.

One command installs the peers (environments.sh), finds each one's best variant and thread count on
a short run, then keeps the best ones warm in processes of their own and asks Carnyx and each of
them for one epoch in turn, so that a slow minute of the machine hits all alike. Times of imports,
of compilation and of a whole job from the shell are kept apart.

The protocol. A participant is a command that takes
    --network mnist_mlp|off_menu|mnist_cnn|resnet20|resnet56  --data DIR
    --precision float32|mixed_bfloat16  --float32-matmul-precision highest|high|medium
    --threads N  [--augmentation none|crop_flip]  [--rows N]  [--epochs N]
and, when built and ready to train, prints one JSON line on stdout:
    {"ready": true, "import_s": s, "compile_s": s}
import_s: loading the framework; compile_s: building and compiling before the first step; further
fields are recorded as they are. Then it answers each line of its stdin with one JSON line:
    epoch     {"epoch_s": s, "cpu_s": s, "loss": l}    one shuffled epoch over resident data, to its
                                                       very end; cpu_s: of all threads
    evaluate  {"accuracy": a}                          of the test set
and leaves when stdin ends. --rows trains on the first images only. With --epochs it reads nothing:
it trains that long, evaluates once, prints {"epoch_s", "cpu_s", "loss", "accuracy"}, exits with 0.
Nothing but these lines may reach stdout. The networks: mnist_mlp is 784-512-512-10, relu, dropout
0.2, RMSprop, batch 128; off_menu is 257-511-129-7, tanh, Adam, global_clipnorm 1, batch 100, on
60,000 random rows; both in Keras's defaults, the last batch of an epoch a partial one. mnist_cnn is
Conv 32 and 64, 3x3 and relu, MaxPool 2x2, Dropout 0.25, Dense 128, Dropout 0.5, Dense 10; Adadelta
with learning rate 1, batch 128. resnet20 and resnet56 are the residual networks for CIFAR-10 (v1, a
projection at every stage's beginning), SGD with momentum 0.9, L2 2e-4 on kernels, batch 128; they
drop an epoch's partial batch. Images are divided by 255, or with crop_flip cut out of the image
padded by 4, mirrored or not, and standardised, anew in each epoch and within its time.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import platform
import signal
import statistics
import subprocess
import sys
import time

from candidates import CORES, HERE, IMAGE_NETWORKS, PRECISIONS, ROOT, Candidate, candidates
from session import PeerFailed, Session, interleave, markdown, median_s

OURS = "Carnyx"
ENVIRONMENTS = ["keras_tf", "keras_jax", "torch"]
TUNING_ROWS = {"mnist_cnn": 2_560, "resnet20": 1_280, "resnet56": 640}  # of the others 12,800


def tuning_rows(options: argparse.Namespace) -> int:
    rows = TUNING_ROWS.get(options.network, 12_800)
    return min(rows, options.rows or rows)


def short_epoch_s(candidate: Candidate, options: argparse.Namespace) -> float | None:
    """The better of two warm epochs of a few rows; None if it fails or is hopeless."""
    rows = tuning_rows(options)
    limit = options.limit * rows / (options.rows or 60_000)
    try:
        session = candidate.start(options, "--rows", str(rows))
    except PeerFailed as failure:
        print(f"  {candidate.name()}: {failure}", file=sys.stderr)
        return None
    try:
        session.epoch(limit + 180)  # with compilation
        best = min(session.epoch(limit)["epoch_s"] for _ in range(2))
        print(f"  {candidate.name()}: {best:.3f} s", file=sys.stderr)
        return best
    except PeerFailed as failure:
        print(f"  {candidate.name()}: {failure}", file=sys.stderr)
        return None
    finally:
        session.close()


class Tuning:
    """Each candidate's short epoch, kept in a file: a run that was cut short goes on from there.

    Failures are tried again, and all is once a file of this folder (a pin, a peer's code) is newer.
    """

    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.file = options.output / f"{title(options)}.tuning.json"
        self.times: dict[str, float | None] = {}
        newest = max(file.stat().st_mtime for file in HERE.iterdir() if file.is_file())
        if (self.file.exists() and self.file.stat().st_mtime > newest
                and not options.tune_again):
            kept = json.loads(self.file.read_text())
            if kept["processor"] == processor():
                self.times = kept["times"]

    def __getitem__(self, candidate: Candidate) -> float | None:
        name = candidate.name()
        if name not in self.times:
            self.times[name] = short_epoch_s(candidate, self.options)
            able = {n: s for n, s in self.times.items() if s is not None}
            self.file.write_text(json.dumps({"processor": processor(), "times": able}, indent=1)
                                 + "\n")
        return self.times[name]


def tune(options: argparse.Namespace) -> tuple[list[Candidate], dict[str, float | None]]:
    """The `keep` best of each framework and precision, each also tried on one thread."""
    print(f"tuning on {tuning_rows(options)} rows", file=sys.stderr)
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for candidate in candidates(options):
        if candidate.precision in options.precision:
            groups.setdefault((candidate.framework, candidate.precision), []).append(candidate)
    times = Tuning(options)
    chosen: list[Candidate] = []
    for group in groups.values():
        able = sorted((c for c in group if times[c] is not None), key=times.__getitem__)
        if able and options.threads > 1:
            alone = dataclasses.replace(able[0], threads=1)
            able = sorted([*able, *([alone] if times[alone] is not None else [])],
                          key=times.__getitem__)
        chosen += able[: options.keep]
    return chosen, times.times


def ours(options: argparse.Namespace) -> list[Candidate]:
    if not options.binary.exists():
        print(f"Carnyx is left out: no {options.binary}; build it with `make release`",
              file=sys.stderr)
        return []
    return [Candidate(OURS, (str(options.binary),), "", p, options.threads)
            for p in options.precision]


def rows_flag(options: argparse.Namespace) -> list[str]:
    return ["--rows", str(options.rows)] if options.rows else []


def start_all(participants: list[Candidate], options: argparse.Namespace) -> dict[str, Session]:
    sessions = {}
    for candidate in participants:
        try:
            sessions[candidate.name()] = candidate.start(options, *rows_flag(options))
        except PeerFailed as failure:
            print(f"left out: {candidate.name()}: {failure}", file=sys.stderr)
    return sessions


def measure(participants: list[Candidate], options: argparse.Namespace) -> tuple[list[dict], list]:
    """One record a participant: interleaved medians, compile and import times, accuracy."""
    sessions = start_all(participants, options)
    try:
        replies, busy = interleave(sessions, options.rounds, options.limit + 180, options.quiet)
        records = []
        for candidate in participants:
            name = candidate.name()
            if name not in replies:
                continue
            session, median = sessions[name], median_s(replies[name])
            first = replies[name][0]["epoch_s"]
            records.append({
                "framework": candidate.framework, "variant": candidate.variant,
                "threads": candidate.threads, "precision": candidate.precision, "name": name,
                "median_s": median, "epochs_s": [r["epoch_s"] for r in replies[name][1:]],
                "cpu_s": statistics.median(r["cpu_s"] for r in replies[name][1:]),
                "import_s": session.ready["import_s"],
                "compile_s": session.ready["compile_s"] + max(0.0, first - median),
                "start_s": session.start_s, "versions": session.ready.get("versions", {}),
                "accuracy": session.evaluate(options.limit + 60)["accuracy"]})
        return records, busy
    finally:
        for session in sessions.values():
            session.close()


def run_jobs(participants: list[Candidate], records: list[dict],
             options: argparse.Namespace) -> None:
    """Adds job_s, the wall time of a whole job from the shell, to the fastest of each framework."""
    by_name = {c.name(): c for c in participants}
    for precision in options.precision:
        for framework in dict.fromkeys(r["framework"] for r in records):
            group = [r for r in records
                     if r["framework"] == framework and r["precision"] == precision]
            jobs = options.jobs
            if jobs is None:
                jobs = 0 if options.network in IMAGE_NETWORKS else 1
            if not group or not jobs:
                continue
            best = min(group, key=lambda r: r["median_s"])
            candidate, times = by_name[best["name"]], []
            for _ in range(jobs):
                started = time.perf_counter()
                subprocess.run(candidate.full_command(options, "--epochs", str(options.epochs),
                                                      *rows_flag(options)),
                               env=os.environ | dict(candidate.environment), check=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
                times.append(time.perf_counter() - started)
            best["job_s"] = min(times)


def tables(records: list[dict], options: argparse.Namespace) -> str:
    """One table a precision; ratios are peer over ours, and * marks the fastest peer."""
    text = ""
    for precision in options.precision:
        group = sorted((r for r in records if r["precision"] == precision),
                       key=lambda r: r["median_s"])
        own = next((r for r in group if r["framework"] == OURS), None)
        fastest = next((r for r in group if r["framework"] != OURS), None)
        rows = []
        for r in group:
            ratio = f"{r['median_s'] / own['median_s']:.2f}" if own else "-"
            cpu_ratio = f"{r['cpu_s'] / own['cpu_s']:.2f}" if own else "-"
            job = f"{r['job_s']:.1f}" if "job_s" in r else ""
            rows.append([
                r["framework"] + (" *" if r is fastest else ""), r["variant"], str(r["threads"]),
                f"{r['median_s']:.3f}", f"{min(r['epochs_s']):.3f}-{max(r['epochs_s']):.3f}", ratio,
                f"{r['cpu_s']:.2f}", cpu_ratio,
                f"{r['import_s']:.2f}", f"{r['compile_s']:.2f}", job, f"{r['accuracy']:.4f}"])
        header = ["", "variant", "threads", "epoch s (median)", "range", "ours = 1", "CPU s",
                  "ours = 1", "import s", "compile s", f"{options.epochs}-epoch job s", "test accuracy"]
        text += f"\n### {title(options)}, {precision}\n\n" + markdown(header, rows)
    return text


def title(options: argparse.Namespace) -> str:
    """The network, and what is special about this run of it."""
    words = [options.network] + ([] if options.augmentation == "none" else [options.augmentation])
    return "-".join(words + ([f"{options.rows}_rows"] if options.rows else []))


def processor() -> str:
    first_core = pathlib.Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    facts = {key.strip(): value.strip()
             for key, _, value in (line.partition(":") for line in first_core.split("\n"))}
    flags = facts.get("flags", "").split()
    has = [f for f in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if f in flags]
    return f"{facts.get('model name', 'unknown processor')}, {CORES} cores, {' '.join(has)}"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", help="folder of MNIST's .gz or CIFAR-10's .bin files; random "
                                       "bytes if absent")
    parser.add_argument("--network", choices=["mnist_mlp", "off_menu", *IMAGE_NETWORKS],
                        default="mnist_mlp")
    parser.add_argument("--augmentation", choices=["none", "crop_flip"], default="none",
                        help="of the residual networks' images")
    parser.add_argument("--rows", type=int, help="an epoch has only the first images")
    parser.add_argument("--peers", nargs="*", choices=ENVIRONMENTS, default=ENVIRONMENTS)
    parser.add_argument("--variants", nargs="+", help="try only these of each framework")
    parser.add_argument("--tune-again", action="store_true",
                        help="forget which variants were the best here")
    parser.add_argument("--threads", type=int, default=CORES)
    parser.add_argument("--precision", nargs="+", choices=PRECISIONS, default=list(PRECISIONS))
    parser.add_argument("--rounds", type=int, default=7, help="measured epochs of each")
    parser.add_argument("--keep", type=int, default=1, help="variants of a framework to measure")
    parser.add_argument("--jobs", type=int, default=None,
                        help="whole jobs of each; default 1, and none of convolutional networks")
    parser.add_argument("--epochs", type=int, default=20, help="length of a whole job")
    parser.add_argument("--limit", type=float, default=60, help="s an epoch may take")
    parser.add_argument("--quiet", type=float, default=30, help="s to wait for an idle machine")
    parser.add_argument("--binary", type=pathlib.Path,
                        default=ROOT / "build/release/carnyx_bench_epoch")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build/peers/report")
    return parser.parse_args()


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every process is closed
    options = parse()
    options.output.mkdir(parents=True, exist_ok=True)
    if options.peers:
        subprocess.run([HERE / "environments.sh", *options.peers], check=True)
    peers, tuning = tune(options)
    participants = [*ours(options), *peers]
    records, busy = measure(participants, options)
    run_jobs(participants, records, options)
    versions = {k: v for r in records for k, v in r["versions"].items()}
    report = f"{processor()}; Python {platform.python_version()}; " + ", ".join(
        f"{k} {v}" for k, v in versions.items())
    report += f"\nMachine busy before the rounds: at most {max(busy, default=0):.0%}.\n"
    report += tables(records, options)
    (options.output / f"{title(options)}.md").write_text(report)
    (options.output / f"{title(options)}.json").write_text(json.dumps(
        {"processor": processor(), "versions": versions, "busy": busy, "tuning": tuning,
         "records": records}, indent=1) + "\n")
    print(report)


if __name__ == "__main__":
    main()

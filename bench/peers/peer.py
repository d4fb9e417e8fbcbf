"""The side of the protocol (see run.py) that every Python peer shares."""

import argparse
import json
import os
import sys
import time
from typing import Callable, Protocol

import workload


class Trainer(Protocol):
    """A built network with its data resident, able to run one epoch at a time."""

    def epoch(self) -> float:
        """Trains one shuffled epoch to its end; returns the loss of the last step or the mean."""

    def accuracy(self) -> float:
        """Of the test set."""


Build = Callable[[workload.Network, workload.Data, argparse.Namespace], Trainer]


def arguments(description: str, variants: list[str]) -> argparse.Namespace:
    """Parses the command line and limits the process to its cores, before anything is imported."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--network", choices=workload.NETWORKS, default="mnist_mlp")
    parser.add_argument("--data", metavar="DIR",
                        help="MNIST's .gz files, CIFAR-10's .bin files; random bytes if absent")
    parser.add_argument("--precision", choices=["float32", "mixed_bfloat16"], default="float32")
    parser.add_argument("--float32-matmul-precision", choices=["highest", "high", "medium"],
                        default="highest")
    parser.add_argument("--augmentation", choices=["none", "crop_flip"], default="none",
                        help="of images: a random window of the padded one, mirrored or not, "
                             "standardised")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--variant", choices=variants, default=variants[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, help="train on the first images only")
    parser.add_argument("--epochs", type=int, help="run a whole job of this length, then exit")
    chosen = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: chosen.threads])
    return chosen


def say(**fields: object) -> None:
    print(json.dumps(fields), file=REPLIES, flush=True)


def timed_epoch(trainer: Trainer) -> dict[str, float]:
    started, cpu_started = time.perf_counter(), time.process_time()
    loss = trainer.epoch()
    return {"epoch_s": time.perf_counter() - started, "cpu_s": time.process_time() - cpu_started,
            "loss": loss}


def run(chosen: argparse.Namespace, import_s: float, versions: dict[str, str],
        build: Build) -> None:
    """Builds the trainer, then answers requests until the input ends or a whole job is done."""
    data = workload.load(chosen.network, chosen.data, chosen.rows)
    started = time.perf_counter()
    trainer = build(workload.NETWORKS[chosen.network], data, chosen)
    say(ready=True, import_s=import_s, compile_s=time.perf_counter() - started, versions=versions)
    if chosen.epochs is not None:
        for _ in range(chosen.epochs):
            reply = timed_epoch(trainer)
        say(**reply, accuracy=trainer.accuracy())
        return
    for request in map(str.strip, sys.stdin):
        if request == "epoch":
            say(**timed_epoch(trainer))
        elif request == "evaluate":
            say(accuracy=trainer.accuracy())
        else:
            sys.exit(f"unknown request {request!r}; expected 'epoch' or 'evaluate'")


# Replies own the real stdout; whatever a framework prints goes to stderr instead.
REPLIES = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

"""The participants: which framework in which variant, and the command that starts it."""

import argparse
import dataclasses
import os
import pathlib
import re

from session import Session

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CORES = len(os.sched_getaffinity(0))
IMAGE_NETWORKS = ("mnist_cnn", "resnet20", "resnet56")


@dataclasses.dataclass(frozen=True)
class Candidate:
    framework: str
    command: tuple[str, ...]
    variant: str
    precision: str  # a key of PRECISIONS
    threads: int = CORES
    environment: tuple[tuple[str, str], ...] = ()

    def name(self) -> str:
        how = ", ".join(filter(None, [self.variant, f"{self.threads} threads"]))
        return f"{self.framework} ({how}), {self.precision}"

    def full_command(self, options: argparse.Namespace, *extra: str) -> list[str]:
        variant = ["--variant", self.variant] if self.variant else []
        data = ["--data", options.data] if options.data else []
        augmentation = [] if options.augmentation == "none" else [
            "--augmentation", options.augmentation]
        return [*self.command, *variant, *data, *PRECISIONS[self.precision], *augmentation,
                "--network", options.network, "--threads", str(self.threads), *extra]

    def start(self, options: argparse.Namespace, *extra: str) -> Session:
        log = options.output / (re.sub(r"\W+", "_", self.name()) + ".log")
        return Session(self.full_command(options, *extra), log, dict(self.environment),
                       limit_s=options.limit + 300)


PRECISIONS = {
    "float32": ["--precision", "float32"],
    "float32 high": ["--precision", "float32", "--float32-matmul-precision", "high"],
    "float32 medium": ["--precision", "float32", "--float32-matmul-precision", "medium"],
    "mixed_bfloat16": ["--precision", "mixed_bfloat16"],
}


def variants(network: str) -> dict[str, list[str]]:
    """What is worth trying of each framework."""
    if network in IMAGE_NETWORKS:  # a step takes long: how many there are in a call matters little
        last = [f"{name}_channels_last" for name in ("eager", "compiled")]
        fused = [] if network == "mnist_cnn" else ["fused_channels_last"]  # Adadelta has none
        return {"Keras on TensorFlow": ["fit", "jit"], "TensorFlow": ["loop", "loop_jit"],
                "Keras on JAX": ["jit"], "JAX": ["scan", "steps"],
                "PyTorch": ["eager", "compiled", *last, *fused]}
    torch = ["eager", "compiled", "flat", "flat_compiled", "manual", "manual_compiled"]
    if network == "off_menu":
        torch.insert(1, "fused")  # on a CPU Adam has a fused kernel, RMSprop has none
    return {"Keras on TensorFlow": ["fit", "fit_32", "fit_all", "jit", "jit_32", "jit_all"],
            "TensorFlow": ["loop", "loop_jit"], "Keras on JAX": ["jit", "jit_32"],
            "JAX": ["scan"], "PyTorch": torch}


def candidates(options: argparse.Namespace) -> list[Candidate]:
    """Every peer that was asked for, in every variant worth trying."""
    # On a CPU only PyTorch gives the float32 matmul precision a meaning.
    both, all_four = ["float32", "mixed_bfloat16"], list(PRECISIONS)
    # Environment, script, Keras's backend.
    frameworks = {"Keras on TensorFlow": ("keras_tf", "peer_keras.py", "tensorflow"),
                  "TensorFlow": ("keras_tf", "peer_keras.py", "tensorflow"),
                  "Keras on JAX": ("keras_jax", "peer_keras.py", "jax"),
                  "JAX": ("keras_jax", "peer_jax.py", None),
                  "PyTorch": ("torch", "peer_torch.py", None)}
    found = []
    for framework, names in variants(options.network).items():
        environment, script, backend = frameworks[framework]
        if environment not in options.peers:
            continue
        command = (str(ROOT / "build/peers" / environment / "bin/python"), str(HERE / script))
        variables = (("KERAS_BACKEND", backend),) if backend else ()
        precisions = all_four if framework == "PyTorch" else both
        found += [Candidate(framework, command, name, precision, options.threads, variables)
                  for precision in precisions for name in names
                  if name in (options.variants or names)]
    return found

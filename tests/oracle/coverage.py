"""Compares docs/keras_coverage.txt with what the installed Keras has: lists every public layer, loss,
metric, optimizer, schedule, initializer, regularizer, constraint and callback, and whether it is here or why
not. Fails if Keras has a name that the list lacks, or the list one that Keras lacks."""

import inspect
import pathlib
import sys

import keras

LIST = pathlib.Path(__file__).resolve().parents[2] / "docs" / "keras_coverage.txt"
KINDS = {"layer": keras.layers, "loss": keras.losses, "metric": keras.metrics, "optimizer": keras.optimizers,
         "schedule": keras.optimizers.schedules, "initializer": keras.initializers,
         "regularizer": keras.regularizers, "constraint": keras.constraints,
         "callback": keras.callbacks}
# What others are derived from or kept in: there is nothing to have.
NOT_WORDS = {"Layer", "InputSpec", "Wrapper", "Loss", "Metric", "Optimizer", "LearningRateSchedule", "Initializer", "Regularizer",
             "Constraint", "Callback", "CallbackList", "OptimizerMap"}


def public_names(module) -> set[str]:
    """Its classes, each under its own name and not under its aliases too."""
    return {name for name, value in vars(module).items()
            if inspect.isclass(value) and name == value.__name__ and name not in NOT_WORDS}


def listed() -> dict[tuple[str, str], str]:
    entries = {}
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, name, state = line.split(maxsplit=2)
            entries[kind, name] = state
    return entries


def main() -> int:
    entries = listed()
    known = {(kind, name) for kind, module in KINDS.items() for name in public_names(module)}
    for kind, name in sorted(known | entries.keys(), key=lambda e: (list(KINDS).index(e[0]), e[1])):
        print(f"{kind:12} {name:36} {entries.get((kind, name), 'NOT IN THE LIST')}")
    for kind in KINDS:
        own = [state for (of, _), state in entries.items() if of == kind]
        print(f"{kind}: {sum(state == 'has' for state in own)} of {len(own)}")
    missing, gone = known - entries.keys(), entries.keys() - known
    for kind, name in sorted(missing):
        print(f"Keras {keras.__version__} has the {kind} {name}: add it to {LIST.name}",
              file=sys.stderr)
    for kind, name in sorted(gone):
        print(f"Keras {keras.__version__} has no {kind} {name}: take it out of {LIST.name}",
              file=sys.stderr)
    return 1 if missing or gone else 0


if __name__ == "__main__":
    sys.exit(main())

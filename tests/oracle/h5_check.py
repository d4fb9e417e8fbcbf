"""Whole-model HDF5 both ways between Carnyx and real Keras 3 and tf-keras: predictions, training on.

    python h5_check.py CARNYX

CARNYX is the program. Models of both Kerases with every common optimizer are saved as .h5; Carnyx
must predict what Keras predicted, and its own .h5 of them must load in both, predict the same within
1e-5 and train on. Where tf-keras is to find the optimizer's weights too, it finds every slot.
Prints a line for each model and PASS, or says what differs and leaves with 1.
"""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import warnings

import keras
import numpy as np
import tf_keras

TOLERANCE = 1e-5
ROWS, INPUTS, CLASSES = 64, 12, 4
PIXELS = np.random.default_rng(3).integers(0, 256, (ROWS, INPUTS), dtype=np.uint8)
X = PIXELS.astype("float32") / 255
Y = np.eye(CLASSES, dtype="float32")[np.random.default_rng(4).integers(0, CLASSES, ROWS)]


def optimizers(library) -> dict:
    o, schedules = library.optimizers, library.optimizers.schedules
    made = {"sgd": o.SGD(0.05), "sgd_momentum": o.SGD(0.05, momentum=0.9, nesterov=True),
            "rmsprop": o.RMSprop(), "rmsprop_centered": o.RMSprop(momentum=0.5, centered=True),
            "adam": o.Adam(), "adam_amsgrad": o.Adam(amsgrad=True), "adamw": o.AdamW(),
            "adamax": o.Adamax(), "nadam": o.Nadam(), "adadelta": o.Adadelta(1.0),
            "adagrad": o.Adagrad(), "clipped": o.Adam(clipnorm=0.5),
            "schedule": o.SGD(schedules.ExponentialDecay(0.1, 10, 0.5), momentum=0.5)}
    if library is tf_keras:
        old = tf_keras.optimizers.legacy
        made |= {"legacy_sgd": old.SGD(0.05), "legacy_adam_decay": old.Adam(0.01, decay=0.1),
                 "legacy_rmsprop": old.RMSprop(momentum=0.5), "legacy_nadam": old.Nadam()}
    return made


def trained(library, optimizer):
    layers = library.layers
    model = library.Sequential([
        layers.InputLayer((INPUTS,)),
        layers.Dense(8, activation="relu", kernel_regularizer="l2", kernel_initializer="he_normal"),
        layers.Dropout(0.2), layers.Reshape((2, 4)), layers.Flatten(),
        layers.Dense(8, kernel_constraint=library.constraints.MaxNorm(3.0)), layers.Activation("tanh"),
        layers.Dense(CLASSES, activation="softmax")])
    model.compile(optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, Y, batch_size=16, epochs=2, verbose=0)
    return model


def write_idx(path: pathlib.Path) -> None:
    path.write_bytes(struct.pack(">BBBBII", 0, 0, 8, 2, ROWS, INPUTS) + PIXELS.tobytes())


def carnyx(program: str, *arguments) -> str:
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"FAIL: carnyx {' '.join(map(str, arguments))}: {done.stderr}")
    if "begins anew" in done.stderr:
        sys.exit(f"FAIL: {done.stderr}")
    return done.stdout


def carnyx_predicts(program: str, model: pathlib.Path, samples: pathlib.Path) -> np.ndarray:
    lines = carnyx(program, "predict", model, samples, "--json").splitlines()
    return np.array([json.loads(line)["outputs"] for line in lines])


def difference(what: str, a: np.ndarray, b: np.ndarray) -> float:
    largest = float(np.abs(a - b).max())
    if a.shape != b.shape or not largest <= TOLERANCE:  # a NaN fails too
        sys.exit(f"FAIL: {what}: predictions differ by {largest}")
    return largest


def loads_and_trains(library, path: pathlib.Path, expected: np.ndarray) -> float:
    what = f"{library.__name__} {path.name}"
    model = library.models.load_model(path)
    largest = difference(what, model.predict(X, verbose=0), expected)
    before = [w.numpy() for w in model.trainable_variables]
    loss = model.fit(X, Y, batch_size=16, epochs=1, verbose=0).history["loss"][0]
    moved = all(not np.array_equal(w.numpy(), old)
                for w, old in zip(model.trainable_variables, before))
    if not np.isfinite(loss) or not moved:
        sys.exit(f"FAIL: {what}: it does not train on")
    return largest


def slots_by_weight(optimizer) -> dict:
    """Values by weight, in order: of Adam/m/dense/kernel:0, or of dense/kernel/m:0 as of old."""
    variables = optimizer.variables
    slots = {}
    for variable in variables() if callable(variables) else variables:
        parts = variable.name.split(":")[0].split("/")
        weight = parts[-2:] if parts[-1] in ("kernel", "bias") else parts[-3:-1]
        if variable.shape.rank > 0:
            slots.setdefault("/".join(weight), []).append(variable.numpy())
    return slots


def finds_slots(path: pathlib.Path, original) -> None:
    """tf-keras of the file against the model that it was made from."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model = tf_keras.models.load_model(path)
    found, expected = slots_by_weight(model.optimizer), slots_by_weight(original.optimizer)
    if isinstance(original.optimizer, tf_keras.optimizers.SGD) and not original.optimizer.momentum:
        expected = {}  # the new class has moments for nothing
    if int(model.optimizer.iterations) != int(original.optimizer.iterations) \
            or found.keys() != expected.keys() \
            or not all(np.array_equal(a, b) for key in found
                       for a, b in zip(found[key], expected[key], strict=True)):
        sys.exit(f"FAIL: {path.name}: tf-keras finds other optimizer's weights")


def check(program: str, library, name: str, optimizer, folder: pathlib.Path) -> None:
    stem = f"{library.__name__}_{name}"
    model, samples = trained(library, optimizer), folder / "x-idx2-ubyte"
    expected = model.predict(X, verbose=0)
    theirs, ours = folder / f"{stem}.h5", folder / f"{stem}_ours.h5"
    model.save(theirs)
    write_idx(samples)
    largest = [difference(f"carnyx {theirs.name}", carnyx_predicts(program, theirs, samples), expected)]
    carnyx(program, "convert", theirs, ours)
    # tf-keras knows AdamW by another name than Keras 3, as Custom>AdamW.
    loaders = (keras,) if name == "adamw" else (keras, tf_keras)
    largest += [loads_and_trains(loader, ours, expected) for loader in loaders]
    largest.append(difference(ours.name, carnyx_predicts(program, ours, samples), expected))
    if library is tf_keras and name != "adamw":
        whole = folder / f"{stem}_slots.h5"
        carnyx(program, "convert", theirs, whole, "--include-optimizer-weights")
        finds_slots(whole, model)
    old = folder / f"{stem}_old.h5"
    if name in ("sgd", "sgd_momentum", "rmsprop", "adam", "adamax", "adagrad", "legacy_sgd"):
        carnyx(program, "convert", theirs, old, "--keras-compat", "2.0")
        largest.append(loads_and_trains(tf_keras, old, expected))
    print(f"{stem}: largest difference {max(largest):.2g}")


def check_metrics(program: str, library, folder: pathlib.Path) -> None:
    """A regression with metrics that are no functions: both Kerases compile and measure by our file."""
    layers = library.layers
    model = library.Sequential([layers.InputLayer((INPUTS,)), layers.Dense(1, "softplus")])
    metrics = library.metrics
    model.compile("sgd", loss="mean_squared_error",
                  metrics=[metrics.RootMeanSquaredError(), metrics.MeanAbsoluteError(), metrics.Poisson(),
                           metrics.LogCoshError(), metrics.R2Score(), "mse"])
    y = X.sum(axis=1, keepdims=True)
    model.fit(X, y, epochs=1, verbose=0)
    expected = model.evaluate(X, y, verbose=0, return_dict=True)
    theirs, ours = folder / "metrics.h5", folder / "metrics_ours.h5"
    model.save(theirs)
    carnyx(program, "convert", theirs, ours)
    for loader in (keras, tf_keras):
        found = loader.models.load_model(ours).evaluate(X, y, verbose=0, return_dict=True)
        if not np.allclose(sorted(found.values()), sorted(expected.values()), rtol=1e-4):
            sys.exit(f"FAIL: {loader.__name__} measures {found} by our file, expected {expected}")
    print(f"{library.__name__}_metrics: the same in both")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    warnings.filterwarnings("ignore", message=".*HDF5.*")
    for library in (keras, tf_keras):
        for name, optimizer in optimizers(library).items():
            library.backend.clear_session()
            with tempfile.TemporaryDirectory() as folder:
                check(sys.argv[1], library, name, optimizer, pathlib.Path(folder))
        with tempfile.TemporaryDirectory() as folder:
            check_metrics(sys.argv[1], library, pathlib.Path(folder))
    print("PASS")


if __name__ == "__main__":
    main()

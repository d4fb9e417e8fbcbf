"""Every training step of real Keras, for our steps to be compared with, from equal state.

    python keras_steps.py --output DIR [--network small mlp] [--optimizer ...] [--dtype ...]
                           [--every-step]

For each network, optimizer and dtype it writes a folder DIR/NETWORK-OPTIMIZER-DTYPE:
    manifest.json      what follows, with names, shapes and offsets
    x.bin              [steps, batch, features], the dtype
    y.bin              [steps, batch] int32 labels
    losses.bin         [steps], the dtype: mean loss before each update
    state_SSSS.bin     all weights, then all slots, after SSSS updates, the dtype, flat
    gradients_SSSS.bin of step SSSS, in the weights' order
Everything is raw and little-endian. manifest["compare"] lists the steps s whose state_s, x[s],
y[s], gradients_s and state_(s+1) are all there; offsets count numbers, not bytes. The network is a
stack of Dense(relu) with a softmax on top, no dropout, sparse crossentropy; TensorFlow backend, no
XLA. float32 is Keras at its default; float64 tells rounding from a wrong formula.
"""

import argparse
import json
import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "bench" / "peers"))
import workload  # noqa: E402

BATCH_SIZE, STEPS = 32, 100
NETWORKS = {"small": (20, 16, 12, 5), "mlp": (784, 512, 512, 10)}
KEEP_EVERY = {"small": 1, "mlp": 10}  # the mlp's states are megabytes each
OPTIMIZERS = {
    "rmsprop": lambda: keras.optimizers.RMSprop(),
    "adam": lambda: keras.optimizers.Adam(),
    "sgd_momentum": lambda: keras.optimizers.SGD(learning_rate=0.01, momentum=0.9),
}


def examples(network: str, data: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Inputs [rows, features] float64 and labels [rows] int32: 64 rows for the small network."""
    if network == "mlp":
        loaded = workload.load("mnist_mlp", data)
        rows = BATCH_SIZE * STEPS
        return loaded.train_images[:rows] / np.float64(255), loaded.train_labels[:rows]
    rng = np.random.default_rng(7)
    x = rng.normal(size=(64, NETWORKS[network][0])).astype(np.float32).astype(np.float64)
    return x, rng.integers(0, NETWORKS[network][-1], 64, dtype=np.int32)


def batches(network: str, data: str | None, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    x, y = examples(network, data)
    picked = np.arange(STEPS * BATCH_SIZE).reshape(STEPS, BATCH_SIZE) % len(y)
    return x[picked].astype(np.float32).astype(dtype), y[picked]


def build(widths: tuple[int, ...]) -> keras.Model:
    keras.utils.set_random_seed(11)
    hidden = [keras.layers.Dense(units, activation="relu") for units in widths[1:-1]]
    return keras.Sequential([keras.layers.Input(widths[:1]), *hidden,
                             keras.layers.Dense(widths[-1], activation="softmax")])


def layout(variables: list, offset: int = 0) -> list[dict]:
    entries = []
    for variable in variables:
        entries.append({"name": variable.path, "shape": list(variable.shape), "offset": offset})
        offset += int(np.prod(variable.shape))
    return entries


def cast_exactly() -> None:
    """TensorFlow casts a Python number by way of float32; in float64 that moves 0.9 by 2e-8."""
    from keras.src import ops
    cast = ops.cast
    ops.cast = lambda x, dtype: tf.constant(x, dtype) if isinstance(x, (int, float)) else cast(x, dtype)


def dump(path: pathlib.Path, arrays: list) -> None:
    flat = [np.asarray(array).ravel() for array in arrays]
    assert len({array.dtype for array in flat}) == 1, f"{path}: one dtype expected"
    path.write_bytes(np.concatenate(flat).astype(flat[0].dtype.newbyteorder("<")).tobytes())


def record(folder: pathlib.Path, network: str, optimizer_name: str, dtype: str,
           data: str | None, keep_every: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)  # the default policy is fixed at its first use otherwise
    x, y = batches(network, data, dtype)
    model, optimizer = build(NETWORKS[network]), OPTIMIZERS[optimizer_name]()
    weights = model.trainable_variables
    optimizer.build(weights)
    slots = [v for v in optimizer.variables if v is not optimizer.iterations
             and v is not optimizer._learning_rate]
    loss_of = keras.losses.SparseCategoricalCrossentropy(dtype=dtype)
    compare = list(range(0, STEPS, keep_every))
    losses = []
    for step in range(STEPS):
        if step in compare or step - 1 in compare:
            dump(folder / f"state_{step:04}.bin", [*weights, *slots])
        with tf.GradientTape() as tape:
            loss = loss_of(y[step], model(tf.constant(x[step]), training=True))
        gradients = tape.gradient(loss, [w.value for w in weights])
        if step in compare:
            dump(folder / f"gradients_{step:04}.bin", gradients)
        optimizer.apply(gradients, weights)
        losses.append(np.asarray(loss))
    dump(folder / f"state_{STEPS:04}.bin", [*weights, *slots])
    for name, array in (("x", x), ("y", y), ("losses", np.stack(losses))):
        dump(folder / f"{name}.bin", [array])
    weights_end = sum(int(np.prod(w.shape)) for w in weights)
    manifest = {
        "versions": {"keras": keras.__version__, "tensorflow": tf.__version__},
        "network": network, "widths": NETWORKS[network], "dtype": dtype,
        "batch_size": BATCH_SIZE, "steps": STEPS, "compare": compare,
        "optimizer": {"class_name": type(optimizer).__name__, "config": optimizer.get_config()},
        "weights": layout(weights), "slots": layout(slots, weights_end)}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, default=float) + "\n")
    print(f"{folder}: loss {losses[0]:.4f} -> {losses[-1]:.4f}, {len(compare)} steps to compare")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, required=True, metavar="DIR")
    parser.add_argument("--data", metavar="DIR", help="MNIST for the mlp; random bytes if absent")
    parser.add_argument("--network", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--optimizer", nargs="+", choices=OPTIMIZERS, default=list(OPTIMIZERS))
    parser.add_argument("--dtype", nargs="+", choices=["float32", "float64"],
                        default=["float32", "float64"])
    parser.add_argument("--every-step", action="store_true",
                        help="compare each of the mlp's steps, not one in ten: a GB a folder")
    options = parser.parse_args()
    cast_exactly()
    for network in options.network:
        for optimizer in options.optimizer:
            for dtype in options.dtype:
                record(options.output / f"{network}-{optimizer}-{dtype}", network, optimizer, dtype,
                       options.data, 1 if options.every_step else KEEP_EVERY[network])


if __name__ == "__main__":
    main()

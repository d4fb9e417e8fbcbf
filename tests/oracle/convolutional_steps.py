"""Training steps of convolutional networks in real Keras 3, for keras_steps_check.

    python convolutional_steps.py --output DIR [--mnist DIR] [--cifar DIR]

Writes folders as keras_steps.py does, DIR/resnet20-sgd_momentum-DTYPE and
DIR/mnist_cnn-adadelta-DTYPE, float32 and float64 (fewer steps of fewer samples), with three
differences: the network is in model.json, as Keras
writes it; x.bin is [steps, batch, height, width, channels]; a state holds the trained weights, then
the moving statistics, then the slots. The loss is the mean crossentropy with all that regularizers
add. CIFAR: a folder with data_batch_1.bin; MNIST: one with the IDX .gz files; random pictures if
absent. No dropout, no augmentation; CIFAR's pictures are standardised one by one.
"""

import argparse
import json
import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf

sys.path.append(str(pathlib.Path(__file__).resolve().parent))
sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "bench" / "peers"))
import convolutional  # noqa: E402
import keras_steps  # noqa: E402
import workload  # noqa: E402

BATCH_SIZE = {"float32": 32, "float64": 4}
CIFAR_RECORD = 3073


def cifar(folder: str | None, rows: int) -> tuple[np.ndarray, np.ndarray]:
    if folder is None:
        rng = np.random.default_rng(7)
        records = rng.integers(0, 256, (rows, CIFAR_RECORD), dtype=np.uint8)
        records[:, 0] %= 10
    else:
        data = (pathlib.Path(folder) / "data_batch_1.bin").read_bytes()
        records = np.frombuffer(data, np.uint8).reshape(-1, CIFAR_RECORD)[:rows]
    x = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).astype(np.float64)
    mean = x.mean(axis=(1, 2, 3), keepdims=True)
    deviation = np.maximum(x.std(axis=(1, 2, 3), keepdims=True), 1 / np.sqrt(3072))
    return ((x - mean) / deviation).astype(np.float32), records[:, 0].astype(np.int32)


def mnist(folder: str | None, rows: int) -> tuple[np.ndarray, np.ndarray]:
    loaded = workload.load("mnist_mlp", folder)
    x = (loaded.train_images[:rows] / np.float64(255)).reshape(-1, 28, 28, 1)
    return x.astype(np.float32), loaded.train_labels[:rows].astype(np.int32)


def record(folder: pathlib.Path, model: keras.Model, optimizer, x: np.ndarray, y: np.ndarray,
           steps: int, keep_every: int, dtype: str) -> None:
    batch_size = BATCH_SIZE[dtype]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(model.to_json())
    weights, statistics = model.trainable_variables, model.non_trainable_variables
    optimizer.build(weights)
    slots = [v for v in optimizer.variables if v is not optimizer.iterations
             and v is not optimizer._learning_rate]
    state = [*weights, *statistics, *slots]
    loss_of = keras.losses.SparseCategoricalCrossentropy(dtype=dtype)
    x, y = (a[:steps * batch_size].reshape(steps, batch_size, *a.shape[1:])
            for a in (x.astype(dtype), y))
    compare, losses = list(range(0, steps, keep_every)), []
    for step in range(steps):
        if step in compare or step - 1 in compare:
            keras_steps.dump(folder / f"state_{step:04}.bin", state)
        with tf.GradientTape() as tape:
            loss = loss_of(y[step], model(tf.constant(x[step]), training=True)) + sum(model.losses)
        gradients = tape.gradient(loss, [w.value for w in weights])
        if step in compare:
            keras_steps.dump(folder / f"gradients_{step:04}.bin", gradients)
        optimizer.apply(gradients, weights)
        losses.append(np.asarray(loss))
    keras_steps.dump(folder / f"state_{steps:04}.bin", state)
    for name, array in (("x", x), ("y", y), ("losses", np.stack(losses))):
        keras_steps.dump(folder / f"{name}.bin", [array])
    kept = keras_steps.layout([*weights, *statistics])
    end = sum(int(np.prod(v.shape)) for v in [*weights, *statistics])
    manifest = {
        "versions": {"keras": keras.__version__, "tensorflow": tf.__version__},
        "model": "model.json", "input_shape": list(x.shape[2:]), "classes": 10, "dtype": dtype,
        "batch_size": batch_size, "steps": steps, "compare": compare,
        "optimizer": {"class_name": type(optimizer).__name__, "config": optimizer.get_config()},
        "weights": kept, "slots": keras_steps.layout(slots, end)}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, default=float) + "\n")
    print(f"{folder}: loss {losses[0]:.4f} -> {losses[-1]:.4f}, {len(compare)} steps to compare")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, required=True, metavar="DIR")
    parser.add_argument("--mnist", metavar="DIR")
    parser.add_argument("--cifar", metavar="DIR")
    options = parser.parse_args()
    keras_steps.cast_exactly()
    for dtype, resnet_steps, cnn_steps, keep_every in (("float32", 50, 20, 4), ("float64", 2, 5, 1)):
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)
        batch_size = BATCH_SIZE[dtype]
        keras.utils.clear_session()
        keras.utils.set_random_seed(11)
        record(options.output / f"resnet20-sgd_momentum-{dtype}", convolutional.resnet(20),
               keras.optimizers.SGD(learning_rate=0.1 * batch_size / 128, momentum=0.9),
               *cifar(options.cifar, resnet_steps * batch_size), resnet_steps, 1, dtype)
        keras.utils.clear_session()
        record(options.output / f"mnist_cnn-adadelta-{dtype}", convolutional.mnist_cnn(dropout=False),
               keras.optimizers.Adadelta(learning_rate=1.0),
               *mnist(options.mnist, cnn_steps * batch_size), cnn_steps, keep_every, dtype)


if __name__ == "__main__":
    main()

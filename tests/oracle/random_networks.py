"""Random networks of all layers of convolutional networks, as real Keras 3 builds, saves and differentiates them.

    python random_networks.py --output DIR [--count 40] [--seed 1]
    python random_networks.py --again DIR

For each seed it writes DIR/SEED.keras, a model in float32, and DIR/SEED.json with an x and, computed in float64 with the
same weights: "inference" and "training", what the model makes of x; "slopes", the gradients of
sum(coefficients * output) with respect to the trainable weights, in training unless something in it is random; "moved",
the other weights after that one training call. random_networks_check.cpp compares, and saves
each model itself; --again loads those files in Keras 3, and the .h5 in tf-keras too, and compares what they infer.
"""

import argparse
import json
import pathlib
import sys

import golden
import keras
import numpy as np
import tensorflow as tf
import tf_keras
from keras import layers, regularizers

ROWS = 3
ACTIVATIONS = ["linear", "relu", "tanh", "sigmoid", "elu", "gelu", "silu", "softplus", "leaky_relu", "relu6", "selu"]


class Draw:
    """A network's choices; the same from the same seed."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)
        self.resizes = self.rng.random() < 0.3  # TensorFlow resizes without XLA, and needs it for what follows

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def one_of(self, items):
        return items[int(self.rng.integers(len(items)))]

    def number(self, low: int, high: int) -> int:
        return int(self.rng.integers(low, high + 1))

    def layout(self) -> str:
        return "channels_first" if not self.resizes and self.chance(0.15) else "channels_last"

    def window(self) -> dict:
        kernel = [self.number(1, 3), self.number(1, 3)]
        options = {"kernel_size": self.one_of([kernel, kernel[0]]), "padding": "same",
                   "data_format": self.layout(), "activation": self.one_of(ACTIVATIONS),
                   "use_bias": self.chance(0.7)}
        if options["data_format"] == "channels_first":  # Keras 3.15 may take a bias for one of columns
            options["use_bias"] = False
        if self.chance(0.4):
            options["strides"] = self.number(1, 2)
        elif not self.resizes and self.chance(0.5):
            options["dilation_rate"] = self.number(1, 2)
        return options

    def penalty(self):
        return regularizers.L2(0.01) if self.chance(0.2) else None


def spatial(draw: Draw, shape: tuple) -> list:
    """Constructors of layers that fit an image of this shape."""
    height, width, channels = shape[1:]
    options, trainable = draw.window(), not draw.chance(0.15)
    first = options["data_format"] == "channels_first"
    inputs = height if first else channels
    groups = draw.one_of([g for g in (1, 2, 3) if inputs % g == 0])
    valid = not first and min(height, width) >= 3 and draw.chance(0.4)
    if valid and options.get("dilation_rate", 1) == 1:
        options["padding"] = "valid"
    pool = {"pool_size": draw.number(1, 3), "strides": draw.one_of([None, 1, 2]), "padding": "same",
            "data_format": options["data_format"]}
    smaller = (width, channels) if first else (height, width)
    crop = [[draw.number(0, 1), 0] if extent > 2 else [0, 0] for extent in smaller]
    depthwise = {**options, "strides": max(options.get("strides", 1), 1)}
    return [
        lambda: layers.Conv2D(groups * draw.number(1, 3), groups=groups, trainable=trainable,
                              kernel_regularizer=draw.penalty(), **options),
        lambda: layers.DepthwiseConv2D(depth_multiplier=draw.number(1, 2), trainable=trainable, **depthwise),
        lambda: layers.SeparableConv2D(draw.number(1, 4), depth_multiplier=draw.number(1, 2), **depthwise),
        lambda: layers.Conv2DTranspose(draw.number(1, 3), trainable=trainable, **options),
        lambda: layers.MaxPooling2D(**pool), lambda: layers.AveragePooling2D(**pool),
        lambda: layers.BatchNormalization(axis=draw.one_of([-1, 1, 2, 3]), momentum=0.9, epsilon=0.01, trainable=trainable,
                                          center=draw.chance(0.8), scale=draw.chance(0.8)),
        lambda: layers.BatchNormalization(momentum=0.5),
        lambda: layers.ZeroPadding2D(((draw.number(0, 1), 1), (1, draw.number(0, 1))), data_format=options["data_format"]),
        lambda: layers.Cropping2D(crop, data_format=options["data_format"]),
        lambda: layers.UpSampling2D((draw.number(1, 2), draw.number(1, 2)), data_format=options["data_format"],
                                    interpolation="bilinear" if draw.resizes else "nearest"),
        lambda: layers.Permute(draw.one_of([(2, 1, 3), (1, 2, 3), (3, 2, 1)])),
        lambda: layers.SpatialDropout2D(draw.one_of([0.0, 0.0, 0.3])),
        lambda: layers.Dropout(draw.one_of([0.0, 0.0, 0.3]), noise_shape=draw.one_of([None, (None, 1, 1, None)])),
        lambda: layers.ReLU(draw.one_of([None, 6.0, 1.0]), negative_slope=draw.one_of([0.0, 0.1])),
        lambda: layers.LeakyReLU(negative_slope=0.2), lambda: layers.ELU(0.5),
        lambda: layers.PReLU(shared_axes=draw.one_of([None, [1, 2]])), lambda: layers.Softmax(axis=draw.one_of([-1, 1])),
        lambda: layers.LayerNormalization(), lambda: layers.Rescaling(0.5, 0.25),
    ]


def network(seed: int, dtype: str) -> keras.Model:
    keras.config.set_dtype_policy(dtype)
    draw = Draw(seed)
    shape = (None, draw.number(4, 7), draw.number(4, 7), draw.number(1, 4))
    model = keras.Sequential([layers.Input(shape[1:])])
    for _ in range(draw.number(3, 8)):
        if np.prod(shape[1:]) < 2000:
            model.add(draw.one_of(spatial(draw, shape))())
            shape = model.output_shape
    model.add(draw.one_of([
        lambda: layers.Flatten(data_format=draw.layout()), lambda: layers.GlobalAveragePooling2D(),
        lambda: layers.GlobalMaxPooling2D(), lambda: layers.GlobalAveragePooling2D(keepdims=True)])())
    model.add(layers.Dense(draw.number(2, 4), activation=draw.one_of(["linear", "softmax", "tanh"])))
    return model


def is_random(model: keras.Model) -> bool:
    return any(getattr(layer, "rate", 0) > 0 for layer in model.layers)


def differentiated(model: keras.Model, x: np.ndarray, coefficients: np.ndarray, xla: bool) -> dict:
    dtype = model.compute_dtype
    x, coefficients = tf.constant(x, dtype), tf.constant(coefficients, dtype)

    @tf.function(jit_compile=xla)
    def infer():
        return model(x, training=False)

    @tf.function(jit_compile=xla)
    def train():
        with tf.GradientTape() as tape:
            y = model(x, training=not is_random(model))
            loss = tf.reduce_sum(y * coefficients)
        return y, tape.gradient(loss, [w.value for w in model.trainable_weights],
                                unconnected_gradients="zero")

    inference = infer()
    training, slopes = train()
    return {"inference": inference.numpy(), "training": training.numpy(), "slopes": [s.numpy() for s in slopes],
            "moved": [w.numpy() for w in model.non_trainable_weights]}


def write(folder: pathlib.Path, seed: int) -> None:
    keras.backend.clear_session()
    single, double = network(seed, "float32"), network(seed, "float64")
    rng = np.random.default_rng(seed + 10_000)
    for weight, wide in zip(single.weights, double.weights, strict=True):
        low = 0.5 if "variance" in weight.name else -1
        numbers = rng.uniform(low, 1.5, weight.shape).astype("float32")
        weight.assign(numbers)
        wide.assign(numbers.astype("float64"))
    x = rng.normal(0.2, 1.0, (ROWS, *single.input_shape[1:])).astype("float32")
    coefficients = rng.uniform(-1, 1, (ROWS, *single.output_shape[1:])).astype("float32")
    single.save(folder / f"{seed}.keras")
    names = [f"{layer.name}/{w.name}" for layer in single.layers for w in layer.trainable_weights]
    others = [f"{layer.name}/{w.name}" for layer in single.layers for w in layer.non_trainable_weights]
    expected = differentiated(double, x.astype("float64"), coefficients.astype("float64"), not Draw(seed).resizes)
    (folder / f"{seed}.json").write_text(json.dumps({
        "seed": seed, "layers": [type(layer).__name__ for layer in single.layers],
        "is_random": is_random(single), "resizes": Draw(seed).resizes, "x": golden.numbers(x),
        "coefficients": golden.numbers(coefficients),
        "inference": golden.numbers(expected["inference"]), "training": golden.numbers(expected["training"]),
        "slopes": [[n, golden.numbers(s)] for n, s in zip(names, expected["slopes"], strict=True)],
        "moved": [[n, golden.numbers(s)] for n, s in zip(others, expected["moved"], strict=True)]}))


def again(folder: pathlib.Path) -> bool:
    """Whether the files that Carnyx wrote infer what was recorded."""
    fine, count = True, 0
    for path in sorted(folder.glob("*.again.*")):
        expected = json.loads((folder / f"{path.name.split('.')[0]}.json").read_text())
        for library in (keras,) if path.suffix == ".keras" else (keras, tf_keras):
            count += 1
            try:
                model = library.models.load_model(path, compile=False)
                infer = tf.function(lambda x, model=model: model(x, training=False), jit_compile=not expected["resizes"])
                found = infer(tf.constant(expected["x"], "float32")).numpy()
                wanted = np.array(expected["inference"])
                distance = float(np.abs(found - wanted).max() / max(1.0, np.abs(wanted).max()))
            except Exception as error:  # noqa: BLE001: what Keras complains of is the finding
                distance = f"{type(error).__name__}: {str(error)[:300]}"
            if not isinstance(distance, float) or not distance <= 1e-5:
                fine = False
                print(f"DISAGREES {path.name} in {library.__name__}: {distance}")
    print(f"{count} loads of Carnyx's files: {'PASS' if fine and count else 'FAIL'}")
    return fine and count > 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--again", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.again:
        keras.config.set_dtype_policy("float32")
        sys.exit(0 if again(options.again) else 1)
    options.output.mkdir(parents=True, exist_ok=True)
    for seed in range(options.seed, options.seed + options.count):
        write(options.output, seed)


if __name__ == "__main__":
    main()

"""tests/golden/image_layers.json: outputs and gradients of Keras's layers of convolutional networks, with all
options, in float64 and, as far as they differ from it, in float32.

A case is one layer on two samples: its config, its weights, x, what it makes of x at inference, and in training the
gradient of a weighted sum of the output with respect to x and every trainable weight. Of layers with moving
statistics also those, after two training calls on x and on 2x + 1.
"""

import json

import golden
import keras
import numpy as np
import tensorflow as tf
from keras import constraints, initializers, layers, regularizers

FIRST = "channels_first"
IMAGE, TURNED = (4, 5, 2), (2, 4, 5)


def convolutions() -> list[tuple]:
    conv, deep, apart, back = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D,
                               layers.Conv2DTranspose)
    cases = [(IMAGE, lambda k=k, s=s, p=p: conv(3, k, strides=s, padding=p))
             for k in ((3, 3), (2, 2), (4, 3), 1) for s in (1, 2, (2, 1)) for p in ("valid", "same")]
    return cases + [
        (IMAGE, lambda: conv(2, 2, dilation_rate=2)),
        (IMAGE, lambda: conv(2, 3, dilation_rate=(2, 3), padding="same", use_bias=False)),
        (IMAGE, lambda: conv(4, 3, groups=2, activation="relu")),
        ((5, 4, 6), lambda: conv(6, 2, groups=3, padding="same", strides=2, activation="tanh")),
        ((5, 5, 1), lambda: conv(2, 3, activation="gelu",
                                 kernel_regularizer=regularizers.L2(0.1),
                                 bias_regularizer=regularizers.L1(0.2),
                                 activity_regularizer=regularizers.L1L2(0.1, 0.2),
                                 kernel_constraint=constraints.MaxNorm(1.0, axis=[0, 1, 2]),
                                 bias_constraint=constraints.NonNeg())),
        (IMAGE, lambda: deep(3)), (IMAGE, lambda: deep(2, padding="same", depth_multiplier=3)),
        (IMAGE, lambda: deep((3, 2), strides=2, padding="same", activation="elu")),
        (IMAGE, lambda: deep(2, dilation_rate=2, use_bias=False)),
        (IMAGE, lambda: apart(3, 3)), (IMAGE, lambda: apart(3, 2, depth_multiplier=2, strides=2, padding="same")),
        (IMAGE, lambda: apart(4, 2, dilation_rate=2, activation="sigmoid", use_bias=False)),
        (IMAGE, lambda: back(3, 3)), (IMAGE, lambda: back(2, (2, 3), padding="same")),
        (IMAGE, lambda: back(2, 3, strides=2)), (IMAGE, lambda: back(2, 3, strides=2, padding="same")),
        (IMAGE, lambda: back(2, 2, strides=3)), (IMAGE, lambda: back(2, 2, strides=3, output_padding=(2, 1))),
        (IMAGE, lambda: back(2, 3, strides=2, output_padding=1, padding="same")),
        (IMAGE, lambda: back(2, 2, strides=2, padding="same", activation="relu", use_bias=False)),
    ]


def firsts() -> list[tuple]:
    """TensorFlow computes few of them on CPUs but under XLA. Where an image is as wide as there are filters Keras 3.15
    takes a bias for one of columns: no such case here."""
    return [(TURNED, make) for make in (
        lambda: layers.Conv2D(4, 3, padding="same", strides=2, data_format=FIRST),
        lambda: layers.Conv2D(3, 2, data_format=FIRST, activation="softmax"),
        lambda: layers.DepthwiseConv2D(2, data_format=FIRST),
        lambda: layers.SeparableConv2D(3, 2, data_format=FIRST, padding="same"),
        lambda: layers.Conv2DTranspose(3, 3, strides=2, padding="same", data_format=FIRST),
        lambda: layers.MaxPooling2D(2, padding="same", data_format=FIRST),
        lambda: layers.AveragePooling2D(2, padding="same", data_format=FIRST),
        lambda: layers.GlobalMaxPooling2D(data_format=FIRST),
        lambda: layers.GlobalMaxPooling2D(data_format=FIRST, keepdims=True),
        lambda: layers.GlobalAveragePooling2D(data_format=FIRST),
        lambda: layers.GlobalAveragePooling2D(data_format=FIRST, keepdims=True),
        lambda: layers.ZeroPadding2D(((0, 2), (1, 0)), data_format=FIRST),
        lambda: layers.Cropping2D(((1, 0), (1, 2)), data_format=FIRST),
        lambda: layers.UpSampling2D((2, 3), data_format=FIRST),
        lambda: layers.UpSampling2D((2, 3), data_format=FIRST, interpolation="bilinear"),
        lambda: layers.BatchNormalization(axis=1),
        lambda: layers.Flatten(data_format=FIRST))]


def pools() -> list[tuple]:
    cases = [((5, 5, 2), lambda k=k, s=s, p=p, kind=kind: kind(k, strides=s, padding=p))
             for kind in (layers.MaxPooling2D, layers.AveragePooling2D)
             for k, s in ((2, None), (3, 2), ((2, 3), 1), ((3, 2), (2, 3))) for p in ("valid", "same")]
    return cases + [(IMAGE, make) for make in (
        lambda: layers.GlobalMaxPooling2D(), lambda: layers.GlobalMaxPooling2D(keepdims=True),
        lambda: layers.GlobalAveragePooling2D(), lambda: layers.GlobalAveragePooling2D(keepdims=True))]


def others() -> list[tuple]:
    norm, up = layers.BatchNormalization, layers.UpSampling2D
    images = [(IMAGE, make) for make in (
        lambda: norm(), lambda: norm(momentum=0.5, epsilon=0.1), lambda: norm(center=False),
        lambda: norm(scale=False), lambda: norm(center=False, scale=False), lambda: norm(axis=2),
        lambda: norm(trainable=False),
        lambda: norm(beta_initializer="ones", gamma_initializer=initializers.Constant(0.5),
                     moving_mean_initializer="ones", moving_variance_initializer=initializers.Constant(2.0),
                     beta_regularizer=regularizers.L1(0.1), gamma_regularizer=regularizers.L2(0.1),
                     beta_constraint=constraints.NonNeg(), gamma_constraint=constraints.MaxNorm(1.0)),
        lambda: layers.ZeroPadding2D(), lambda: layers.ZeroPadding2D((1, 2)),
        lambda: layers.ZeroPadding2D(((0, 1), (2, 0))), lambda: layers.Cropping2D(1),
        lambda: layers.Cropping2D(((1, 0), (2, 1))), lambda: up(), lambda: up((3, 2)), lambda: up(2, interpolation="bilinear"),
        lambda: up((3, 5), interpolation="bilinear"), lambda: layers.Permute((3, 1, 2)), lambda: layers.Permute((2, 1, 3)),
        lambda: layers.PReLU(alpha_initializer=initializers.Constant(0.3)), lambda: layers.PReLU(shared_axes=[1, 2]),
        lambda: layers.Softmax(), lambda: layers.Softmax(axis=1), lambda: layers.Softmax(axis=[1, 2]))]
    return images + [((7,), make) for make in (
        lambda: norm(), lambda: norm(trainable=False, scale=False),
        lambda: layers.ReLU(), lambda: layers.ReLU(6.0), lambda: layers.ReLU(1.5), lambda: layers.ReLU(negative_slope=0.1),
        lambda: layers.ReLU(threshold=0.4), lambda: layers.ReLU(1.0, 0.2, 0.4), lambda: layers.ReLU(1.0, 0.2),
        lambda: layers.LeakyReLU(), lambda: layers.LeakyReLU(negative_slope=0.1), lambda: layers.ELU(),
        lambda: layers.ELU(0.5), lambda: layers.PReLU(), lambda: layers.Softmax())]


def random_weights(layer: keras.Layer, rng: np.random.Generator) -> None:
    for weight in layer.weights:
        low = 0.5 if "variance" in weight.name else -1
        weight.assign(rng.uniform(low, 1.5, weight.shape).astype("float32"))


def run(layer: keras.Layer, x: np.ndarray, slope: np.ndarray) -> dict:
    """What the layer does with x, in its own precision."""
    dtype = layer.compute_dtype
    x = tf.constant(x, dtype)
    resizes = isinstance(layer, layers.UpSampling2D)  # XLA's gradient of that reads what nobody wrote

    @tf.function(jit_compile=not resizes)
    def call(x, training):
        return layer(x, training=training)

    @tf.function(jit_compile=not resizes)
    def differentiate(x):
        weights = [w.value for w in layer.trainable_weights]
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=True)
            loss = tf.reduce_sum(y * tf.constant(slope, dtype))
        return y, tape.gradient(loss, [x, *weights])

    inference = call(x, False)
    before = [w.numpy() for w in layer.non_trainable_weights]
    training, gradients = differentiate(x)
    result = {"inference": inference, "training": training, "slopes": gradients}
    if before:
        call(2 * x + 1, True)
        result["moved"] = [w.numpy() for w in layer.non_trainable_weights]
        for weight, numbers in zip(layer.non_trainable_weights, before):
            weight.assign(numbers)
    return {key: golden.numbers(value) if not isinstance(value, list) else [golden.numbers(v) for v in value]
            for key, value in result.items()}


def rounded(values, digits: int):
    if isinstance(values, dict):
        return {key: rounded(value, digits) for key, value in values.items()}
    return [rounded(v, digits) for v in values] if isinstance(values, list) else float(f"{values:.{digits}g}")


def flat(values) -> list[float]:
    if isinstance(values, dict):
        values = list(values.values())
    return [values] if not isinstance(values, list) else [x for v in values for x in flat(v)]


def largest_difference(a: dict, b: dict) -> float:
    return max(abs(x - y) for x, y in zip(flat(a), flat(b), strict=True))


def case(shape: tuple, make, seed: int) -> dict:
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(0.2, 1.0, (2, *shape)), 3)
    runs, weights, config = {}, [], None
    for dtype in ("float64", "float32"):
        keras.config.set_dtype_policy(dtype)
        layer = make()
        layer.build((2, *shape))
        draws = np.random.default_rng(seed + 1000)
        random_weights(layer, draws)
        weights = [[w.name, golden.numbers(w.numpy().astype("float32"))] for w in layer.weights]
        slope = np.round(draws.uniform(-1, 1, layer.compute_output_shape(x.shape)), 3)
        runs[dtype] = run(layer, x, slope)
        config = keras.saving.serialize_keras_object(layer)
    config["config"]["dtype"] = "float32"
    assert all(isinstance(x, float) for x in flat(runs["float64"])), config
    difference = largest_difference(runs["float64"], runs["float32"])
    assert difference < 3e-5, f"{config}: {difference}"
    return {"layer": {"class_name": config["class_name"], "config": json.loads(json.dumps(config["config"]))},
            "x": golden.numbers(x), "slope": golden.numbers(slope), "weights": weights,
            "float64": rounded(runs["float64"], 9), "float32_differs_by": float(f"{difference:.1e}")}


def main() -> None:
    cases = [case(shape, make, seed)
             for seed, (shape, make) in enumerate([*convolutions(), *firsts(), *pools(), *others()])]
    golden.write("image_layers", __file__, cases,
                 "float64: of layers in double precision (but TensorFlow resizes images in float32); "
                 "float32_differs_by: the farthest that the same in float32 is from it.")


if __name__ == "__main__":
    main()

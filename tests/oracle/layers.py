"""tests/golden/layers.json: outputs and whole runs of Keras's preprocessing and normalizing layers, with
all options, of some convolutional networks, and a .keras file of theirs for tests/saving.

A case is a small network on six rows: what it predicts, the loss of two epochs of SGD, and all
weights before and after. Noise is random and therefore only in the file, where it is silent.
"""

import json

import golden
import keras
import numpy as np
from keras import constraints, layers, regularizers

FILE = "k315_layers.keras"
ROWS, BATCH = 6, 4


def adapted(shape: list[int], **options):
    """A Normalization that knows data of its own."""
    layer = layers.Normalization(**options)
    layer.adapt(np.random.default_rng(3).normal(1.5, 2.0, (20, *shape)).astype("float32"))
    return layer


def networks() -> list[tuple[list[int], list]]:
    """The samples' shape and the layers."""
    dense, norm = layers.Dense, layers.LayerNormalization
    image = [2, 3]
    flat = [layers.Flatten(), dense(2)]
    single = [
        (layers.Rescaling(1 / 255, -0.5), [3]),
        (layers.Rescaling([1.0, 2.0, 0.5], [0.5, 0.0, -1.0]), [3]),
        (adapted([3]), [3]),
        (adapted([3], invert=True), [3]),
        (layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[0.5, 1.0, 2.0]), [3]),
        (norm(), [3]), (norm(epsilon=0.1), [3]), (norm(center=False), [3]), (norm(scale=False), [3]),
        (norm(center=False, scale=False), [3]), (norm(rms_scaling=True), [3]), (norm(), [40]),
        (norm(beta_regularizer=regularizers.L1(0.1), gamma_regularizer=regularizers.L2(0.1),
              beta_constraint=constraints.NonNeg(), gamma_constraint=constraints.MaxNorm(1.0),
              beta_initializer="ones", gamma_initializer=keras.initializers.Constant(0.5)), [3]),
    ]
    of_images = [
        layers.Rescaling([1.0, 2.0, 0.5]), layers.Rescaling(0.5, [0.5, 0.0, -1.0]),
        adapted(image), adapted(image, axis=None), adapted(image, axis=1),
        adapted(image, axis=(1, 2)), adapted(image, axis=(-1, 1), invert=True),
        layers.Normalization(axis=None, mean=1.5, variance=0.5),
        layers.Normalization(axis=(1, 2), mean=[1.0, 2.0, 3.0], variance=[0.5, 1.0, 2.0]),
        norm(), norm(axis=[1, 2]), norm(axis=1), norm(axis=[-2, -1], scale=False),
        norm(axis=1, rms_scaling=True), layers.ActivityRegularization(0.1, 0.2),
    ]
    between = [layers.ActivityRegularization(l1=0.3, l2=0.2), layers.ActivityRegularization(l2=0.5),
               norm(), layers.Rescaling(2.0, 1.0)]
    batch_norm, penalty = layers.BatchNormalization, regularizers.L2(0.1)
    convolutional = [
        [layers.Conv2D(3, 3, padding="same", kernel_regularizer=penalty), batch_norm(momentum=0.5), layers.ReLU(),
         layers.MaxPooling2D(), layers.Flatten(), dense(2)],
        [layers.Conv2D(3, 2, trainable=False, kernel_regularizer=penalty), batch_norm(trainable=False),
         layers.PReLU(shared_axes=[1, 2]), layers.GlobalAveragePooling2D(), dense(2)],
        [layers.DepthwiseConv2D(2, depth_multiplier=2, activation="relu"), batch_norm(axis=1),
         layers.AveragePooling2D(2), layers.Flatten(), dense(2)],
    ]
    return ([(shape, [layer, dense(2)]) for layer, shape in single] +
            [(image, [layer, *flat]) for layer in of_images] +
            [([3], [dense(5, activation="tanh"), layer, dense(2)]) for layer in [*between, batch_norm()]] +
            [([4, 4, 2], stack) for stack in convolutional])


def made(shape: list[int], stack: list, seed: int) -> keras.Model:
    """The network with weights drawn here, but for what a Normalization has learned."""
    model = keras.Sequential([layers.Input(shape), *stack])
    rng = np.random.default_rng(seed)
    for weight in model.trainable_weights:
        weight.assign(rng.uniform(-1, 1, weight.shape).astype("float32"))
    return model


def weights_of(model: keras.Model) -> list:
    return [[f"{layer.name}/{weight.name}", golden.numbers(weight.numpy())]
            for layer in model.layers for weight in layer.weights]


def case(shape: list[int], stack: list, seed: int) -> dict:
    model = made(shape, stack, seed)
    rng = np.random.default_rng(100 + seed)
    x = rng.normal(0.5, 1.5, (ROWS, *shape)).astype("float32")
    y = rng.uniform(-1, 1, (ROWS, 2)).astype("float32")
    before = weights_of(model)
    predicted = model.predict(x, verbose=0)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    evaluated = model.evaluate(x, y, batch_size=BATCH, verbose=0)
    history = model.fit(x, y, batch_size=BATCH, epochs=2, shuffle=False, verbose=0)
    return {"network": json.loads(model.to_json()), "x": golden.numbers(x), "y": golden.numbers(y),
            "before": before, "predicted": golden.numbers(predicted), "evaluated": evaluated,
            "losses": history.history["loss"], "after": weights_of(model)}


def file_case() -> dict:
    """A model of all these layers, trained for an epoch and saved."""
    keras.utils.set_random_seed(5)
    model = made([5], [
        adapted([5]), layers.GaussianNoise(0.1, seed=3), layers.Dense(4, activation="relu"),
        layers.LayerNormalization(), layers.ActivityRegularization(l1=0.01),
        layers.Rescaling(0.5, [0.5, 0.0, -1.0, 1.0]), layers.Dense(2),
        layers.Normalization(mean=[0.5, -0.5], variance=[70000, 80000])], 9)
    rng = np.random.default_rng(10)
    x = rng.normal(1.0, 2.0, (ROWS, 5)).astype("float32")
    model.compile(optimizer="adam", loss="mse")
    model.fit(x, rng.uniform(-1, 1, (ROWS, 2)).astype("float32"), verbose=0)
    model.save(golden.FOLDER.parent / "saving" / "fixtures" / FILE)
    return {"file": FILE, "x": golden.numbers(x), "after": weights_of(model),
            "predicted": golden.numbers(model.predict(x, verbose=0))}


def main() -> None:
    cases = [case(shape, stack, seed) for seed, (shape, stack) in enumerate(networks())]
    golden.write("layers", __file__, [*cases, file_case()],
                 f"mse, SGD of 0.1, batches of {BATCH} in order, two epochs; the last case is a file.")


if __name__ == "__main__":
    main()

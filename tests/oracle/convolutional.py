"""The documents' convolutional networks in real Keras 3, and whether Carnyx's have the same layers.

    python convolutional.py CARNYX

Compares names, classes, output shapes and parameters, layer by layer, with `carnyx summary --json`.
Prints PASS, or says what differs and leaves with 1.
"""

import json
import subprocess
import sys

import keras
from keras import layers

L2 = 2e-4


def mnist_cnn(dropout: bool = True) -> keras.Model:
    rate = (lambda rate: [layers.Dropout(rate)]) if dropout else (lambda rate: [])
    return keras.Sequential([
        layers.Input((28, 28, 1)),
        layers.Conv2D(32, (3, 3), activation="relu"),
        layers.Conv2D(64, (3, 3), activation="relu"),
        layers.MaxPooling2D((2, 2)), *rate(0.25), layers.Flatten(),
        layers.Dense(128, activation="relu"), *rate(0.5), layers.Dense(10, activation="softmax")])


def uai_mnist_dist() -> keras.Model:
    return keras.Sequential([
        layers.Input((28, 28, 1)),
        layers.Conv2D(32, (3, 3), activation="relu"), layers.MaxPooling2D((2, 2), 2),
        layers.Conv2D(64, (3, 3), activation="relu"), layers.MaxPooling2D((2, 2), 2),
        layers.Conv2D(64, (3, 3), activation="relu"), layers.Flatten(),
        layers.Dense(64, activation="relu"), layers.Dense(10, activation="softmax")])


def resnet(size: int) -> keras.Model:
    def convolved(x, filters, kernel, stride, padding, name):
        return layers.Conv2D(filters, kernel, strides=stride, padding=padding, use_bias=False,
                             kernel_initializer="he_normal",
                             kernel_regularizer=keras.regularizers.L2(L2), name=name)(x)

    def normalized(x, name):
        return layers.BatchNormalization(momentum=0.997, epsilon=1e-5, name=name)(x)

    def block(x, filters, stride, stage, number):
        place = f"{stage}block_{number}_branch"
        y = convolved(x, filters, 3, stride, "same", f"res{place}2a")
        y = layers.Activation("relu")(normalized(y, f"bn{place}2a"))
        y = normalized(convolved(y, filters, 3, 1, "same", f"res{place}2b"), f"bn{place}2b")
        if number == 0:
            x = normalized(convolved(x, filters, 1, stride, "valid", f"res{place}1"), f"bn{place}1")
        return layers.Activation("relu")(layers.Add()([y, x]))

    image = layers.Input((32, 32, 3))
    x = layers.ZeroPadding2D(1, name="conv1_pad")(image)
    x = layers.Activation("relu")(normalized(convolved(x, 16, 3, 1, "valid", "conv1"), "bn_conv1"))
    for stage, filters, stride in ((2, 16, 1), (3, 32, 2), (4, 64, 2)):
        for number in range((size - 2) // 6):
            x = block(x, filters, stride if number == 0 else 1, stage, number)
    x = layers.GlobalAveragePooling2D(name="reduce_mean")(x)
    x = layers.Dense(10, activation="softmax",
                     kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
                     kernel_regularizer=keras.regularizers.L2(L2),
                     bias_regularizer=keras.regularizers.L2(L2), name="fc10")(x)
    return keras.Model(image, x, name=f"resnet{size}")


def rows_of(model: keras.Model) -> set[tuple]:
    """Activations and additions are counted by name in another order than ours: by class alone."""
    rows = []
    for layer in model.layers:
        if isinstance(layer, layers.InputLayer):
            continue
        named = layer.name if layer.weights else type(layer).__name__
        rows.append((named, type(layer).__name__, str(list(layer.output.shape[1:])),
                     layer.count_params()))
    return sorted(rows)


def ours(program: str, trainer: str) -> list[tuple]:
    text = subprocess.run([program, "summary", trainer, "--json"], check=True, capture_output=True,
                          text=True).stdout
    rows = []
    for layer in json.loads(text)["layers"]:
        if layer["class"] == "InputLayer":
            continue
        parameters = layer["trainable_parameters"] + layer["other_parameters"]
        named = layer["name"] if parameters else layer["class"]
        rows.append((named, layer["class"], str(layer["output_shape"]), parameters))
    return sorted(rows)


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for trainer, make in (("mnist_cnn", mnist_cnn), ("uai_mnist_dist", uai_mnist_dist),
                          ("cifar_resnet", lambda: resnet(56))):
        keras.utils.clear_session()
        theirs, mine = rows_of(make()), ours(sys.argv[1], trainer)
        if theirs != mine:
            sys.exit(f"FAIL: {trainer}: Keras alone has {[r for r in theirs if r not in mine]}, "
                     f"Carnyx alone {[r for r in mine if r not in theirs]}")
        print(f"{trainer}: {len(mine)} layers, {sum(row[3] for row in mine)} parameters alike")
    print("PASS")


if __name__ == "__main__":
    main()

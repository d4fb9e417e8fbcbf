"""What every peer trains, and on what: the networks, and the data as NumPy arrays."""

import dataclasses
import gzip
import pathlib

import numpy as np

TRAIN_IMAGES, TEST_IMAGES = 60_000, 10_000
CIFAR_RECORD = 1 + 3 * 32 * 32  # a label, then the red, green and blue plane


@dataclasses.dataclass(frozen=True)
class Network:
    """A stack of dense layers; the last has softmax and crossentropy on integer labels."""

    widths: tuple[int, ...]  # input, hidden..., classes
    activation: str
    dropout: float  # after every hidden layer
    optimizer: str  # "rmsprop" or "adam", with Keras's defaults
    global_clipnorm: float | None
    batch_size: int

    def shapes(self) -> list[tuple[int, int]]:
        return list(zip(self.widths[:-1], self.widths[1:]))


@dataclasses.dataclass(frozen=True)
class ImageNetwork:
    """A convolutional network; softmax and crossentropy on integer labels at its end.

    With no blocks it is mnist_cnn: Conv 32 and Conv 64, 3x3 and relu, MaxPool 2x2, Dropout 0.25,
    Dense 128 relu, Dropout 0.5, Dense. Else the ResNet v1 for CIFAR-10: Conv 16, three stages of
    `blocks` residual blocks of 16, 32 and 64 channels, each stage's first with a projection, batch
    normalization after every convolution, global average, Dense; L2 on all kernels and Dense's bias.
    """

    image: tuple[int, int, int]  # height, width, channels
    optimizer: str  # "adadelta" or "sgd"
    blocks: int = 0
    classes: int = 10
    batch_size: int = 128

    def drops_remainder(self) -> bool:
        return self.blocks > 0  # as the program that trains it does


NETWORKS = {
    "mnist_mlp": Network((784, 512, 512, 10), "relu", 0.2, "rmsprop", None, 128),
    # Nothing in it is a multiple of a vector or named in anybody's examples.
    "off_menu": Network((257, 511, 129, 7), "tanh", 0.0, "adam", 1.0, 100),
    "mnist_cnn": ImageNetwork((28, 28, 1), "adadelta"),
    "resnet20": ImageNetwork((32, 32, 3), "sgd", blocks=3),
    "resnet56": ImageNetwork((32, 32, 3), "sgd", blocks=9),
}

# Keras's defaults, spelled out because the other frameworks have others.
LEARNING_RATE = 0.001
RHO = 0.9
BETA_1, BETA_2 = 0.9, 0.999
EPSILON = 1e-7
# What the convolutional programs say themselves.
ADADELTA_LEARNING_RATE, ADADELTA_RHO = 1.0, 0.95
SGD_LEARNING_RATE, MOMENTUM = 0.1, 0.9
L2 = 2e-4  # times the sum of squares: the gradient is twice that
BATCH_NORM_MOMENTUM, BATCH_NORM_EPSILON = 0.997, 1e-5
PADDING = 4  # crop_flip: zeros on every side, then a random window of the image's size


@dataclasses.dataclass(frozen=True)
class Data:
    """Shapes: images uint8, [rows, features] or [rows, height, width, channels]; labels int32."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def read_idx(path: pathlib.Path) -> np.ndarray:
    content = gzip.decompress(path.read_bytes())
    shape = np.frombuffer(content, ">i4", count=content[3], offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


def read_mnist(folder: pathlib.Path, sample: tuple[int, ...]) -> Data:
    def part(name: str) -> tuple[np.ndarray, np.ndarray]:
        images = read_idx(folder / f"{name}-images-idx3-ubyte.gz")
        labels = read_idx(folder / f"{name}-labels-idx1-ubyte.gz")
        return images.reshape(len(images), *sample).copy(), labels.astype(np.int32)

    return Data(*part("train"), *part("t10k"))


def read_cifar10(folder: pathlib.Path) -> Data:
    """From the binary batches in `folder` or in cifar-10-batches-bin below it."""
    if (folder / "cifar-10-batches-bin").is_dir():
        folder /= "cifar-10-batches-bin"

    def part(names: list[str]) -> tuple[np.ndarray, np.ndarray]:
        records = np.concatenate([np.fromfile(folder / name, np.uint8) for name in names])
        records = records.reshape(-1, CIFAR_RECORD)
        planes = records[:, 1:].reshape(-1, 3, 32, 32)
        return planes.transpose(0, 2, 3, 1).copy(), records[:, 0].astype(np.int32)

    return Data(*part([f"data_batch_{i}.bin" for i in range(1, 6)]), *part(["test_batch.bin"]))


def synthetic(network: Network | ImageNetwork) -> Data:
    """Random bytes of the right shapes: the work of a step does not depend on what they say."""
    rng = np.random.default_rng(0)
    is_dense = isinstance(network, Network)
    sample = network.widths[:1] if is_dense else network.image
    classes = network.widths[-1] if is_dense else network.classes

    def part(count: int) -> tuple[np.ndarray, np.ndarray]:
        images = rng.integers(0, 256, (count, *sample), dtype=np.uint8)
        return images, rng.integers(0, classes, count, dtype=np.int32)

    return Data(*part(TRAIN_IMAGES), *part(TEST_IMAGES))


def load(network_name: str, folder: str | None, rows: int | None = None) -> Data:
    """The network's data set from `folder`, else synthetic data; its first `rows`.

    A network that drops an epoch's last partial batch gets whole batches only.
    """
    network = NETWORKS[network_name]
    if folder is None or network_name == "off_menu":
        data = synthetic(network)
    elif network_name.startswith("mnist"):
        data = read_mnist(pathlib.Path(folder),
                          network.widths[:1] if network_name == "mnist_mlp" else network.image)
    else:
        data = read_cifar10(pathlib.Path(folder))
    rows = min(rows or len(data.train_labels), len(data.train_labels))
    if isinstance(network, ImageNetwork) and network.drops_remainder():
        rows -= rows % network.batch_size
    return Data(data.train_images[:rows], data.train_labels[:rows], data.test_images,
                data.test_labels)


def padded(images: np.ndarray) -> np.ndarray:
    """Zeros around every image, where crop_flip's windows may reach."""
    around = (PADDING, PADDING)
    return np.pad(images, ((0, 0), around, around, (0, 0)))

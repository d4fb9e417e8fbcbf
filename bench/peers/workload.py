"""What every peer trains, and on what: the networks, and the data as NumPy arrays."""

import dataclasses
import gzip
import pathlib

import numpy as np

TRAIN_IMAGES, TEST_IMAGES = 60_000, 10_000


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


NETWORKS = {
    "mnist_mlp": Network((784, 512, 512, 10), "relu", 0.2, "rmsprop", None, 128),
    # Nothing in it is a multiple of a vector or named in anybody's examples.
    "off_menu": Network((257, 511, 129, 7), "tanh", 0.0, "adam", 1.0, 100),
}

# Keras's defaults, spelled out because the other frameworks have others.
LEARNING_RATE = 0.001
RHO = 0.9
BETA_1, BETA_2 = 0.9, 0.999
EPSILON = 1e-7


@dataclasses.dataclass(frozen=True)
class Data:
    """Shapes: images [rows, features] uint8, labels [rows] int32."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def read_idx(path: pathlib.Path) -> np.ndarray:
    content = gzip.decompress(path.read_bytes())
    shape = np.frombuffer(content, ">i4", count=content[3], offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


def read_mnist(folder: pathlib.Path) -> Data:
    def part(name: str) -> tuple[np.ndarray, np.ndarray]:
        images = read_idx(folder / f"{name}-images-idx3-ubyte.gz")
        labels = read_idx(folder / f"{name}-labels-idx1-ubyte.gz")
        return images.reshape(len(images), -1).copy(), labels.astype(np.int32)

    return Data(*part("train"), *part("t10k"))


def synthetic(network: Network) -> Data:
    """Random bytes of the right shapes: the work of a step does not depend on what they say."""
    rng = np.random.default_rng(0)

    def part(count: int) -> tuple[np.ndarray, np.ndarray]:
        images = rng.integers(0, 256, (count, network.widths[0]), dtype=np.uint8)
        return images, rng.integers(0, network.widths[-1], count, dtype=np.int32)

    return Data(*part(TRAIN_IMAGES), *part(TEST_IMAGES))


def load(network_name: str, folder: str | None, rows: int | None = None) -> Data:
    """MNIST from `folder` for the network that takes it, else synthetic data; its first `rows`."""
    if network_name == "mnist_mlp" and folder is not None:
        data = read_mnist(pathlib.Path(folder))
    else:
        data = synthetic(NETWORKS[network_name])
    return Data(data.train_images[:rows], data.train_labels[:rows], data.test_images,
                data.test_labels)

"""Reads with NumPy, pickle and TensorFlow what `carnyx data convert` wrote, and compares; says PASS.

    datasets_check.py FOLDER   with the folders npz, pickle, idx, csv, csv2 and tfr of one data set
"""

import glob
import gzip
import pathlib
import pickle
import sys

import numpy as np
import tensorflow as tf


def idx(path: pathlib.Path) -> np.ndarray:
    content = gzip.decompress(path.read_bytes())
    rank = content[3]
    shape = np.frombuffer(content, ">i4", rank, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def check(name: str, part: str, images, labels, expected) -> None:
    np.testing.assert_array_equal(np.reshape(images, expected[0].shape), expected[0])
    np.testing.assert_array_equal(labels, expected[1])
    print(f"PASS {name} {part}: {len(labels)} samples")


def rows(folder: pathlib.Path) -> list[str]:
    return [line for path in sorted(folder.glob("part-*")) for line in path.read_text().split("\n")[:-1]]


def records(folder: pathlib.Path, pixels: int):
    schema = {"image": tf.io.FixedLenFeature([pixels], tf.int64),
              "label": tf.io.FixedLenFeature([10], tf.int64)}
    files = sorted(glob.glob(str(folder / "part-r-*")))
    batches = tf.data.TFRecordDataset(files).batch(1000).map(
        lambda batch: tf.io.parse_example(batch, schema))
    images, labels = zip(*((b["image"].numpy(), b["label"].numpy()) for b in batches))
    return np.concatenate(images), np.concatenate(labels).argmax(1)


def main(folder: pathlib.Path) -> None:
    archive = np.load(folder / "npz" / "mnist.npz", allow_pickle=False)
    with open(folder / "pickle" / "mnist.pkl", "rb") as file:
        pickled = pickle.load(file)
    for part, idx_name, pair in (("train", "train", pickled[0]), ("test", "t10k", pickled[1])):
        expected = (idx(folder / "idx" / f"{idx_name}-images-idx3-ubyte.gz"),
                    idx(folder / "idx" / f"{idx_name}-labels-idx1-ubyte.gz"))
        check("npz", part, archive[f"x_{part}"], archive[f"y_{part}"], expected)
        check("pickle", part, *pair, expected)
        check("tfr", part, *records(folder / "tfr" / part, expected[0][0].size), expected)
        parse = lambda text: np.array([line.split(",") for line in text], dtype=np.float64)
        check("csv", part, parse(rows(folder / "csv" / part / "images")),
              parse(rows(folder / "csv" / part / "labels")).argmax(1), expected)
        labels, images = zip(*(line.split("|") for line in rows(folder / "csv2" / part)))
        check("csv2", part, parse(images), np.array(labels, dtype=np.int64), expected)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))

"""tests/golden/data/*: small data sets as NumPy, pickle and TensorFlow write them.

Six training and three test images of 4 x 4: pixel p of image i is (37 i + 11 p) mod 256, its label
3 i mod 10; test images go on from i = 6. python2_*.pkl and asks_for_system.pkl, which this script
can't make, lie beside them: images 0..31 and 0..15 of 4 x 4, labels 5 0 and 5; and os.system.
"""

import pathlib
import pickle

import numpy as np
import tensorflow as tf

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "golden" / "data"


def digits(first: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    index = np.arange(first, first + count)
    images = (37 * index[:, None] + 11 * np.arange(16)) % 256
    return images.astype(np.uint8).reshape(count, 4, 4), (3 * index % 10).astype(np.uint8)


TRAIN, TEST = digits(0, 6), digits(6, 3)


def archives() -> None:
    arrays = {"x_train": TRAIN[0], "y_train": TRAIN[1], "x_test": TEST[0], "y_test": TEST[1]}
    np.savez(FOLDER / "stored.npz", **arrays)
    np.savez_compressed(FOLDER / "deflated.npz", **arrays)
    np.savez_compressed(FOLDER / "int64_labels.npz", **{
        name: array.astype(np.int64) if name.startswith("y") else array
        for name, array in arrays.items()})
    whole = np.array([[0, 1, 2], [100, 101, 127]])
    types = {kind.strip("<>|") + ("_big" if kind[0] == ">" else ""): whole.astype(kind)
             for kind in ("|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<i8", "<f2", "<f4", "<f8",
                          ">i2", ">i4", ">f4", ">f8")}
    types["b1"] = whole > 1
    types["negative_i1"] = -whole.astype(np.int8)
    types["negative_i2"] = -whole.astype(">i2")
    types["halves"] = np.array([0.5, -2.75, 6e-8, 65504, np.inf, -np.inf, np.nan], np.float16)
    types["fortran"] = np.asfortranarray(np.arange(24, dtype=np.int16).reshape(2, 3, 4))
    np.savez_compressed(FOLDER / "types.npz", **types)


def pickles() -> None:
    for protocol in range(6):
        (FOLDER / f"python3_protocol{protocol}.pkl").write_bytes(
            pickle.dumps((TRAIN, TEST), protocol=protocol))
    floats = [((x.reshape(len(x), 16) / 256).astype(np.float32), y.astype(np.int64))
              for x, y in ((TRAIN[0][:4], TRAIN[1][:4]), (TRAIN[0][4:], TRAIN[1][4:]), TEST)]
    (FOLDER / "three_parts.pkl").write_bytes(pickle.dumps(tuple(floats), protocol=2))
    shared = TRAIN[1]
    values = {"none": None, "yes": True, "no": False, "big": 2**40, "negative": -5, "real": 1.5,
              "text": "caf\u00e9", "bytes": b"\x00\xff", "list": [1, 2, 3], "scalar": np.float32(2.5),
              "again": [shared, shared], "empty": (), "nested": {1: {2: [3]}}}
    for protocol in range(6):
        (FOLDER / f"values_protocol{protocol}.pkl").write_bytes(pickle.dumps(values, protocol))


def example(**features) -> bytes:
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def ints(values) -> tf.train.Feature:
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[int(v) for v in values]))


def floats(values) -> tf.train.Feature:
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))


def raw(values: bytes) -> tf.train.Feature:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[values]))


def records() -> None:
    variants = {
        "one_hot": lambda x, y: {"label": ints(np.arange(10) == y), "image": ints(x.ravel())},
        "scalar": lambda x, y: {"label": ints([y]), "image": ints(x.ravel())},
        "float": lambda x, y: {"label": floats(np.arange(10) == y), "image": floats(x.ravel() / 256)},
        "bytes": lambda x, y: {"label": ints([y]), "image": raw(x.tobytes())},
        "png": lambda x, y: {"label": ints([y]),
                             "image": raw(tf.io.encode_png(x[:, :, None]).numpy())},
    }
    for name, features in variants.items():
        with tf.io.TFRecordWriter(str(FOLDER / f"{name}.tfrecord")) as writer:
            for x, y in zip(*TRAIN):
                writer.write(example(**features(x, y)))
    with tf.io.TFRecordWriter(str(FOLDER / "scalar.tfrecord.gz"), "GZIP") as writer:
        for x, y in zip(*TRAIN):
            writer.write(example(**variants["scalar"](x, y)))


def images() -> None:
    colour = np.stack([np.add.outer(np.arange(8) * 30, np.arange(10) * 4),
                       np.add.outer(np.arange(8) * 3, np.arange(10) * 20),
                       np.add.outer(np.arange(8) * -9, np.arange(10) * 5) + 100], 2).astype(np.uint8)
    grey = colour[:, :, :1]
    alpha = np.concatenate([colour, np.full_like(grey, 255)], 2)
    files = {
        "colour.png": tf.io.encode_png(colour), "grey.png": tf.io.encode_png(grey),
        "alpha.png": tf.io.encode_png(alpha),
        "deep.png": tf.io.encode_png(grey.astype(np.uint16) * 257),
        "colour.jpg": tf.io.encode_jpeg(colour, quality=90),
        "grey.jpg": tf.io.encode_jpeg(grey, quality=90),
        "progressive.jpg": tf.io.encode_jpeg(colour, quality=70, progressive=True),
    }
    expected = {}
    for name, content in files.items():
        (FOLDER / name).write_bytes(content.numpy())
        jpeg = name.endswith("jpg")
        expected[name.replace(".", "_")] = (
            tf.io.decode_jpeg(content, dct_method="INTEGER_ACCURATE") if jpeg else
            tf.io.decode_png(content, channels=1 if name in ("grey.png", "deep.png") else 3)).numpy()
    np.savez_compressed(FOLDER / "pixels.npz", **expected)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    archives()
    pickles()
    records()
    images()
    files = sorted(FOLDER.iterdir())
    print(f"{FOLDER}: {len(files)} files, {sum(f.stat().st_size for f in files)} bytes")


if __name__ == "__main__":
    main()

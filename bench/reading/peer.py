#!/usr/bin/env python3
"""A peer of bench/reading: reads the whole data set whenever it is asked to.

    peer.py READER FORMAT PATH        the protocol is at the top of run.py

Every reader ends with uint8 pixels in memory, [rows, 784], as a model would be fed; the sum of the
pixels, taken after the clock has stopped, shows that it read the same.
"""

import json
import os
import pathlib
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
PIXELS = 784


def parts(path: pathlib.Path) -> list[str]:
    return sorted(str(part) for part in path.rglob("part-*"))


def pandas_csv(path):
    import numpy as np
    import pandas as pd
    tables = [pd.read_csv(part, header=None, dtype=np.uint8) for part in parts(path)]
    return np.concatenate([table.to_numpy() for table in tables])[:, 1:]


def pandas_pyarrow_csv(path):
    import numpy as np
    import pandas as pd
    tables = [pd.read_csv(part, header=None, dtype=np.uint8, engine="pyarrow")
              for part in parts(path)]
    return np.concatenate([table.to_numpy() for table in tables])[:, 1:]


def pyarrow_tables(path):
    import pyarrow as pa
    from pyarrow import csv
    names = [str(i) for i in range(PIXELS + 1)]
    read = csv.ReadOptions(column_names=names, block_size=8 << 20)
    convert = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.uint8()))
    return [csv.read_csv(part, read_options=read, convert_options=convert)
            for part in parts(path)]


def pyarrow_csv(path):
    """PyArrow's best: columns of its own, which no model reads; into a matrix is the next one."""
    import pyarrow as pa
    return pa.concat_tables(pyarrow_tables(path))


def pyarrow_matrix_csv(path):
    import numpy as np
    tables = pyarrow_tables(path)
    matrix = np.empty((sum(table.num_rows for table in tables), PIXELS), np.uint8)
    row = 0
    for table in tables:
        for batch in table.to_batches():
            for column in range(PIXELS):
                matrix[row:row + batch.num_rows, column] = batch.column(column + 1).to_numpy()
            row += batch.num_rows
    return matrix


def numpy_csv(path):
    import numpy as np
    return np.concatenate([np.loadtxt(part, delimiter=",", dtype=np.uint8)
                           for part in parts(path)])[:, 1:]


def numpy_npz(path):
    import numpy as np
    with np.load(path) as archive:
        read = {name: archive[name] for name in archive.files}
    return np.concatenate([read["x_train"], read["x_test"]]).reshape(-1, PIXELS)


def collected(batches):
    import numpy as np
    return np.concatenate([batch.numpy() for batch in batches])


def tfdata_csv(path):
    import tensorflow as tf
    defaults = [tf.constant([0], tf.int32)] * (PIXELS + 1)

    def decode(lines):
        return tf.cast(tf.stack(tf.io.decode_csv(lines, defaults)[1:], 1), tf.uint8)

    lines = tf.data.TextLineDataset(parts(path), num_parallel_reads=tf.data.AUTOTUNE)
    return collected(lines.batch(512).map(decode, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE))


def tfdata_tfr(path):
    import tensorflow as tf
    features = {"image": tf.io.FixedLenFeature([PIXELS], tf.int64)}

    def decode(records):
        return tf.cast(tf.io.parse_example(records, features)["image"], tf.uint8)

    records = tf.data.TFRecordDataset(parts(path), num_parallel_reads=tf.data.AUTOTUNE)
    return collected(records.batch(512).map(decode, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE))


def tfdata_images(path):
    import tensorflow as tf
    names = sorted(str(name) for name in path.rglob("*.png"))

    def decode(name):
        return tf.reshape(tf.io.decode_png(tf.io.read_file(name), 1), [PIXELS])

    images = tf.data.Dataset.from_tensor_slices(names).map(decode, tf.data.AUTOTUNE)
    return collected(images.batch(512).prefetch(tf.data.AUTOTUNE))


READERS = {
    "pandas": {"csv": pandas_csv}, "pandas-pyarrow": {"csv": pandas_pyarrow_csv},
    "pyarrow": {"csv": pyarrow_csv}, "pyarrow-matrix": {"csv": pyarrow_matrix_csv},
    "numpy": {"csv": numpy_csv, "npz": numpy_npz},
    "tf.data": {"csv": tfdata_csv, "tfr": tfdata_tfr, "images": tfdata_images},
}


def sum_of(pixels) -> tuple[int, int]:
    """Rows and the sum of all pixels, of an array or of PyArrow's table."""
    if hasattr(pixels, "num_rows"):
        import pyarrow.compute as pc
        sums = (pc.sum(pixels.column(i)).as_py() for i in range(1, pixels.num_columns))
        return pixels.num_rows, sum(sums)
    return len(pixels), int(pixels.sum(dtype="int64"))


def main() -> None:
    reader, data_format, path = sys.argv[1:]
    read = READERS[reader][data_format]
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        pixels = read(pathlib.Path(path))
        elapsed = time.perf_counter() - began
        rows, total = sum_of(pixels)
        print(json.dumps({"epoch_s": elapsed, "rows": rows, "sum": total}), flush=True)


if __name__ == "__main__":
    main()

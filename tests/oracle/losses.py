"""tests/golden/losses.json: Keras 3's crossentropies and mean squared error, edges included."""

import golden
import keras
import numpy as np
import tensorflow as tf

PROBABILITIES = [[0.7, 0.1, 0.1, 0.1], [0.2, 0.2, 0.5, 0.1], [1, 0, 0, 0], [0, 0, 0, 1],
                 [0.25, 0.25, 0.25, 0.25]]
UNNORMALISED = [[2, 1, 1, 4], [0.1, 0.1, 0.1, 0.1], [3, 0, 0, 1], [1e-9, 1, 1, 1], [5, 5, 5, 5]]
LOGITS = [[2.8, 0.4, 0.4, 0.4], [-1, 0, 1, 2], [1000, -1000, 0, 999], [0, 0, 0, 0],
          [-1e4, -1e4, -1e4, -9999]]
ONE_HOT = np.eye(4)[[0, 2, 1, 3, 0]].tolist()
SOFT = [[0.7, 0.1, 0.1, 0.1], [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0, 0], [0, 0, 0.1, 0.9],
        [0, 0, 0, 1]]
LABELS = [0, 2, 1, 3, 0]
YES_OR_NO = [[0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 1], [1, 0, 1, 0], [1, 1, 1, 1]]
REALS = [[0, 1, -1, 0.5], [2, -2, 1e4, -1e4], [1e-8, 0, 0, 0], [3, 3, 3, 3], [-0.5, 0.25, 7, -7]]

CASES = [
    *[("CategoricalCrossentropy", options, target, output)
      for target in (ONE_HOT, SOFT)
      for options, output in [({}, PROBABILITIES), ({}, UNNORMALISED),
                              ({"label_smoothing": 0.1}, PROBABILITIES),
                              ({"from_logits": True}, LOGITS),
                              ({"from_logits": True, "label_smoothing": 0.1}, LOGITS)]],
    ("SparseCategoricalCrossentropy", {}, LABELS, PROBABILITIES),
    ("SparseCategoricalCrossentropy", {}, LABELS, UNNORMALISED),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, LABELS, LOGITS),
    *[("BinaryCrossentropy", options, YES_OR_NO, output)
      for options, output in [({}, PROBABILITIES), ({"label_smoothing": 0.2}, PROBABILITIES),
                              ({"from_logits": True}, LOGITS),
                              ({"from_logits": True, "label_smoothing": 0.2}, LOGITS)]],
    ("BinaryCrossentropy", {}, SOFT, PROBABILITIES),
    ("MeanSquaredError", {}, REALS, LOGITS),
    ("MeanSquaredError", {}, ONE_HOT, PROBABILITIES),
]


def evaluate(name: str, options: dict, target: list, output: list, dtype: str) -> dict:
    """The loss of every row, their mean, and the gradient of the mean."""
    keras.config.set_floatx(dtype)
    kind = getattr(keras.losses, name)
    predicted = tf.constant(output, dtype)
    labels = tf.constant(target, "int32" if name.startswith("Sparse") else dtype)
    with tf.GradientTape() as tape:
        tape.watch(predicted)
        mean = kind(**options, dtype=dtype)(labels, predicted)
    rows = kind(**options, dtype=dtype, reduction="none")(labels, predicted)
    return {"rows": golden.numbers(rows), "mean": golden.numbers(mean),
            "gradient": golden.numbers(tape.gradient(mean, predicted))}


def main() -> None:
    cases = [{"loss": name, "options": options, "target": target,
              "output": golden.numbers(np.asarray(output, np.float64)),
              **{dtype: evaluate(name, options, target, output, dtype)
                 for dtype in ("float32", "float64")}}
             for name, options, target, output in CASES]
    golden.write("losses", __file__, cases,
                 "rows: the loss of each row; gradient: of their mean, with respect to output. In "
                 "float32 a probability is kept 1e-7 away from 0 and 1, as in float64.")


if __name__ == "__main__":
    main()

"""tests/golden/losses.json: Keras 3's losses with all options, weighted and not, edges included."""

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

SIGNS = [[1, -1, -1, 1], [-1, -1, 1, 1], [1, 1, 1, -1], [-1, 1, -1, -1], [1, 1, 1, 1]]
COUNTS = [[0, 1, 3, 10], [2, 2, 2, 2], [0, 0, 0, 0], [1, 0, 5, 0], [7, 1, 0.5, 2]]
POSITIVE = [[0, 1, 2.5, 12], [1e-8, 2, 1e-3, 4], [3, 0.5, 0, 1], [0.25, 0.25, 5, 0], [6, 1, 1, 2]]
ANGLES = [[1, 2, 3, 4], [-1, -2, -3, -4], [1, 0, 0, 0], [1e-9, 2e-9, 0, 1e-9], [5, -5, 5, -5]]
WEIGHTS = [0.5, 2, 0, 1, 3]
RANDOM = np.random.default_rng(7)


def random(*shape: int, low: float = 0, high: float = 1) -> list:
    return RANDOM.uniform(low, high, shape).round(3).tolist()


def random_distribution(*shape: int) -> list:
    numbers = RANDOM.uniform(0, 1, shape)
    numbers = (numbers / numbers.sum(-1, keepdims=True)).round(3)
    numbers[..., -1] = 1 - numbers[..., :-1].sum(-1)  # TensorFlow's gradient takes a sum of 1
    return numbers.round(3).tolist()


def random_labels(classes: int, *shape: int) -> list:
    return RANDOM.integers(0, classes, shape).tolist()


REGRESSIONS = ("MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError",
               "LogCosh", "Huber", "CosineSimilarity")
CASES += [
    *[(name, {}, target, output) for name in REGRESSIONS
      for target, output in [(REALS, LOGITS), (COUNTS, POSITIVE)]],
    ("Huber", {"delta": 2.5}, COUNTS, POSITIVE),
    ("CosineSimilarity", {}, ANGLES, REALS),
    ("CosineSimilarity", {"axis": 1}, random(3, 2, 4, low=-1), random(3, 2, 4, low=-1)),
    ("KLDivergence", {}, SOFT, PROBABILITIES),
    ("KLDivergence", {}, ONE_HOT, POSITIVE),
    ("Poisson", {}, COUNTS, POSITIVE),
    *[(name, {}, target, output) for name in ("Hinge", "SquaredHinge")
      for target, output in [(SIGNS, REALS), (YES_OR_NO, REALS), (SOFT, REALS)]],
    ("CategoricalHinge", {}, ONE_HOT, PROBABILITIES),
    ("CategoricalHinge", {}, ONE_HOT, REALS),
    *[("BinaryFocalCrossentropy", options, YES_OR_NO, output)
      for options, output in [({}, PROBABILITIES), ({"gamma": 1.5}, PROBABILITIES),
                              ({"gamma": 1, "apply_class_balancing": True}, PROBABILITIES),
                              ({"apply_class_balancing": True, "alpha": 0.6,
                                "label_smoothing": 0.1}, PROBABILITIES),
                              ({"from_logits": True}, REALS)]],
    *[("CategoricalFocalCrossentropy", options, target, output)
      for options, target, output in [({}, ONE_HOT, PROBABILITIES), ({}, SOFT, UNNORMALISED),
                                      ({"alpha": [0.1, 0.2, 0.3, 0.4], "gamma": 1.5}, SOFT,
                                       PROBABILITIES),
                                      ({"label_smoothing": 0.2}, ONE_HOT, PROBABILITIES),
                                      ({"from_logits": True}, ONE_HOT, LOGITS)]],
    ("CategoricalGeneralizedCrossEntropy", {}, LABELS, random_distribution(5, 4)),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.7}, LABELS, random_distribution(5, 4)),
    ("CategoricalCrossentropy", {"axis": 1}, random(3, 4, 2), random(3, 4, 2)),
    ("CategoricalCrossentropy", {"from_logits": True}, random_distribution(3, 2, 4),
     random(3, 2, 4, low=-3)),
    ("SparseCategoricalCrossentropy", {}, random_labels(4, 3, 2), random_distribution(3, 2, 4)),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, random_labels(4, 3, 2),
     random(3, 2, 4, low=-3, high=3)),
    *[("SparseCategoricalCrossentropy", {"ignore_class": ignored}, LABELS, PROBABILITIES)
      for ignored in (0, 3)],
    ("SparseCategoricalCrossentropy", {"ignore_class": -1, "from_logits": True},
     [0, -1, 2, -1, -1], LOGITS),
    ("SparseCategoricalCrossentropy", {"ignore_class": 1}, [[0, 1], [1, 1], [2, 3]],
     random_distribution(3, 2, 4)),
    *[("Dice", options, random_labels(2, 3, 4, 2), random(3, 4, 2))
      for options in ({}, {"axis": 1}, {"axis": [1, 2]}, {"axis": [0, 1]})],
    ("Dice", {}, [[0, 0], [0, 0]], [[0, 0], [0, 0]]),
    *[("Tversky", options, random_labels(2, 3, 4, 2), random(3, 4, 2))
      for options in ({}, {"alpha": 0.3, "beta": 0.8}, {"alpha": 0.7, "axis": [1, 2]})],
    ("MeanSquaredError", {}, random(3, 2, 4), random(3, 2, 4)),
]

# The mean of the losses times these weights, for the losses that have rows.
WEIGHTED = [case for case in CASES
            if len(case[3]) == len(WEIGHTS) and case[1] in ({}, {"ignore_class": 3},
                                                            {"from_logits": True})]


def takes_labels(name: str) -> bool:
    return name.startswith("Sparse") or name == "CategoricalGeneralizedCrossEntropy"


def evaluate(name: str, options: dict, target: list, output: list, weights: list | None,
             dtype: str) -> dict:
    """The mean loss, and its gradient."""
    keras.config.set_floatx(dtype)
    loss = getattr(keras.losses, name)(**options, dtype=dtype)
    predicted = tf.constant(output, dtype)
    labels = tf.constant(target, "int32" if takes_labels(name) else dtype)
    with tf.GradientTape() as tape:
        tape.watch(predicted)
        mean = loss(labels, predicted, sample_weight=weights)
    return {"mean": golden.numbers(mean),
            "gradient": golden.numbers(tape.gradient(mean, predicted))}


def case(name: str, options: dict, target: list, output: list, weights: list | None) -> dict:
    return {"loss": name, "options": options, "target": target,
            "output": golden.numbers(np.asarray(output, np.float64)),
            **({} if weights is None else {"weights": weights}),
            "config": getattr(keras.losses, name)(**options).get_config(),
            **{dtype: evaluate(name, options, target, output, weights, dtype)
               for dtype in ("float32", "float64")}}


def main() -> None:
    cases = [case(*arguments, None) for arguments in CASES]
    cases += [case(*arguments, WEIGHTS) for arguments in WEIGHTED]
    golden.write("losses", __file__, cases,
                 "mean: of all rows, times their weights where there are any; gradient: of it, with "
                 "respect to output. In float32 a probability is kept 1e-7 away from 0 and 1, as "
                 "in float64.")


if __name__ == "__main__":
    main()

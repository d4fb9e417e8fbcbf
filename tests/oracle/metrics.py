"""tests/golden/metrics.json: Keras 3's metrics after two updates, weighted and not, edges included."""

import golden
import keras
import numpy as np

RANDOM = np.random.default_rng(11)
WEIGHTS = [0.5, 2, 0, 1, 3, 1.5]


def uniform(*shape: int, low: float = 0, high: float = 1) -> list:
    return RANDOM.uniform(low, high, shape).round(3).tolist()


def distribution(*shape: int) -> list:
    numbers = RANDOM.uniform(0, 1, shape)
    return (numbers / numbers.sum(-1, keepdims=True)).round(3).tolist()


def labels(classes: int, *shape: int) -> list:
    return RANDOM.integers(0, classes, shape).tolist()


def one_hot(classes: int, rows: int) -> list:
    return np.eye(classes)[RANDOM.integers(0, classes, rows)].tolist()


SCORES = distribution(6, 4)
EXACT = [[1, 0, 0, 0], [0, 1, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 0, 1], [0.25] * 4, [0, 0, 1, 0]]
ONE_HOT = one_hot(4, 6)
ONE_CLASS = [[0, 1, 0, 0]] * 6
CLASSES = labels(4, 6)
CHANCES = uniform(6, 1)
EDGES = [[0], [1], [0.5], [0], [1], [0.5]]
YES = [[0], [1], [1], [0], [1], [0]]
MANY_CHANCES = uniform(6, 3)
MANY_EDGES = [[0, 1, 0.5], [1, 0, 0.5], [1, 1, 1], [0, 0, 0], [0.25, 0.75, 0.5], [0.5, 0.5, 0.1]]
MANY_YES = labels(2, 6, 3)
NEVER = [[0], [0], [0], [0], [0], [0]]
ALWAYS = [[1], [1], [1], [1], [1], [1]]
REALS = uniform(6, 3, low=-4, high=4)
NEAR = (np.asarray(REALS) + RANDOM.normal(0, 0.5, (6, 3))).round(3).tolist()
POSITIVE = uniform(6, 3, high=5)
COUNTS = labels(7, 6, 3)
SIGNS = (2 * np.asarray(MANY_YES) - 1).tolist()

BINARY = [(YES, CHANCES), (YES, EDGES), (MANY_YES, MANY_CHANCES), (MANY_YES, MANY_EDGES),
          (NEVER, CHANCES), (ALWAYS, CHANCES)]

CASES = [
    ("Accuracy", {}, COUNTS, labels(7, 6, 3)),
    *[("BinaryAccuracy", options, *both) for options in ({}, {"threshold": 0.3})
      for both in BINARY[:4]],
    *[("CategoricalAccuracy", {}, ONE_HOT, output) for output in (SCORES, EXACT)],
    ("CategoricalAccuracy", {}, np.eye(3)[labels(3, 6, 2)].tolist(), uniform(6, 2, 3)),
    *[("SparseCategoricalAccuracy", {}, CLASSES, output) for output in (SCORES, EXACT)],
    ("SparseCategoricalAccuracy", {}, labels(3, 6, 2), uniform(6, 2, 3)),
    *[("TopKCategoricalAccuracy", {"k": k}, ONE_HOT, output) for k in (1, 2, 3)
      for output in (SCORES, EXACT)],
    ("TopKCategoricalAccuracy", {}, ONE_HOT, SCORES),
    *[("SparseTopKCategoricalAccuracy", {"k": k}, CLASSES, output) for k in (1, 2, 3)
      for output in (SCORES, EXACT)],
    ("SparseTopKCategoricalAccuracy", {"k": 2}, labels(3, 6, 2), uniform(6, 2, 3)),
    ("SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True}, CLASSES,
     RANDOM.permuted(np.tile(np.arange(4), (6, 1)), axis=1).tolist()),
    *[(name, options, *both)
      for name in ("TruePositives", "FalsePositives", "TrueNegatives", "FalseNegatives")
      for options in ({}, {"thresholds": [0.7, 0.2]}) for both in BINARY[:4]],
    *[(name, options, *both) for name in ("Precision", "Recall")
      for options in ({}, {"thresholds": 0.3}, {"thresholds": [0, 0.5, 1]}) for both in BINARY],
    *[(name, options, target, SCORES) for name in ("Precision", "Recall")
      for options in ({"top_k": 2}, {"class_id": 1}, {"top_k": 1, "class_id": 1},
                      {"top_k": 3, "thresholds": 0.2})
      for target in (ONE_HOT, ONE_CLASS)],
    *[(name, {option: at, **more}, *both)
      for name, option in (("SensitivityAtSpecificity", "specificity"),
                           ("SpecificityAtSensitivity", "sensitivity"),
                           ("PrecisionAtRecall", "recall"), ("RecallAtPrecision", "precision"))
      for at, more in ((0.5, {}), (0.9, {"num_thresholds": 7}), (0.4, {"num_thresholds": 1}))
      for both in BINARY[:1] + BINARY[2:]],
    ("RecallAtPrecision", {"precision": 0.3, "class_id": 2}, ONE_HOT, SCORES),
    *[("AUC", {"curve": curve, "summation_method": how}, *both)
      for curve in ("ROC", "PR", "PRGAIN") for how in ("interpolation", "majoring", "minoring")
      for both in (BINARY[0], BINARY[2])],
    *[("AUC", {"curve": curve, "num_thresholds": 9}, *both) for curve in ("ROC", "PR")
      for both in BINARY],
    ("AUC", {"thresholds": [0.3, 0.6, 0.2]}, MANY_YES, MANY_CHANCES),
    *[("AUC", {"multi_label": True, "curve": curve, **more}, MANY_YES, MANY_CHANCES)
      for curve in ("ROC", "PR") for more in ({}, {"label_weights": [0.2, 0.5, 0.3]},
                                              {"num_labels": 3, "num_thresholds": 20})],
    ("AUC", {"label_weights": [0.2, 0.5, 0.3]}, MANY_YES, MANY_CHANCES),
    ("AUC", {"from_logits": True}, MANY_YES, REALS),
    *[(name, {"average": average, "threshold": threshold, **more}, target, output)
      for name, more in (("F1Score", {}), ("FBetaScore", {"beta": 2.0}))
      for average in (None, "micro", "macro", "weighted")
      for threshold, target, output in ((None, ONE_HOT, SCORES), (None, ONE_CLASS, EXACT),
                                        (0.4, MANY_YES, MANY_CHANCES))],
    ("IoU", {"num_classes": 4, "target_class_ids": [0, 2]}, CLASSES, labels(4, 6)),
    ("IoU", {"num_classes": 3, "target_class_ids": [1], "sparse_y_pred": False}, labels(3, 6, 2),
     uniform(6, 2, 3)),
    ("MeanIoU", {"num_classes": 4}, labels(4, 6, 5), labels(4, 6, 5)),
    ("MeanIoU", {"num_classes": 4, "ignore_class": 1}, labels(6, 6, 5), labels(4, 6, 5)),
    ("MeanIoU", {"num_classes": 4}, [0] * 6, [0] * 6),
    ("BinaryIoU", {}, MANY_YES, MANY_CHANCES),
    ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.25}, MANY_YES, MANY_EDGES),
    ("OneHotIoU", {"num_classes": 4, "target_class_ids": [0, 1]}, ONE_HOT, SCORES),
    ("OneHotMeanIoU", {"num_classes": 4}, ONE_HOT, SCORES),
    ("RootMeanSquaredError", {}, REALS, NEAR),
    *[("R2Score", {"class_aggregation": how, "num_regressors": count}, REALS, NEAR)
      for how in (None, "uniform_average", "variance_weighted_average") for count in (0, 2)],
    ("R2Score", {}, [[1, 2]] * 6, uniform(6, 2)),
    ("CosineSimilarity", {}, REALS, NEAR),
    ("CosineSimilarity", {}, EXACT, [[0, 0, 0, 0]] + EXACT[1:]),
    ("PearsonCorrelation", {}, REALS, NEAR),
    ("ConcordanceCorrelation", {}, REALS, NEAR),
    *[(name, {}, REALS, NEAR) for name in ("MeanSquaredError", "MeanAbsoluteError",
                                           "MeanAbsolutePercentageError", "LogCoshError")],
    ("MeanSquaredLogarithmicError", {}, COUNTS, POSITIVE),
    ("KLDivergence", {}, distribution(6, 4), SCORES),
    ("KLDivergence", {}, ONE_HOT, EXACT),
    ("Poisson", {}, COUNTS, POSITIVE),
    *[(name, {}, target, REALS) for name in ("Hinge", "SquaredHinge")
      for target in (SIGNS, MANY_YES)],
    ("CategoricalHinge", {}, ONE_HOT, SCORES),
    *[("BinaryCrossentropy", options, MANY_YES, output)
      for options, output in (({}, MANY_CHANCES), ({}, MANY_EDGES), ({"from_logits": True}, REALS),
                              ({"label_smoothing": 0.2}, MANY_CHANCES))],
    *[("CategoricalCrossentropy", options, ONE_HOT, output)
      for options, output in (({}, SCORES), ({}, EXACT),
                              ({"from_logits": True, "label_smoothing": 0.1}, uniform(6, 4)))],
    *[("SparseCategoricalCrossentropy", options, CLASSES, output)
      for options, output in (({}, SCORES), ({"from_logits": True}, uniform(6, 4)),
                              ({"ignore_class": CLASSES[0]}, SCORES))],
]


def updated(name: str, options: dict, target: list, output: list,
            weights: list | None) -> keras.metrics.Metric:
    """The metric after two updates, of two rows and of the rest."""
    metric = getattr(keras.metrics, name)(**options)
    keeps_integers = name.startswith("Sparse") or "IoU" in name
    target, output = np.asarray(target), np.asarray(output, "float32")
    if not (keeps_integers and target.dtype.kind == "i"):
        target = target.astype("float32")
    for rows in (slice(0, 2), slice(2, None)):
        metric.update_state(target[rows], output[rows],
                            None if weights is None else np.asarray(weights, "float32")[rows])
    return metric


def takes_row_weights(name: str, options: dict, target: list, output: list) -> bool:
    """Of several positions a row, Keras's IoUs want a weight for each."""
    return name in ("OneHotIoU", "OneHotMeanIoU") or "IoU" not in name or np.ndim(target) == 1


def case(name: str, options: dict, target: list, output: list) -> dict:
    arguments = (name, options, target, output)
    metric = updated(*arguments, None)
    config = {key: golden.numbers(value) if keras.ops.is_tensor(value) else value
              for key, value in metric.get_config().items() if key not in ("name", "dtype")}
    weighted = ({"weights": WEIGHTS,
                 "weighted_result": golden.numbers(updated(*arguments, WEIGHTS).result())}
                if takes_row_weights(*arguments) else {})
    return {"metric": name, "options": options, "target": target, "output": output,
            "result": golden.numbers(metric.result()), **weighted, "config": config}


def main() -> None:
    golden.write("metrics", __file__, [case(*arguments) for arguments in CASES],
                 "result: after an update with the first two rows and one with the others; "
                 "weighted_result: the same, each row times its weight.")


if __name__ == "__main__":
    main()

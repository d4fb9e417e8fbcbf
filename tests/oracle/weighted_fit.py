"""tests/golden/weighted_fit.json: what Keras's fit and evaluate make of sample and class weights."""

import golden
import keras
import numpy as np

RANDOM = np.random.default_rng(5)
X = RANDOM.normal(0, 1, (10, 4)).round(3).astype("float32")
LABELS = np.array([0, 2, 1, 0, 2, 2, 1, 0, 1, 2])
KERNEL = RANDOM.normal(0, 0.5, (4, 3)).round(3).astype("float32")
WEIGHTS = np.array([0.5, 2, 1, 0, 3, 1, 1.5, 0.25, 1, 2], "float32")
CLASS_WEIGHT = {0: 0.5, 2: 3.0}
BATCH, EPOCHS, RATE = 4, 2, 0.5


def compiled() -> keras.Model:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.layers[0].set_weights([KERNEL, np.zeros(3, "float32")])
    model.compile(optimizer=keras.optimizers.SGD(RATE), loss="categorical_crossentropy",
                  metrics=["categorical_accuracy", keras.metrics.AUC(num_thresholds=20, name="auc"),
                           keras.metrics.F1Score(average="macro")],
                  weighted_metrics=["categorical_accuracy",
                                    keras.metrics.AUC(num_thresholds=20, name="auc"),
                                    keras.metrics.Recall(name="recall")])
    return model


def trained(sample_weight: bool, class_weight: bool) -> dict:
    model, targets = compiled(), np.eye(3, dtype="float32")[LABELS]
    weights = WEIGHTS if sample_weight else None
    history = model.fit(X, targets, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0,
                        sample_weight=weights, class_weight=CLASS_WEIGHT if class_weight else None)
    evaluated = model.evaluate(X, targets, batch_size=BATCH, verbose=0, sample_weight=weights,
                               return_dict=True)
    return {"sample_weight": sample_weight, "class_weight": class_weight,
            "history": [{name: golden.numbers(np.float32(values[epoch]))
                         for name, values in history.history.items()} for epoch in range(EPOCHS)],
            "evaluated": {name: golden.numbers(np.float32(value))
                          for name, value in evaluated.items()},
            "kernel": golden.numbers(model.layers[0].get_weights()[0])}


def main() -> None:
    given = {"x": golden.numbers(X), "labels": LABELS.tolist(), "kernel": golden.numbers(KERNEL),
             "weights": golden.numbers(WEIGHTS), "batch_size": BATCH, "learning_rate": RATE,
             "class_weight": {str(label): weight for label, weight in CLASS_WEIGHT.items()}}
    golden.write("weighted_fit", __file__,
                 [given, *(trained(*which) for which in ((False, False), (True, False),
                                                         (False, True)))],
                 "The first case is what the others start from.")


if __name__ == "__main__":
    main()

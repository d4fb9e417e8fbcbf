"""tests/golden/functional_fit.json: what Keras's fit, evaluate and predict make of a model with two
inputs, a shared layer and two outputs, each with its loss, loss weight and metrics.

All batches are whole: Keras 3 averages an output's loss over batches, a short last one like the
others (tf-keras over samples, as for the total)."""

import json

import golden
import keras
import numpy as np

RANDOM = np.random.default_rng(6)
LEFT = RANDOM.normal(0, 1, (12, 4)).round(3).astype("float32")
RIGHT = RANDOM.normal(0, 1, (12, 4)).round(3).astype("float32")
LABELS = np.array([0, 2, 1, 0, 2, 2, 1, 0, 1, 2, 0, 1])
HEIGHTS = RANDOM.normal(0, 1, (12, 1)).round(3).astype("float32")
WEIGHTS = np.array([0.5, 2, 1, 0, 3, 1, 1.5, 0.25, 1, 2, 1, 0.5], "float32")
BATCH, EPOCHS, RATE = 4, 2, 0.25


def compiled() -> keras.Model:
    keras.backend.clear_session()
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    shared = keras.layers.Dense(5, activation="tanh", name="shared", kernel_regularizer="l2")
    both = keras.layers.Concatenate(name="both")([shared(left), shared(right)])
    difference = keras.layers.Subtract(name="difference")([shared(left), shared(right)])
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(both)
    height = keras.layers.Dense(1, name="height")(keras.layers.Multiply(name="square")(
        [difference, difference]))
    model = keras.Model([left, right], [kind, height])
    random = np.random.default_rng(7)
    model.set_weights([random.normal(0, 0.5, w.shape).round(3) for w in model.get_weights()])
    model.compile(optimizer=keras.optimizers.SGD(RATE),
                  loss={"kind": "sparse_categorical_crossentropy", "height": "mean_squared_error"},
                  loss_weights={"kind": 1.0, "height": 0.5},
                  metrics={"kind": ["accuracy"], "height": ["mae"]},
                  weighted_metrics={"kind": ["accuracy"], "height": []})
    return model


def trained(sample_weight: bool) -> dict:
    model = compiled()
    weights = {w.path: golden.numbers(w.numpy()) for w in model.weights}
    x, y = {"left": LEFT, "right": RIGHT}, [LABELS, HEIGHTS]
    # Keras has a sample_weight of each output; ours is one of the samples.
    own = [WEIGHTS, WEIGHTS] if sample_weight else None
    history = model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0,
                        sample_weight=own)
    evaluated = model.evaluate(x, y, batch_size=BATCH, verbose=0, sample_weight=own,
                               return_dict=True)
    kind, height = model.predict(x, verbose=0)
    return {"sample_weight": sample_weight, "config": json.loads(model.to_json()),
            "weights": weights,
            "history": [{name: golden.numbers(np.float32(values[epoch]))
                         for name, values in history.history.items()} for epoch in range(EPOCHS)],
            "evaluated": {name: golden.numbers(np.float32(value))
                          for name, value in evaluated.items()},
            "kind": golden.numbers(kind), "height": golden.numbers(height)}


def main() -> None:
    given = {"left": golden.numbers(LEFT), "right": golden.numbers(RIGHT),
             "labels": LABELS.tolist(), "heights": golden.numbers(HEIGHTS),
             "weights": golden.numbers(WEIGHTS), "batch_size": BATCH, "learning_rate": RATE}
    golden.write("functional_fit", __file__, [given, trained(False), trained(True)],
                 "The first case is what the others are fed.")


if __name__ == "__main__":
    main()

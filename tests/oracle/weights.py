"""tests/golden/regularizers.json, constraints.json, regularized.json: penalties and bounds of weights.

The last holds whole runs: a small network with regularizers and constraints everywhere, fit on six
rows in batches of four and two, with what Keras reports and the weights it ends with.
"""

import json

import golden
import keras
import numpy as np
import tensorflow as tf
from keras import constraints, regularizers
from optimizers import compute_exactly

X = [[0.5, -1.0, 0.25], [2.0, 0.0, -0.75], [0.125, 1.5, 3.0], [-0.5, 0.5, 0.0]]
REGULARIZERS = [
    regularizers.L1(0.1), regularizers.L2(0.2), regularizers.L1L2(0.3, 0.4), regularizers.L1L2(0.5),
    regularizers.OrthogonalRegularizer(0.6), regularizers.OrthogonalRegularizer(0.7, "columns"),
]
CONSTRAINTS = [
    constraints.MaxNorm(1.25), constraints.MaxNorm(1.0, axis=1), constraints.MaxNorm(2.0, [0, 1]),
    constraints.NonNeg(), constraints.UnitNorm(), constraints.UnitNorm(axis=1),
    constraints.MinMaxNorm(0.5, 1.5), constraints.MinMaxNorm(1.0, 1.5, rate=0.25, axis=-1),
]
ROWS = [[1.0, 0.5, -0.5], [0.0, 2.0, 1.0], [-1.0, 1.0, 0.25], [0.5, -0.5, 1.5], [2.0, 0.25, -1.0],
        [-0.75, 0.5, 0.5]]
TARGETS = [[1.0, 0.0], [0.5, -1.0], [0.0, 1.0], [-0.5, 0.5], [1.5, 0.25], [0.0, -0.25]]
WEIGHTS = [[[0.5, -0.25, 1.0, 0.0], [0.75, 0.5, -0.5, 0.25], [-1.0, 0.125, 0.25, 0.5]],
           [0.1, -0.2, 0.0, 0.3],
           [[1.0, 0.5], [-0.5, 0.25], [0.75, -1.0], [0.25, 0.125]], [0.2, -0.1]]
FILE = "k315_nadam.keras"
OPTIMIZERS = [
    {"class_name": "SGD", "config": {"learning_rate": 0.1, "momentum": 0.5}},
    {"class_name": "Adam", "config": {"learning_rate": 0.05, "global_clipnorm": 0.5}},
    {"class_name": "SGD", "config": {"learning_rate": 0.1, "clipnorm": 0.4,
                                     "gradient_accumulation_steps": 2, "loss_scale_factor": 4.0}},
    {"class_name": "RMSprop", "config": {"learning_rate": 0.02, "weight_decay": 0.1,
                                         "use_ema": True, "ema_momentum": 0.5}},
]


def in_double(thing):
    """A regularizer whose factor is float32 otherwise."""
    if isinstance(thing, regularizers.L1):
        thing.l1 = np.float64(float(str(np.float32(thing.l1))))
    if isinstance(thing, regularizers.OrthogonalRegularizer):
        thing.factor = np.float64(float(str(np.float32(thing.factor))))
    return thing


def plain(thing) -> dict:
    """Its description with factors as they were given: 0.1, not its float32."""
    made = keras.saving.serialize_keras_object(thing)
    made["config"] = {key: float(str(np.float32(value))) if isinstance(value, float) else value
                      for key, value in made["config"].items()}
    return made


def regularizer_case(regularizer) -> dict:
    made = {"regularizer": plain(regularizer), "x": X}
    for dtype in ("float32", "float64"):
        kind = regularizer if dtype == "float32" else in_double(regularizer)
        x = tf.constant(X, dtype)
        with tf.GradientTape() as tape:
            tape.watch(x)
            penalty = kind(x)
        made[dtype] = {"penalty": golden.numbers(penalty),
                       "gradient": golden.numbers(tape.gradient(penalty, x))}
    return made


def constraint_case(constraint) -> dict:
    return {"constraint": keras.saving.serialize_keras_object(constraint), "w": X,
            **{dtype: golden.numbers(constraint(tf.constant(X, dtype)))
               for dtype in ("float32", "float64")}}


def network() -> keras.Model:
    dense = keras.layers.Dense
    return keras.Sequential([
        keras.layers.Input((3,)),
        dense(4, activation="tanh", kernel_regularizer=regularizers.L2(0.05),
              bias_regularizer=regularizers.L1L2(0.01, 0.02),
              activity_regularizer=regularizers.L1(0.03),
              kernel_constraint=constraints.MaxNorm(1.1), bias_constraint=constraints.NonNeg(),
              name="hidden"),
        dense(2, kernel_regularizer=regularizers.OrthogonalRegularizer(0.2, "columns"),
              bias_regularizer=regularizers.L1(0.05), activity_regularizer=regularizers.L2(0.01),
              kernel_constraint=constraints.MinMaxNorm(0.5, 1.2, rate=0.5), name="last"),
    ])


def run_case(optimizer: dict) -> dict:
    keras.config.set_floatx("float32")
    model = network()
    model.set_weights([np.array(w, "float32") for w in WEIGHTS])
    model.compile(optimizer=keras.optimizers.deserialize(dict(optimizer)), loss="mse")
    x, y = np.array(ROWS, "float32"), np.array(TARGETS, "float32")
    before = model.evaluate(x, y, batch_size=4, verbose=0)
    history = model.fit(x, y, batch_size=4, epochs=3, shuffle=False, verbose=0)
    return {"optimizer": optimizer, "network": json.loads(model.to_json()),
            "before": before, "losses": history.history["loss"],
            "after": model.evaluate(x, y, batch_size=4, verbose=0),
            "weights": [golden.numbers(w) for w in model.get_weights()]}


def continued_case() -> dict:
    """A file saved in the middle of everything, and where training leads from there."""
    rate = keras.optimizers.schedules.CosineDecay(0.05, 20, alpha=0.1)
    model = network()
    model.set_weights([np.array(w, "float32") for w in WEIGHTS])
    model.compile(loss="mse", optimizer=keras.optimizers.Nadam(
        rate, clipnorm=0.5, use_ema=True, ema_momentum=0.6, gradient_accumulation_steps=2))
    x, y = np.array(ROWS, "float32"), np.array(TARGETS, "float32")
    model.fit(x, y, batch_size=2, epochs=1, shuffle=False, verbose=0)
    model.save(golden.FOLDER.parent / "saving" / "fixtures" / FILE)
    history = model.fit(x, y, batch_size=2, epochs=1, shuffle=False, verbose=0)
    return {"file": FILE, "loss": history.history["loss"][0],
            "iterations": int(model.optimizer._iterations.numpy()),
            "weights": [golden.numbers(w) for w in model.get_weights()]}


def main() -> None:
    compute_exactly()
    golden.write("regularizers", __file__, [regularizer_case(r) for r in REGULARIZERS],
                 "penalty of x, and its gradient.")
    golden.write("constraints", __file__, [constraint_case(c) for c in CONSTRAINTS],
                 "w after the constraint.")
    golden.write("regularized", __file__, [run_case(o) for o in OPTIMIZERS],
                 f"Inputs {ROWS}, targets {TARGETS}, weights from {WEIGHTS}; mse, batches of 4, three "
                 "epochs in order; the loss before, of each epoch, and after, in float32.")
    golden.write("continued", __file__, [continued_case()],
                 "One more epoch in order, in batches of 2, of the rows of regularized.json.")


if __name__ == "__main__":
    main()

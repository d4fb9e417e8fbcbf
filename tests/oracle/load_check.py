"""Opens a model that Carnyx wrote in real Keras 3: predicts, compares, trains on.

    python load_check.py MODEL EXAMPLES.npz [--architecture MODEL.json] [--tolerance 1e-5]

MODEL is a .keras file, a legacy .h5 model, or .weights.h5 with --architecture (Keras JSON).
EXAMPLES holds x [rows, ...] and expected [rows, ...], what Carnyx predicts for x. Prints PASS and
leaves with 0, or says what differs and leaves with 1.
"""

import argparse
import sys

import keras
import numpy as np


def load(path: str, architecture: str | None) -> keras.Model:
    if path.endswith(".keras"):
        return keras.saving.load_model(path)
    if not path.endswith(".weights.h5"):
        # Keras 3 cannot train on with the optimizer of any legacy file, its own ones included.
        return keras.saving.load_model(path, compile=False)
    if architecture is None:
        sys.exit("FAIL: a .weights.h5 file needs --architecture MODEL.json")
    with open(architecture, encoding="utf-8") as file:
        model = keras.models.model_from_json(file.read())
    model.load_weights(path)
    return model


def compare(model: keras.Model, x: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    predicted = model.predict(x, batch_size=128, verbose=0)
    if predicted.shape != expected.shape:
        sys.exit(f"FAIL: Keras predicts {predicted.shape}, expected is {expected.shape}")
    difference = np.abs(predicted - expected)
    worst = np.unravel_index(difference.argmax(), difference.shape)
    print(f"largest difference {difference[worst]:.3g} at {tuple(map(int, worst))}")
    if not difference[worst] <= tolerance:  # a NaN fails too
        sys.exit(f"FAIL: Keras {predicted[worst]}, expected {expected[worst]} within {tolerance}")


def train_on(model: keras.Model, x: np.ndarray, expected: np.ndarray) -> None:
    """One epoch, with the optimizer of the file or a new one; every weight must move."""
    if not model.compiled:
        model.compile(optimizer="rmsprop", loss="mse")
    before = [w.numpy() for w in model.trainable_variables]
    steps = 0 if model.optimizer is None else int(model.optimizer.iterations.numpy())
    targets = expected[::-1].copy()  # something that it does not predict yet
    if "sparse" in str(getattr(model, "loss", "")).lower():
        targets = targets.argmax(axis=-1)
    history = model.fit(x, targets, batch_size=32, epochs=1, verbose=0)
    loss = history.history["loss"][-1]
    stuck = [w.path for w, old in zip(model.trainable_variables, before)
             if np.array_equal(w.numpy(), old)]
    if not np.isfinite(loss) or stuck:
        sys.exit(f"FAIL: after one more epoch the loss is {loss}, unchanged weights: {stuck}")
    print(f"trained on from step {steps} to {int(model.optimizer.iterations.numpy())}, "
          f"loss {loss:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("examples")
    parser.add_argument("--architecture")
    parser.add_argument("--tolerance", type=float, default=1e-5)
    options = parser.parse_args()
    with np.load(options.examples) as examples:
        x, expected = examples["x"], examples["expected"]
    model = load(options.model, options.architecture)
    compare(model, x, expected, options.tolerance)
    train_on(model, x, expected)
    print("PASS")


if __name__ == "__main__":
    main()

"""Opens what Carnyx makes of a file of Keras's in Keras again: configs, weights, predictions, training.

    python layers_check.py CARNYX

CARNYX is the program; it converts tests/saving/fixtures/k315_layers.keras to a file of its own, to bare
weights, and back. Prints PASS and leaves with 0, or says what differs.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import keras
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURE = ROOT / "tests" / "saving" / "fixtures" / "k315_layers.keras"


def same_config(ours: dict, theirs: dict) -> bool:
    """But for what Keras writes of every layer."""
    return {k: v for k, v in ours.items() if k != "dtype"} == \
        {k: v for k, v in theirs.items() if k != "dtype"}


def main() -> int:
    carnyx = pathlib.Path(sys.argv[1]).resolve()
    theirs = keras.saving.load_model(FIXTURE)
    x = np.random.default_rng(4).normal(1.0, 2.0, (50, 5)).astype("float32")
    with tempfile.TemporaryDirectory() as folder:
        path, weights = folder + "/ours.keras", folder + "/ours.weights.h5"
        subprocess.run([carnyx, "convert", FIXTURE, path], check=True)
        subprocess.run([carnyx, "convert", path, weights], check=True)
        ours = keras.saving.load_model(path)
        for a, b in zip(ours.layers, theirs.layers, strict=True):
            if not same_config(json.loads(json.dumps(a.get_config())),
                               json.loads(json.dumps(b.get_config()))):
                sys.exit(f"FAIL: {a.name}: {a.get_config()} is not {b.get_config()}")
        for a, b in zip(ours.variables, theirs.variables, strict=True):
            if a.name != b.name or not np.array_equal(a.numpy(), b.numpy()):
                sys.exit(f"FAIL: {a.path} differs from {b.path}")
        blank = keras.models.clone_model(theirs)
        blank.load_weights(weights)
        for model in (ours, blank):
            difference = np.abs(model.predict(x, verbose=0) - theirs.predict(x, verbose=0)).max()
            if not difference <= 1e-6:
                sys.exit(f"FAIL: predictions differ by {difference}")
        before = [w.numpy() for w in ours.non_trainable_variables]
        loss = ours.fit(x, np.zeros((50, 2)), epochs=2, verbose=0).history["loss"]
        moved = [w.path for w, old in zip(ours.non_trainable_variables, before)
                 if "normalization" in w.path and not np.array_equal(w.numpy(), old)]
        if not loss[1] < loss[0] or moved:
            sys.exit(f"FAIL: losses {loss}, moved {moved}")
    print("PASS")
    return 0


if __name__ == "__main__":
    sys.exit(main())

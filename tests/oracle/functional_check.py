"""Random functional models between Keras 3, tf-keras and Carnyx: read, predicted with, written back.

    python functional_check.py FUNCTIONAL_CHECK [MODELS]

FUNCTIONAL_CHECK is the program of functional_check.cpp. Each plan of functional_models.py is made
by both Keras and saved in each format they have; Carnyx must predict within 1e-5 of them, and
both must load what it writes and predict the same. Prints PASS and leaves with 0, or says what differs.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import functional_models
import keras
import numpy as np
import tf_keras

ROWS = 7
TOLERANCE = 1e-5


def with_random_weights(model, seed: int):
    random = np.random.default_rng(seed)
    model.set_weights([random.normal(0, 0.5, w.shape).astype("float32") for w in model.get_weights()])
    return model


def predictions(model, inputs: dict) -> list:
    values = list(inputs.values())
    found = model.predict(values if len(values) > 1 else values[0], verbose=0)
    return found if isinstance(found, list) else [found]


def case(ours: str, inputs: dict, outputs: list, **files: str) -> dict:
    return {"ours": ours, **files,
            "inputs": {name: {"shape": list(x.shape), "values": x.ravel().tolist()}
                       for name, x in inputs.items()},
            "outputs": [y.ravel().tolist() for y in outputs]}


def make(folder: pathlib.Path, seed: int) -> list[dict]:
    plan = functional_models.random_plan(seed)
    random = np.random.default_rng(seed)
    cases = []
    for library, endings in (keras, (".keras", ".h5")), (tf_keras, (".keras", ".h5")):
        model = with_random_weights(functional_models.make(library, plan), seed)
        names = [tensor._keras_history[0].name for tensor in model.inputs]
        shapes = [(ROWS, *shape) for _, shape in plan.inputs]
        inputs = {name: random.normal(0, 1, shape).astype("float32")
                  for name, shape in zip(names, shapes, strict=True)}
        outputs = predictions(model, inputs)
        stem = f"{library.__name__}_{seed}"
        for ending in endings:
            model.save(folder / (stem + ending))
            cases.append(case(f"ours_{stem}{ending.replace('.', '_')}", inputs, outputs,
                              model=stem + ending))
        (folder / (stem + ".json")).write_text(model.to_json())
        model.save_weights(folder / (stem + ".weights.h5"))
        cases.append(case(f"ours_{stem}_json", inputs, outputs, config=stem + ".json",
                          weights=stem + ".weights.h5"))
    return cases


def loaded_back(folder: pathlib.Path, ours: str) -> list[tuple[str, object]]:
    """What each Keras makes of each of our files."""
    path = str(folder / ours)
    models = [("Keras 3, .keras", keras.saving.load_model(path + ".keras")),
              ("Keras 3, .h5", keras.saving.load_model(path + ".h5")),
              ("tf-keras, .h5", tf_keras.models.load_model(path + ".h5")),
              ("tf-keras, .h5 of 2.0", tf_keras.models.load_model(path + "_old.h5"))]
    named = keras.models.model_from_json(pathlib.Path(path + ".json").read_text())
    named.set_weights(models[0][1].get_weights())
    return [*models, ("Keras 3, JSON", named)]


def main() -> int:
    program, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        cases = [c for seed in range(count) for c in make(folder, seed)]
        (folder / "cases.json").write_text(json.dumps(cases))
        subprocess.run([program, folder], check=True)
        most = 0.0
        for c in cases:
            inputs = {name: np.array(x["values"], "float32").reshape(x["shape"])
                      for name, x in c["inputs"].items()}
            for what, model in loaded_back(folder, c["ours"]):
                for found, wanted in zip(predictions(model, inputs), c["outputs"], strict=True):
                    difference = float(np.abs(found.ravel() - np.array(wanted, "float32")).max())
                    if not difference <= TOLERANCE:
                        sys.exit(f"FAIL: {c['ours']} in {what}: predictions differ by {difference}")
                    most = max(most, difference)
        print(f"PASS: {len(cases)} files of ours in both Keras, predictions within {most:.2g}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""tests/golden/summaries.json: 20 random Sequential models, as Keras 3's JSON and printed tables;
tests/golden/functional_summaries.json: 12 random functional ones, as both Keras's JSON and tables.

Every model is built twice from one list of layers: by Keras 3, for its config and its own table,
and by tf-keras (Keras 2), for the table of fixed width. Names left to Keras count from a fresh
session.
"""

import json
import os
import random

os.environ["COLUMNS"] = "80"  # what Keras 3's table takes for the terminal's width

import functional_models  # noqa: E402
import golden  # noqa: E402
import keras  # noqa: E402
import tf_keras  # noqa: E402

LINE_LENGTH = 65
ACTIVATIONS = ["relu", "tanh", "sigmoid", "gelu", "softmax", "linear"]
NAMES = ["hidden", "features", "x", "Layer-1", "dense_42", "fully.connected",
         "a_name_that_is_rather_long_for_its_column",
         "another_name_much_too_long_for_any_column_at_all"]


def divisors(count: int) -> list[int]:
    return [d for d in range(1, count + 1) if count % d == 0]


def random_layers(rng: random.Random) -> tuple[list[int], list[tuple[str, dict]]]:
    """An input shape and (class, arguments) pairs; every layer fits the one before."""
    shape = [rng.choice([1, 3, 8, 28, 100])] * rng.choice([1, 1, 2]) + [rng.choice([1, 3, 12, 784])]
    shape = shape[rng.choice([0, 1]):]
    layers, given, current = [], iter(rng.sample(NAMES, len(NAMES))), list(shape)
    for _ in range(rng.randint(1, 7)):
        kind = rng.choice(["Dense"] * 3 + ["Dropout", "Activation", "Flatten", "Reshape"])
        own: dict = {}
        if kind == "Dense":
            few_inputs = current[-1] <= 4000  # else its kernel would fill the memory
            current[-1] = rng.choice([1, 5, 10, 64, 511, 1024, 3000] if few_inputs else [1, 5, 10])
            own = {"units": current[-1], "use_bias": rng.random() < 0.8}
            if rng.random() < 0.5:
                own["activation"] = rng.choice(ACTIVATIONS)
        elif kind == "Dropout":
            own = {"rate": rng.choice([0.2, 0.25, 0.5])}
        elif kind == "Activation":
            own = {"activation": rng.choice(ACTIVATIONS)}
        else:
            size = 1
            for axis in current:
                size *= axis
            current = [size]
            if kind == "Reshape":
                first = rng.choice(divisors(size))
                current = [first, size // first]
                own = {"target_shape": [first, -1] if rng.random() < 0.3 else current[:]}
        if rng.random() < 0.3:
            own["name"] = next(given)
        layers.append((kind, own))
    return shape, layers


def table(model, **options) -> str:
    """What the model prints, to the byte."""
    pieces: list[str] = []

    def keep(text: str) -> None:  # tf-keras gives lines, Keras 3 all at once with its newline
        pieces.append(text if text.endswith("\n") else text + "\n")

    model.summary(print_fn=keep, **options)
    return "".join(pieces)


def build(library, shape: list[int], layers: list[tuple[str, dict]], name: str | None):
    library.backend.clear_session()
    first = library.layers.Input(shape) if library is keras else library.layers.InputLayer(shape)
    own = {"name": name} if name else {}
    return library.Sequential(
        [first, *[getattr(library.layers, kind)(**arguments) for kind, arguments in layers]], **own)


def case(seed: int) -> dict:
    rng = random.Random(seed)
    shape, layers = random_layers(rng)
    name = rng.choice([None, None, "my_model"])
    ours = build(keras, shape, layers, name)
    theirs = build(tf_keras, shape, layers, name)
    return {"config": json.loads(ours.to_json()),
            "parameters": ours.count_params(),
            "tf_keras": table(theirs, line_length=LINE_LENGTH),
            "keras3": table(ours)}


def functional_case(seed: int) -> dict:
    plan = functional_models.random_plan(seed)
    case = {}
    for name, library in ("keras3", keras), ("tf_keras", tf_keras):
        model = functional_models.make(library, plan)
        case |= {f"{name}_config": json.loads(model.to_json()),
                 f"{name}_layers": [layer.name for layer in model.layers],
                 name: table(model)}
    return case


def main() -> None:
    golden.write("summaries", __file__, [case(seed) for seed in range(20)],
                 f"tf_keras: summary(line_length={LINE_LENGTH}); keras3: summary() in 80 columns.",
                 tf_keras=tf_keras.__version__)
    golden.write("functional_summaries", __file__, [functional_case(seed) for seed in range(12)],
                 "tf_keras: summary(); keras3: summary() in 80 columns.",
                 tf_keras=tf_keras.__version__)


if __name__ == "__main__":
    main()

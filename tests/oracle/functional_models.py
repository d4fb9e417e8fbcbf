"""Random functional models: branches, merging layers, shared layers, several inputs and outputs.

A plan is a value: the same model is made of it by Keras 3 and by tf-keras.
"""

import random
from dataclasses import dataclass, field

ACTIVATIONS = ["relu", "tanh", "sigmoid", "gelu", "softmax", "linear"]
NAMES = ["hidden", "features", "x", "Layer-1", "dense_42", "fully.connected",
         "a_name_that_is_rather_long_for_its_column",
         "another_name_much_too_long_for_any_column_at_all"]
ELEMENTWISE = ["Add", "Multiply", "Average", "Maximum", "Minimum", "Subtract"]


@dataclass
class Plan:
    """Values are numbered: the inputs first, then what each call makes."""
    name: str | None
    inputs: list[tuple[str | None, tuple[int, ...]]]
    layers: list[tuple[str, dict]] = field(default_factory=list)
    calls: list[tuple[int, list[int]]] = field(default_factory=list)  # layer, values
    outputs: list[int] = field(default_factory=list)


class Planner:
    def __init__(self, seed: int):
        self.rng = rng = random.Random(seed)
        self.names = iter(rng.sample(NAMES, len(NAMES)))
        inputs = []
        for i in range(rng.choice([1, 1, 2, 3])):
            shape = rng.choice([(4,), (6,), (3, 4), (2, 6)])
            inputs.append((rng.choice([None, f"in_{'cba'[i]}"]), shape))
        self.plan = Plan(rng.choice([None, None, "my_model"]), inputs)
        self.shapes = [shape for _, shape in inputs]
        self.used: set[int] = set()

    def name(self) -> dict:
        return {"name": next(self.names)} if self.rng.random() < 0.2 else {}

    def value(self) -> int:
        """A late one, or one that nothing uses, more often than others."""
        unused = [i for i in range(len(self.shapes)) if i not in self.used]
        some = [self.rng.randrange(len(self.shapes)) for _ in range(2)] + unused
        return self.rng.choice(some)

    def call(self, layer: int, values: list[int], shape: tuple[int, ...]) -> int:
        self.plan.calls.append((layer, values))
        self.used.update(values)
        self.shapes.append(shape)
        return len(self.shapes) - 1

    def layer(self, kind: str, options: dict) -> int:
        self.plan.layers.append((kind, options | self.name()))
        return len(self.plan.layers) - 1

    def dense(self, value: int, units: int) -> int:
        shape = self.shapes[value]
        fitting = [layer for layer, values in self.plan.calls
                   if self.plan.layers[layer][0] == "Dense"
                   and self.plan.layers[layer][1]["units"] == units
                   and self.shapes[values[0]][-1] == shape[-1]]
        if fitting and self.rng.random() < 0.5:
            layer = self.rng.choice(fitting)
        else:
            layer = self.layer("Dense", {"units": units,
                                         "activation": self.rng.choice(ACTIVATIONS),
                                         "use_bias": self.rng.random() < 0.8})
        return self.call(layer, [value], (*shape[:-1], units))

    def flat(self, value: int) -> int:
        rows, columns = self.shapes[value]
        layer = self.layer("Reshape", {"target_shape": [rows * columns]})
        return self.call(layer, [value], (rows * columns,))

    def merge(self) -> None:
        rng = self.rng
        values = [self.value() for _ in range(rng.choice([2, 2, 3]))]
        if rng.random() < 0.4:
            values = [self.flat(v) if len(self.shapes[v]) > 1 else v for v in values]
            if rng.random() < 0.5:
                columns = sum(self.shapes[v][-1] for v in values)
                self.call(self.layer("Concatenate", {"axis": rng.choice([1, -1])}), values, (columns,))
                return
        kind = rng.choice(ELEMENTWISE)
        if kind == "Subtract":
            values = values[:2]
        rows = {self.shapes[v][0] for v in values if len(self.shapes[v]) > 1}
        if len(rows) > 1:
            return
        units = self.shapes[values[0]][-1]
        values = [v if self.shapes[v][-1] == units else self.dense(v, units) for v in values]
        self.call(self.layer(kind, {}), values, (*rows, units))

    def step(self) -> None:
        rng = self.rng
        kind = rng.choice(["Dense"] * 3 + ["merge"] * 3 + ["Activation", "Dropout",
                                                          "LayerNormalization", "flat"])
        value = self.value()
        shape = self.shapes[value]
        if kind == "Dense":
            self.dense(value, rng.choice([3, 4, 6, 11]))
        elif kind == "merge":
            self.merge()
        elif kind == "flat":
            if len(shape) > 1:
                self.flat(value)
        else:
            options = {"Activation": {"activation": rng.choice(ACTIVATIONS)},
                       "Dropout": {"rate": 0.25}, "LayerNormalization": {}}[kind]
            self.call(self.layer(kind, options), [value], shape)


def random_plan(seed: int) -> Plan:
    planner = Planner(seed)
    while len(planner.plan.calls) < planner.rng.randint(3, 16):
        planner.step()
    first = len(planner.plan.inputs)
    ends = [i for i in range(first, len(planner.shapes)) if i not in planner.used]
    planner.rng.shuffle(ends)
    planner.plan.outputs = ends[:3]
    return planner.plan


def make(library, plan: Plan):
    """The model of `library`, keras or tf_keras; names left to it count from a fresh session."""
    library.backend.clear_session()
    layers = library.layers
    values = [library.Input(shape, **({"name": name} if name else {})) for name, shape in plan.inputs]
    inputs = values[:]
    made = {}
    for layer, sources in plan.calls:
        kind, options = plan.layers[layer]
        if layer not in made:
            made[layer] = getattr(layers, kind)(**options)
        tensors = [values[i] for i in sources]
        merges = kind in ELEMENTWISE or kind == "Concatenate"
        values.append(made[layer](tensors if merges else tensors[0]))
    own = {"name": plan.name} if plan.name else {}
    return library.Model(inputs, [values[i] for i in plan.outputs], **own)

"""tests/golden/initializers.json: the ranges and moments of what Keras 3's initializers draw.

Keras's generator is not ours, so the numbers themselves can't be compared; their statistics can.
"""

import golden
import keras
import numpy as np

NAMES = ["glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform",
         "lecun_normal", "random_uniform", "random_normal", "truncated_normal"]
SHAPES = [(784, 512), (512, 10), (10, 512), (1000,), (3, 3, 16, 32)]
DRAWS = 20


def case(name: str, shape: tuple[int, ...]) -> dict:
    draws = []
    for seed in range(DRAWS):
        initializer = keras.initializers.get(name)
        initializer.seed = seed
        draws.append(np.asarray(initializer(shape, dtype="float32"), np.float64).ravel())
    values = np.concatenate(draws)
    made = {"initializer": name, "shape": list(shape), "values": len(values),
            "min": values.min(), "max": values.max(), "mean": values.mean(), "std": values.std()}
    if name.startswith(("glorot", "he", "lecun")):
        fan_in, fan_out = keras.src.initializers.random_initializers.compute_fans(shape)
        made |= {"fan_in": int(fan_in), "fan_out": int(fan_out)}
    return {k: round(v, 7) if isinstance(v, float) else v for k, v in made.items()}


def main() -> None:
    cases = [case(name, shape) for name in NAMES for shape in SHAPES]
    golden.write("initializers", __file__, cases,
                 f"Over {DRAWS} draws of each shape; `values` numbers in all.")


if __name__ == "__main__":
    main()

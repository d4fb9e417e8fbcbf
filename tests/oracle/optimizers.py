"""tests/golden/optimizers.json and schedules.json: what Keras 3's optimizers do with given gradients.

Each optimizer runs alone and with every option that all have, on w [2, 2] and b [2]; the gradient of
element i (w's first) at step s, from 0, is ((7 s + 5 i) mod 17 - 8) / 8.
"""

import sys

import golden
import keras
import numpy as np
import tensorflow as tf
from keras import optimizers
from keras.optimizers import schedules

W, B = [[0.5, -1.0], [2.0, 0.25]], [0.1, -0.2]
AFTER = [1, 3, 7]  # steps whose weights are kept
OWN = {
    "SGD": [{"learning_rate": 0.1}, {"learning_rate": 0.1, "momentum": 0.9},
            {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}],
    "RMSprop": [{"learning_rate": 0.01}, {"learning_rate": 0.01, "momentum": 0.5, "centered": True}],
    "Adam": [{"learning_rate": 0.01}, {"learning_rate": 0.01, "amsgrad": True}],
    "AdamW": [{"learning_rate": 0.01}, {"learning_rate": 0.01, "weight_decay": 0.2}],
    "Adamax": [{"learning_rate": 0.01}],
    "Nadam": [{"learning_rate": 0.01}],
    "Adadelta": [{"learning_rate": 1.0}, {"learning_rate": 0.5, "rho": 0.8, "epsilon": 1e-3}],
    "Adagrad": [{"learning_rate": 0.1, "initial_accumulator_value": 0.125}, {"learning_rate": 0.1, "initial_accumulator_value": 0.5}],
    # Initial values are float32 in a double model, too; these are exact.
    "Ftrl": [{"learning_rate": 0.1, "initial_accumulator_value": 0.125},
             {"learning_rate": 0.1, "learning_rate_power": -0.4, "l1_regularization_strength": 0.1,
              "l2_regularization_strength": 0.2, "l2_shrinkage_regularization_strength": 0.3,
              "beta": 0.4, "initial_accumulator_value": 0.25}],
    "Lion": [{"learning_rate": 0.01}],
}
COMMON = [
    {"weight_decay": 0.1}, {"clipnorm": 0.5}, {"global_clipnorm": 0.5}, {"clipvalue": 0.3},
    {"use_ema": True, "ema_momentum": 0.8},
    {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 3},
    {"loss_scale_factor": 8.0}, {"gradient_accumulation_steps": 2},
    {"gradient_accumulation_steps": 3, "clipnorm": 0.4, "use_ema": True, "ema_momentum": 0.6,
     "ema_overwrite_frequency": 2, "loss_scale_factor": 4.0, "weight_decay": 0.05},
    {"gradient_accumulation_steps": 2, "global_clipnorm": 0.3, "loss_scale_factor": 2.0},
]
EXPONENTIAL = schedules.ExponentialDecay(0.1, 2, 0.5)
STEPS = [0, 1, 2, 3, 5, 9, 10, 11, 20, 29, 30, 31, 50, 69, 70, 99, 100, 101, 150, 200, 1000, 12345]
SCHEDULES = [
    schedules.ExponentialDecay(0.1, 10, 0.9),
    schedules.ExponentialDecay(0.1, 10, 0.9, staircase=True),
    schedules.PiecewiseConstantDecay([10, 30, 100], [0.1, 0.05, 0.02, 0.01]),
    schedules.PiecewiseConstantDecay([20], [1.0, 0.5]),
    schedules.PolynomialDecay(0.1, 100),
    schedules.PolynomialDecay(0.1, 30, end_learning_rate=0.02, power=0.5),
    schedules.PolynomialDecay(0.1, 30, end_learning_rate=0.01, power=2.0, cycle=True),
    schedules.InverseTimeDecay(0.1, 10, 0.5),
    schedules.InverseTimeDecay(0.1, 10, 0.5, staircase=True),
    schedules.CosineDecay(0.1, 100),
    schedules.CosineDecay(0.1, 100, alpha=0.1),
    schedules.CosineDecay(0.0, 60, alpha=0.2, warmup_target=0.1, warmup_steps=10),
    schedules.CosineDecayRestarts(0.1, 10),
    schedules.CosineDecayRestarts(0.1, 10, t_mul=1.0, m_mul=0.9, alpha=0.1),
    schedules.CosineDecayRestarts(0.1, 20, t_mul=1.5, m_mul=0.8, alpha=0.05),
]


def compute_exactly() -> None:
    """TensorFlow takes a Python number by way of float32; in float64 that moves 0.9 by 2e-8."""
    core = keras.src.backend.tensorflow.core
    convert, cast = core.convert_to_tensor, core.cast
    numbers = (int, float)

    def exact_convert(x, dtype=None, sparse=None, ragged=None):
        if isinstance(x, numbers) and not isinstance(x, bool) and dtype == "float64":
            return tf.constant(x, dtype)
        return convert(x, dtype, sparse, ragged)

    def exact_cast(x, dtype):
        return tf.constant(x, dtype) if isinstance(x, numbers) else cast(x, dtype)

    for module in list(sys.modules.values()):
        for name, old, new in (("convert_to_tensor", convert, exact_convert),
                               ("cast", cast, exact_cast)):
            if getattr(module, name, None) is old:
                setattr(module, name, new)
    keras.src.ops.cast = exact_cast
    plain = tf.cast
    tf.cast = lambda x, dtype: tf.constant(x, dtype) if isinstance(x, numbers) else plain(x, dtype)


def in_double(schedule: schedules.LearningRateSchedule) -> schedules.LearningRateSchedule:
    """Its numbers as float64; a Python float would make it compute in float32."""
    def wide(value):
        if isinstance(value, list):
            return [wide(item) for item in value]
        return np.float64(value) if isinstance(value, float) else value

    return type(schedule)(**{key: wide(value) for key, value in schedule.get_config().items()})


def gradient(step: int) -> np.ndarray:
    return np.array([((7 * step + 5 * i) % 17 - 8) / 8 for i in range(6)])


def run(name: str, options: dict, dtype: str) -> tuple[list[str], list]:
    keras.config.set_floatx(dtype)
    w = keras.Variable(W, dtype=dtype, name="w")
    b = keras.Variable(B, dtype=dtype, name="b")
    if dtype == "float64" and not isinstance(options["learning_rate"], float):
        options = options | {"learning_rate": in_double(options["learning_rate"])}
    optimizer = getattr(optimizers, name)(**options)
    optimizer.build([w, b])
    kept = []
    for step in range(AFTER[-1]):
        g = gradient(step) * (options.get("loss_scale_factor") or 1)
        optimizer.apply([keras.ops.convert_to_tensor(g[:4].reshape(2, 2), dtype),
                         keras.ops.convert_to_tensor(g[4:], dtype)], [w, b])
        if step + 1 in AFTER:
            kept.append(golden.numbers(np.concatenate([w.numpy().ravel(), b.numpy()])))
    names = [v.path.split("/")[-1] for v in optimizer.variables if v.shape != ()]
    return names, kept


def case(name: str, options: dict) -> dict:
    config = dict(options)
    if not isinstance(config["learning_rate"], float):
        config["learning_rate"] = schedules.serialize(config["learning_rate"])
    keras.config.set_floatx("float32")
    names, narrow = run(name, options, "float32")
    return {"optimizer": name, "config": config, "slots": names, "float32": narrow,
            "float64": run(name, options, "float64")[1]}


def optimizer_cases() -> list[dict]:
    cases = []
    for name, variants in OWN.items():
        cases += [case(name, own) for own in variants]
        for common in COMMON:
            if name != "AdamW" or "weight_decay" not in common:
                cases.append(case(name, variants[-1] | common))
        cases.append(case(name, variants[0] | {"learning_rate": EXPONENTIAL}))
    return cases


def schedule_case(schedule: schedules.LearningRateSchedule) -> dict:
    made = {"schedule": schedules.serialize(schedule)}
    for dtype, kind in (("float32", schedule), ("float64", in_double(schedule))):
        keras.config.set_floatx(dtype)
        made[dtype] = [golden.numbers(np.asarray(kind(keras.ops.array(step, "int64"))))
                       for step in STEPS]
    return made


def main() -> None:
    compute_exactly()
    golden.write("optimizers", __file__, optimizer_cases(),
                 f"w from {W} and b from {B}, side by side, after steps {AFTER}; slots: the "
                 "optimizer's variables but its scalars, in order.")
    golden.write("schedules", __file__, [schedule_case(s) for s in SCHEDULES],
                 f"The learning rates of steps {STEPS}.")


if __name__ == "__main__":
    main()

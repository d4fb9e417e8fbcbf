"""tests/golden/activations.json: every activation of Keras 3 where it is easy to get wrong."""

import golden
import keras
import numpy as np
import tensorflow as tf

ELEMENTWISE = ["linear", "relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "sigmoid",
               "hard_sigmoid", "hard_silu", "tanh", "softplus", "softsign", "mish", "exponential"]
ROWWISE = ["softmax", "log_softmax"]

# Kinks, both zeros, tiny, saturated and overflowing arguments, a little around each.
EDGES = [-1000, -104, -88.8, -50, -20, -10, -6, -5, -3.0001, -3, -2.9999, -2.5, -1, -0.5, -0.01,
         -1e-8, -1e-30, -0.0, 0.0, 1e-30, 1e-8, 0.01, 0.5, 1, 2.5, 2.9999, 3, 3.0001, 5.9999, 6,
         6.0001, 10, 20, 50, 88.8, 104, 1000]
ROWS = [[0, 0, 0, 0], [1, 2, 3, 4], [1000, 1000, 999, -1000], [-1000, -1001, -1002, -1003],
        [88.8, 88.7, -88.8, 0], [1e-8, -1e-8, 0, 0], [50, -50, 49.5, -49.5],
        [-3.5, 0.25, 7.75, 0.25]]
UPSTREAM = [0.5, -1, 2, 0.25]  # a sum of softmax's outputs would have no gradient


def evaluate(name: str, x: list, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    """Keras's output and the gradient of sum(output * upstream), upstream 1 where elementwise."""
    keras.config.set_floatx(dtype)
    inputs = tf.constant(x, dtype)
    upstream = tf.constant(UPSTREAM if name in ROWWISE else 1.0, dtype)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = keras.activations.get(name)(inputs)
        total = tf.reduce_sum(outputs * upstream)
    gradient = tape.gradient(total, inputs)
    return np.asarray(outputs), np.asarray(gradient)


def case(name: str, x: list) -> dict:
    made = {"activation": name, "x": golden.numbers(np.asarray(x, np.float64))}
    for dtype in ("float32", "float64"):
        outputs, gradient = evaluate(name, x, dtype)
        made[dtype] = {"y": golden.numbers(outputs), "gradient": golden.numbers(gradient)}
    if name in ROWWISE:
        made["upstream"] = UPSTREAM
    return made


def main() -> None:
    cases = [case(name, EDGES) for name in ELEMENTWISE] + [case(name, ROWS) for name in ROWWISE]
    golden.write("activations", __file__, cases,
                 "float32 is Keras at its default; float64 the same functions in double precision. "
                 "gradient is that of sum(y * upstream), upstream 1 where not given.")


if __name__ == "__main__":
    main()

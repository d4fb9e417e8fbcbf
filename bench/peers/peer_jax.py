"""The best that a user of JAX could write by hand: one jitted lax.scan an epoch, data resident.

Shuffle, gather, cast, forward, backward and update are one XLA program; weights and slots are
donated, so they are updated in place.
"""

import argparse
import os
import time

import peer
import workload

chosen = peer.arguments(__doc__, ["scan"])
os.environ.setdefault("JAX_PLATFORMS", "cpu")
started = time.perf_counter()
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402

import_s = time.perf_counter() - started


def initial_weights(network: workload.Network, key: jax.Array) -> list[tuple[jax.Array, jax.Array]]:
    weights = []
    for rows, columns in network.shapes():
        key, used = jax.random.split(key)
        limit = (6 / (rows + columns)) ** 0.5  # glorot_uniform
        weights.append((jax.random.uniform(used, (rows, columns), minval=-limit, maxval=limit),
                        jnp.zeros(columns)))
    return weights


def forward(network, weights, x, dtype, key=None):
    """Logits [batch, classes], float32. With a key: with dropout."""
    for index, (kernel, bias) in enumerate(weights):
        x = x.astype(dtype) @ kernel.astype(dtype) + bias.astype(dtype)
        if index + 1 == len(weights):
            return x.astype(jnp.float32)
        x = jax.nn.relu(x) if network.activation == "relu" else jnp.tanh(x)
        if key is not None and network.dropout > 0:
            keep = 1 - network.dropout
            kept = jax.random.bernoulli(jax.random.fold_in(key, index), keep, x.shape)
            x = jnp.where(kept, x / keep, jnp.zeros_like(x)).astype(dtype)
    return x


def clipped(gradients, limit):
    if limit is None:
        return gradients
    norm = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree.leaves(gradients)))
    return jax.tree.map(lambda g: g * jnp.minimum(1.0, limit / norm), gradients)


def updated(network, weights, slots, gradients, step):
    if network.optimizer == "rmsprop":
        rho = workload.RHO
        slots = jax.tree.map(lambda v, g: rho * v + (1 - rho) * g * g, slots, gradients)
        return jax.tree.map(lambda w, v, g: w - workload.LEARNING_RATE * g * jax.lax.rsqrt(
            v + workload.EPSILON), weights, slots, gradients), slots
    first, second = slots
    b1, b2 = workload.BETA_1, workload.BETA_2
    first = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, first, gradients)
    second = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, second, gradients)
    rate = workload.LEARNING_RATE * jnp.sqrt(1 - b2 ** (step + 1.0)) / (1 - b1 ** (step + 1.0))
    return jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + workload.EPSILON),
                        weights, first, second), (first, second)


class Scan:
    def __init__(self, network: workload.Network, data: workload.Data,
                 options: argparse.Namespace) -> None:
        self.network, self.data = network, data
        self.dtype = jnp.bfloat16 if options.precision == "mixed_bfloat16" else jnp.float32
        key = jax.random.key(options.seed, impl="rbg")  # the cheapest generator JAX has
        weights = initial_weights(network, key)
        zeros = jax.tree.map(jnp.zeros_like, weights)
        slots = zeros if network.optimizer == "rmsprop" else (zeros, jax.tree.map(jnp.copy, zeros))
        self.state = weights, slots, jnp.zeros((), jnp.int32), key
        self.images, self.labels = jnp.asarray(data.train_images), jnp.asarray(data.train_labels)
        epoch = jax.jit(self.make_epoch(), donate_argnums=0)
        self.run_epoch = epoch.lower(self.state, self.images, self.labels).compile()

    def make_epoch(self):
        network, rows = self.network, len(self.data.train_labels)
        whole = rows - rows % network.batch_size

        def step(state, picked, images, labels):
            weights, slots, count, key = state
            used = jax.random.fold_in(key, count)

            def loss_of(w):
                x = images[picked].astype(jnp.float32) * (1 / 255)
                logits = forward(network, w, x, self.dtype, used)
                own = jnp.take_along_axis(logits, labels[picked][:, None], axis=1)[:, 0]
                return jnp.mean(jax.nn.logsumexp(logits, axis=1) - own)

            loss, gradients = jax.value_and_grad(loss_of)(weights)
            gradients = clipped(gradients, network.global_clipnorm)
            weights, slots = updated(network, weights, slots, gradients, count)
            return (weights, slots, count + 1, key), loss

        def epoch(state, images, labels):
            order = jax.random.permutation(jax.random.fold_in(state[3], -1 - state[2]), rows)
            batches = order[:whole].reshape(-1, network.batch_size)
            state, losses = jax.lax.scan(
                lambda s, picked: step(s, picked, images, labels), state, batches)
            if whole < rows:
                state, last = step(state, order[whole:], images, labels)
                return state, last
            return state, losses[-1]

        return epoch

    def epoch(self) -> float:
        self.state, loss = self.run_epoch(self.state, self.images, self.labels)
        return float(loss)

    def accuracy(self) -> float:
        x = jnp.asarray(self.data.test_images).astype(jnp.float32) / 255
        predicted = forward(self.network, self.state[0], x, self.dtype).argmax(axis=1)
        return float((predicted == self.data.test_labels).mean())


def build(network: workload.Network, data: workload.Data, options: argparse.Namespace) -> Scan:
    jax.config.update("jax_default_matmul_precision", "highest")
    return Scan(network, data, options)


if __name__ == "__main__":
    peer.run(chosen, import_s, {"jax": jax.__version__}, build)

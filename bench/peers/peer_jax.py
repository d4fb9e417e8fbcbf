"""The best that a user of JAX could write by hand, data resident. Variants:

  scan    one jitted lax.scan an epoch
  steps   one jitted call a step: XLA's convolutions on a CPU are slower inside of loops

Shuffle, gather, cast, forward, backward and update are one XLA program (in `steps` all but the
shuffle); weights and slots are donated, so they are updated in place.
"""

import argparse
import os
import time

import peer
import workload

chosen = peer.arguments(__doc__, ["scan", "steps"])
os.environ.setdefault("JAX_PLATFORMS", "cpu")
started = time.perf_counter()
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

import_s = time.perf_counter() - started
import jax_images  # noqa: E402


def initial(network: workload.Network, key: jax.Array):
    """(weights, statistics); dense networks have none of the latter."""
    weights = []
    for rows, columns in network.shapes():
        key, used = jax.random.split(key)
        limit = (6 / (rows + columns)) ** 0.5  # glorot_uniform
        weights.append((jax.random.uniform(used, (rows, columns), minval=-limit, maxval=limit),
                        jnp.zeros(columns)))
    return weights, ()


def forward(network, weights, statistics, x, dtype, key=None):
    """(logits [batch, classes] float32, statistics). With a key: with dropout."""
    for index, (kernel, bias) in enumerate(weights):
        x = x.astype(dtype) @ kernel.astype(dtype) + bias.astype(dtype)
        if index + 1 == len(weights):
            return x.astype(jnp.float32), statistics
        x = jax.nn.relu(x) if network.activation == "relu" else jnp.tanh(x)
        if key is not None and network.dropout > 0:
            keep = 1 - network.dropout
            kept = jax.random.bernoulli(jax.random.fold_in(key, index), keep, x.shape)
            x = jnp.where(kept, x / keep, jnp.zeros_like(x)).astype(dtype)


def clipped(gradients, limit):
    if limit is None:
        return gradients
    norm = jnp.sqrt(sum(jnp.sum(g * g) for g in jax.tree.leaves(gradients)))
    return jax.tree.map(lambda g: g * jnp.minimum(1.0, limit / norm), gradients)


def slots_of(network, weights):
    def zeros():
        return jax.tree.map(jnp.zeros_like, weights)

    return zeros() if network.optimizer in ("rmsprop", "sgd") else (zeros(), zeros())


def updated(network, weights, slots, gradients, step):
    """(weights, slots) by Keras's rules."""
    tree = jax.tree.map
    if network.optimizer == "rmsprop":
        rho = workload.RHO
        slots = tree(lambda v, g: rho * v + (1 - rho) * g * g, slots, gradients)
        return tree(lambda w, v, g: w - workload.LEARNING_RATE * g * jax.lax.rsqrt(
            v + workload.EPSILON), weights, slots, gradients), slots
    if network.optimizer == "sgd":
        slots = tree(lambda m, g: workload.MOMENTUM * m - workload.SGD_LEARNING_RATE * g, slots,
                     gradients)
        return tree(jnp.add, weights, slots), slots
    first, second = slots
    if network.optimizer == "adadelta":
        rho, epsilon = workload.ADADELTA_RHO, workload.EPSILON
        second = tree(lambda v, g: rho * v + (1 - rho) * g * g, second, gradients)
        delta = tree(lambda u, v, g: -jnp.sqrt(u + epsilon) * jax.lax.rsqrt(v + epsilon) * g,
                     first, second, gradients)
        first = tree(lambda u, d: rho * u + (1 - rho) * d * d, first, delta)
        return tree(lambda w, d: w + workload.ADADELTA_LEARNING_RATE * d, weights, delta), (
            first, second)
    b1, b2 = workload.BETA_1, workload.BETA_2
    first = tree(lambda m, g: b1 * m + (1 - b1) * g, first, gradients)
    second = tree(lambda v, g: b2 * v + (1 - b2) * g * g, second, gradients)
    rate = workload.LEARNING_RATE * jnp.sqrt(1 - b2 ** (step + 1.0)) / (1 - b1 ** (step + 1.0))
    return tree(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + workload.EPSILON),
                weights, first, second), (first, second)


class Trainer:
    """State, data and the step; the subclasses compile it for an epoch or by itself."""

    def __init__(self, network, data: workload.Data, options: argparse.Namespace) -> None:
        self.network, self.data = network, data
        is_image = isinstance(network, workload.ImageNetwork)
        self.crops = is_image and options.augmentation == "crop_flip"
        self.dtype = jnp.bfloat16 if options.precision == "mixed_bfloat16" else jnp.float32
        self.forward = jax_images.forward if is_image else forward
        key = jax.random.key(options.seed, impl="rbg")  # the cheapest generator JAX has
        weights, statistics = (jax_images.initial if is_image else initial)(network, key)
        slots = slots_of(network, weights)
        self.state = weights, statistics, slots, jnp.zeros((), jnp.int32), key
        images = workload.padded(data.train_images) if self.crops else data.train_images
        self.images, self.labels = jnp.asarray(images), jnp.asarray(data.train_labels)

    def gathered(self, picked, images, key):
        if self.crops:
            return jax_images.crop_flip(images, picked, self.network.image[0], key)
        return images[picked].astype(jnp.float32) * (1 / 255)

    def step(self, state, picked, images, labels):
        weights, statistics, slots, count, key = state
        used = jax.random.fold_in(key, count)
        x = self.gathered(picked, images, used)

        def loss_of(w):
            logits, moved = self.forward(self.network, w, statistics, x, self.dtype, used)
            own = jnp.take_along_axis(logits, labels[picked][:, None], axis=1)[:, 0]
            return jnp.mean(jax.nn.logsumexp(logits, axis=1) - own), moved

        (loss, statistics), gradients = jax.value_and_grad(loss_of, has_aux=True)(weights)
        if isinstance(self.network, workload.ImageNetwork):
            gradients = jax_images.penalty_gradient(self.network, weights, gradients)
        else:
            gradients = clipped(gradients, self.network.global_clipnorm)
        weights, slots = updated(self.network, weights, slots, gradients, count)
        return (weights, statistics, slots, count + 1, key), loss

    def accuracy(self) -> float:
        logits_of = jax.jit(lambda weights, statistics, x: self.forward(
            self.network, weights, statistics, x, self.dtype)[0])
        right, size = 0, 1000
        for start in range(0, len(self.data.test_labels), size):
            x = jnp.asarray(self.data.test_images[start:start + size])
            x = jax_images.standardised(x) if self.crops else x.astype(jnp.float32) / 255
            predicted = logits_of(*self.state[:2], x).argmax(axis=1)
            right += int((predicted == self.data.test_labels[start:start + size]).sum())
        return right / len(self.data.test_labels)


class Scan(Trainer):
    def __init__(self, network, data, options) -> None:
        super().__init__(network, data, options)
        epoch = jax.jit(self.whole_epoch, donate_argnums=0)
        self.run_epoch = epoch.lower(self.state, self.images, self.labels).compile()

    def whole_epoch(self, state, images, labels):
        rows, batch_size = len(self.data.train_labels), self.network.batch_size
        whole = rows - rows % batch_size
        order = jax.random.permutation(jax.random.fold_in(state[-1], -1 - state[-2]), rows)
        batches = order[:whole].reshape(-1, batch_size)
        state, losses = jax.lax.scan(
            lambda s, picked: self.step(s, picked, images, labels), state, batches)
        if whole < rows:
            return self.step(state, order[whole:], images, labels)
        return state, losses[-1]

    def epoch(self) -> float:
        self.state, loss = self.run_epoch(self.state, self.images, self.labels)
        return float(loss)


class Steps(Trainer):
    def __init__(self, network, data, options) -> None:
        super().__init__(network, data, options)
        self.run_step = jax.jit(self.step, donate_argnums=0)
        self.rng = np.random.default_rng(options.seed)

    def epoch(self) -> float:
        order = self.rng.permutation(len(self.labels)).astype(np.int32)
        for start in range(0, len(order), self.network.batch_size):
            picked = order[start:start + self.network.batch_size]
            self.state, loss = self.run_step(self.state, picked, self.images, self.labels)
        return float(loss)


def build(network, data: workload.Data, options: argparse.Namespace) -> Trainer:
    jax.config.update("jax_default_matmul_precision", "highest")
    return {"scan": Scan, "steps": Steps}[options.variant](network, data, options)


if __name__ == "__main__":
    peer.run(chosen, import_s, {"jax": jax.__version__}, build)

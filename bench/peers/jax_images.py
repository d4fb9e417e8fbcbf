"""The convolutional networks written out in JAX: weights as pytrees, layers as functions.

Images are NHWC, kernels HWIO. `statistics` are batch normalization's moving mean and variance in the
order of the layers; a network without them has an empty tuple.
"""

import jax
import jax.numpy as jnp
import numpy as np
import workload
from jax import lax


def convolved(x, kernel, stride=1, padding="SAME"):
    return lax.conv_general_dilated(x, kernel.astype(x.dtype), (stride, stride), padding,
                                    dimension_numbers=("NHWC", "HWIO", "NHWC"))


def kernel_of(key, shape, variance):
    return jax.random.normal(key, shape) * variance ** 0.5


def blocks_of(network: workload.ImageNetwork):
    """(inputs, outputs, stride, has_projection) of every residual block."""
    inputs = 16
    for stage, outputs in enumerate((16, 32, 64)):
        for block in range(network.blocks):
            yield inputs, outputs, 2 if stage > 0 and block == 0 else 1, block == 0
            inputs = outputs


def initial(network: workload.ImageNetwork, key):
    """(weights, statistics)."""
    keys = iter(jax.random.split(key, 200))
    if not network.blocks:
        shapes = [(3, 3, 1, 32), (3, 3, 32, 64), (64 * 12 * 12, 128), (128, network.classes)]
        weights = []
        for shape in shapes:
            receptive = 9 if len(shape) == 4 else 1
            variance = 2 / (receptive * (shape[-2] + shape[-1]))  # glorot's
            weights.append((kernel_of(next(keys), shape, variance), jnp.zeros(shape[-1])))
        return weights, ()
    shapes = [(3, 3, 3, 16)]
    for inputs, outputs, _, has_projection in blocks_of(network):
        shapes += [(1, 1, inputs, outputs)] if has_projection else []
        shapes += [(3, 3, inputs, outputs), (3, 3, outputs, outputs)]
    kernels = [kernel_of(next(keys), s, 2 / (s[0] * s[1] * s[2])) for s in shapes]
    norms = [(jnp.ones(s[-1]), jnp.zeros(s[-1])) for s in shapes]
    last = kernel_of(next(keys), (64, network.classes), 1e-4), jnp.zeros(network.classes)
    statistics = tuple((jnp.zeros(s[-1]), jnp.ones(s[-1])) for s in shapes)
    return {"kernels": kernels, "norms": norms, "last": last}, statistics


def normalized(x, norm, moving, is_training):
    """Batch normalization with float32 statistics; returns the new moving ones too."""
    wide = x.astype(jnp.float32)
    mean, variance = moving
    if is_training:
        mean = wide.mean((0, 1, 2))
        variance = jnp.square(wide - mean).mean((0, 1, 2))
        keep = workload.BATCH_NORM_MOMENTUM
        moving = (keep * moving[0] + (1 - keep) * mean, keep * moving[1] + (1 - keep) * variance)
    scale = norm[0] * lax.rsqrt(variance + workload.BATCH_NORM_EPSILON)
    return ((wide - mean) * scale + norm[1]).astype(x.dtype), moving


def resnet(network, weights, statistics, x, is_training):
    layers = iter(zip(weights["kernels"], weights["norms"], statistics))
    kept = []

    def layer(x, stride=1):
        kernel, norm, moving = next(layers)
        x, moving = normalized(convolved(x, kernel, stride), norm, moving, is_training)
        kept.append(moving)
        return x

    x = jax.nn.relu(layer(x))
    for _, _, stride, has_projection in blocks_of(network):
        shortcut = layer(x, stride) if has_projection else x
        x = jax.nn.relu(layer(jax.nn.relu(layer(x, stride))) + shortcut)
    kernel, bias = weights["last"]
    x = x.astype(jnp.float32).mean((1, 2)).astype(x.dtype)
    return x @ kernel.astype(x.dtype) + bias.astype(x.dtype), tuple(kept)


def mnist_cnn(weights, x, key):
    def dropped(x, rate, which):
        if key is None:
            return x
        kept = jax.random.bernoulli(jax.random.fold_in(key, which), 1 - rate, x.shape)
        return jnp.where(kept, x / (1 - rate), 0).astype(x.dtype)

    for kernel, bias in weights[:2]:
        x = jax.nn.relu(convolved(x, kernel, padding="VALID") + bias.astype(x.dtype))
    x = lax.reduce_window(x, np.array(-np.inf, x.dtype), lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    x = dropped(x, 0.25, 0).reshape(len(x), -1)
    (kernel, bias), (last_kernel, last_bias) = weights[2:]
    x = dropped(jax.nn.relu(x @ kernel.astype(x.dtype) + bias.astype(x.dtype)), 0.5, 1)
    return x @ last_kernel.astype(x.dtype) + last_bias.astype(x.dtype)


def forward(network, weights, statistics, x, dtype, key=None):
    """(logits [batch, classes] float32, statistics). With a key: in training."""
    x = x.astype(dtype)
    if network.blocks:
        logits, statistics = resnet(network, weights, statistics, x, key is not None)
    else:
        logits = mnist_cnn(weights, x, key)
    return logits.astype(jnp.float32), statistics


def penalty_gradient(network, weights, gradients):
    """L2 of kernels and of the last layer, none of batch normalization's weights."""
    if not network.blocks:
        return gradients
    decayed = {name: jax.tree.map(lambda g, w: g + 2 * workload.L2 * w, gradients[name],
                                  weights[name]) for name in ("kernels", "last")}
    return gradients | decayed


def standardised(images):
    x = images.astype(jnp.float32)
    mean, deviation = x.mean((1, 2, 3), keepdims=True), x.std((1, 2, 3), keepdims=True)
    return (x - mean) / jnp.maximum(deviation, x[0].size ** -0.5)


def crop_flip(images, picked, size, key):
    """Random windows, mirrored or not, of padded resident images: one gather."""
    keys, count, span = jax.random.split(key, 3), len(picked), jnp.arange(size)
    far = 2 * workload.PADDING + 1
    rows = jax.random.randint(keys[0], (count, 1), 0, far) + span
    columns = jax.random.randint(keys[1], (count, 1), 0, far) + jnp.where(
        jax.random.bernoulli(keys[2], 0.5, (count, 1)), size - 1 - span, span)
    return standardised(
        images[picked[:, None, None], rows[:, :, None], columns[:, None, :]])

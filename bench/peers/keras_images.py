"""The convolutional networks in Keras 3, and their crop_flip augmentation.

On TensorFlow `fit` takes the augmentation as a tf.data pipeline that works on whole batches; JAX has
no such thing of its own, so there (and in TensorFlow's hand-written epoch) it is the network's first
layer and part of the compiled step.
"""

import keras
import numpy as np
import workload
from keras import layers, ops


def crop_flip(images, first_row, first_column, is_mirrored, size: int):
    """Standardised windows. Shapes: images [batch, padded, padded, channels]; the others [batch]."""
    span = ops.arange(size, dtype="int32")
    rows = first_row[:, None] + span
    columns = first_column[:, None] + ops.where(is_mirrored[:, None], size - 1 - span, span)
    x = ops.take_along_axis(images, rows[:, :, None, None], axis=1)
    x = ops.take_along_axis(x, columns[:, None, :, None], axis=2)
    return standardised(x)


def standardised(images):
    x = ops.cast(images, "float32")
    mean, variance = ops.moments(x, axes=(1, 2, 3), keepdims=True)
    least = float(np.prod(images.shape[1:])) ** -0.5
    return (x - mean) / ops.maximum(ops.sqrt(variance), least)


class CropFlip(layers.Layer):
    """crop_flip of a padded uint8 batch in training, else the standardised middle."""

    def __init__(self, seed: int) -> None:
        super().__init__(dtype="float32")
        self.seeds = keras.random.SeedGenerator(seed)

    def call(self, images, training=False):
        around = workload.PADDING
        if not training:
            return standardised(images[:, around:-around, around:-around])
        batch = (ops.shape(images)[0],)
        first_row, first_column = (
            keras.random.randint(batch, 0, 2 * around + 1, seed=self.seeds) for _ in range(2))
        is_mirrored = keras.random.uniform(batch, seed=self.seeds) < 0.5
        return crop_flip(images, first_row, first_column, is_mirrored, images.shape[1] - 2 * around)


def pipeline(images: np.ndarray, labels: np.ndarray, batch_size: int):
    """tf.data over padded images: shuffled, batched, augmented a batch at a time, one ahead."""
    import tensorflow as tf

    around, size = workload.PADDING, images.shape[1] - 2 * workload.PADDING

    def augmented(x, y):
        rows, columns = (tf.random.uniform([batch_size], 0, 2 * around + 1, tf.int32)
                         for _ in range(2))
        is_mirrored = tf.random.uniform([batch_size]) < 0.5
        return crop_flip(x, rows, columns, is_mirrored, size), y

    # Indices are shuffled, and a batch's images gathered at once: shuffling images would copy each.
    images, labels = tf.constant(images), tf.constant(labels)
    order = tf.data.Dataset.range(len(labels)).shuffle(len(labels))
    batches = order.batch(batch_size, drop_remainder=True)
    gathered = batches.map(lambda picked: (tf.gather(images, picked), tf.gather(labels, picked)))
    return gathered.map(augmented, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def mnist_cnn(network: workload.ImageNetwork) -> keras.Model:
    return keras.Sequential([
        layers.Input(network.image),
        layers.Conv2D(32, 3, activation="relu"),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Dropout(0.25),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(network.classes),
        layers.Activation("softmax", dtype="float32"),
    ])


def resnet(network: workload.ImageNetwork, front: layers.Layer | None) -> keras.Model:
    """`front`: takes padded uint8 images; without it the network takes float images."""
    penalty = keras.regularizers.L2(workload.L2)

    def convolved(x, filters, kernel, strides=1):
        x = layers.Conv2D(filters, kernel, strides, padding="same", use_bias=False,
                          kernel_initializer="he_normal", kernel_regularizer=penalty)(x)
        return layers.BatchNormalization(momentum=workload.BATCH_NORM_MOMENTUM,
                                         epsilon=workload.BATCH_NORM_EPSILON)(x)

    if front is None:
        x = entry = layers.Input(network.image)
    else:
        height, width, channels = network.image
        wider = 2 * workload.PADDING
        entry = layers.Input((height + wider, width + wider, channels), dtype="uint8")
        x = front(entry)
    x = layers.ReLU()(convolved(x, 16, 3))
    for stage, filters in enumerate((16, 32, 64)):
        for block in range(network.blocks):
            strides = 2 if stage > 0 and block == 0 else 1
            shortcut = convolved(x, filters, 1, strides) if block == 0 else x
            y = layers.ReLU()(convolved(x, filters, 3, strides))
            x = layers.ReLU()(layers.Add()([convolved(y, filters, 3), shortcut]))
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(network.classes, kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
                     kernel_regularizer=penalty, bias_regularizer=penalty)(x)
    return keras.Model(entry, layers.Activation("softmax", dtype="float32")(x))


def make_model(network: workload.ImageNetwork, front: layers.Layer | None = None) -> keras.Model:
    return resnet(network, front) if network.blocks else mnist_cnn(network)


def make_optimizer(network: workload.ImageNetwork) -> keras.Optimizer:
    if network.optimizer == "adadelta":
        return keras.optimizers.Adadelta(
            workload.ADADELTA_LEARNING_RATE, rho=workload.ADADELTA_RHO, epsilon=workload.EPSILON)
    return keras.optimizers.SGD(workload.SGD_LEARNING_RATE, momentum=workload.MOMENTUM)

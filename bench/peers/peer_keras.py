"""Keras 3 as its users run it, `model.fit`, and on TensorFlow also a hand-written epoch.

KERAS_BACKEND chooses the backend. Variants:
  fit              fit with the backend's default compilation, one step per execution
  fit_32           32 steps per execution (the whole-epoch value is fit_all)
  jit, jit_32, jit_all    the same with jit_compile=True (XLA); on JAX always so
  loop, loop_jit   TensorFlow only: one tf.function that runs the whole epoch over a resident tensor
"""

import argparse
import os
import time

import peer
import workload

STEPS_PER_EXECUTION = {"fit": 1, "fit_32": 32, "fit_all": 0, "jit": 1, "jit_32": 32, "jit_all": 0}
chosen = peer.arguments(__doc__, [*STEPS_PER_EXECUTION, "loop", "loop_jit"])
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
started = time.perf_counter()
import keras  # noqa: E402
import numpy as np  # noqa: E402

import_s = time.perf_counter() - started
import keras_images  # noqa: E402


def make_model(network: workload.Network) -> keras.Model:
    layers = [keras.layers.Input((network.widths[0],))]
    for width in network.widths[1:-1]:
        layers.append(keras.layers.Dense(width, activation=network.activation))
        if network.dropout > 0:
            layers.append(keras.layers.Dropout(network.dropout))
    # float32 by name: under mixed_bfloat16 the loss wants it, as Keras's own guide says.
    layers.append(keras.layers.Dense(network.widths[-1]))
    layers.append(keras.layers.Activation("softmax", dtype="float32"))
    return keras.Sequential(layers)


def make_optimizer(network: workload.Network) -> keras.Optimizer:
    kinds = {"rmsprop": keras.optimizers.RMSprop, "adam": keras.optimizers.Adam}
    return kinds[network.optimizer](workload.LEARNING_RATE, global_clipnorm=network.global_clipnorm)


class Trainer:
    """The model, and its data where both kinds of epoch want it."""

    def __init__(self, network: workload.Network | workload.ImageNetwork, data: workload.Data,
                 options: argparse.Namespace) -> None:
        self.network, self.data, self.labels = network, data, data.train_labels
        self.crops = options.augmentation == "crop_flip"
        kind = keras_images if isinstance(network, workload.ImageNetwork) else None
        if self.crops and not (kind and network.blocks):
            raise SystemExit("--augmentation crop_flip: only the residual networks have it")
        self.optimizer = (kind.make_optimizer if kind else make_optimizer)(network)
        self.has_front = self.crops and not self.uses_pipeline(options)
        front = [keras_images.CropFlip(options.seed)] if self.has_front else []
        self.model = (kind.make_model if kind else make_model)(network, *front)

    def uses_pipeline(self, options: argparse.Namespace) -> bool:
        return False

    def accuracy(self) -> float:
        images, labels = self.data.test_images, self.data.test_labels
        if self.has_front:
            images = workload.padded(images)
        elif self.crops:
            images = np.asarray(keras_images.standardised(images))
        else:
            images = images.astype(np.float32) / 255
        predicted = self.model.predict(images, batch_size=1000, verbose=0)
        return float((predicted.argmax(axis=1) == labels).mean())


class Fit(Trainer):
    def __init__(self, network, data, options) -> None:
        super().__init__(network, data, options)
        batch_size = network.batch_size
        if self.crops:
            images = workload.padded(data.train_images)
        else:
            images = data.train_images.astype(np.float32) / 255  # ready made: fit only gathers
        if self.crops and not self.has_front:
            self.fed = {"x": keras_images.pipeline(images, self.labels, batch_size)}
        else:
            self.fed = {"x": images, "y": self.labels, "batch_size": batch_size}
        all_steps = -(-len(self.labels) // batch_size)
        self.model.compile(
            optimizer=self.optimizer,
            loss="sparse_categorical_crossentropy",
            metrics=[],
            jit_compile=options.variant.startswith("jit") or keras.backend.backend() == "jax",
            steps_per_execution=STEPS_PER_EXECUTION[options.variant] or all_steps)

    def uses_pipeline(self, options) -> bool:
        return keras.backend.backend() == "tensorflow"

    def epoch(self) -> float:
        return self.model.fit(**self.fed, verbose=0).history["loss"][-1]


class Loop(Trainer):
    """One compiled function an epoch: shuffle, gather, forward, backward and update inside it."""

    def __init__(self, network, data, options) -> None:
        import tensorflow as tf

        super().__init__(network, data, options)
        model, optimizer, has_front = self.model, self.optimizer, self.has_front
        optimizer.build(model.trainable_variables)
        resident = workload.padded(data.train_images) if has_front else data.train_images
        self.resident = tf.constant(resident), tf.constant(data.train_labels)
        batch_size, rows = network.batch_size, len(data.train_labels)

        def step(images, labels, picked):
            x = tf.gather(images, picked)
            if not has_front:
                x = tf.cast(x, tf.float32) * (1 / 255)
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(
                    tf.gather(labels, picked), model(x, training=True)))
                penalised = tf.add_n([loss, *model.losses])
            gradients = tape.gradient(penalised, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables))
            return loss

        @tf.function(jit_compile=options.variant == "loop_jit")
        def epoch(images, labels, order):
            loss = tf.constant(0.0)
            for i in tf.range(rows // batch_size):
                picked = tf.reshape(tf.slice(order, [i * batch_size], [batch_size]), [batch_size])
                loss = step(images, labels, picked)
            if rows % batch_size:
                loss = step(images, labels, order[rows - rows % batch_size:])
            return loss

        self.run_epoch, self.rng = epoch, np.random.default_rng(options.seed)

    def epoch(self) -> float:
        order = self.rng.permutation(len(self.labels)).astype(np.int32)
        return float(self.run_epoch(*self.resident, order))


def build(network, data: workload.Data, options: argparse.Namespace) -> Trainer:
    keras.utils.set_random_seed(options.seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(options.threads)
        tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    keras.config.set_dtype_policy(options.precision)
    return (Loop if options.variant.startswith("loop") else Fit)(network, data, options)


def versions() -> dict[str, str]:
    backend = __import__(keras.backend.backend())
    return {"keras": keras.__version__, keras.backend.backend(): backend.__version__}


if __name__ == "__main__":
    peer.run(chosen, import_s, versions(), build)

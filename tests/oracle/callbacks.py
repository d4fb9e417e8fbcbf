"""tests/golden/callbacks.json: what Keras 3's callbacks decide, given what an epoch's logs say.

No network is trained: each callback is told the same logs as ours in tests/training/callbacks_test.cpp,
and the model's one weight is the number of the epoch, so that restored weights can be told."""

import math
import pathlib
import tempfile

import golden
import keras
import numpy as np

FALLING = [1.0, 0.8, 0.7, 0.69, 0.695, 0.72, 0.66, 0.67, 0.68, 0.69]
RISING_AT_ONCE = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4]
NANS = [math.nan, 0.9, math.nan, 0.8, 0.85, math.nan, 0.9, 0.95, 0.7, 0.75]
ALL_NAN = [math.nan] * 10
TIES = [0.5, 0.5, 0.5, 0.4, 0.4, 0.4, 0.4, 0.3, 0.3, 0.3]
SMALL_STEPS = [1.0, 0.9, 0.8, 0.75, 0.7, 0.69, 0.685, 0.6, 0.599, 0.598]
ACCURACIES = [0.1, 0.5, 0.6, 0.6, 0.55, 0.7, 0.65, 0.64, 0.72, 0.71]

EARLY_STOPPING = [
    (FALLING, {"patience": 1}), (FALLING, {"patience": 2}), (FALLING, {"patience": 3}),
    (FALLING, {"patience": 2, "restore_best_weights": True}),
    (FALLING, {"patience": 20, "restore_best_weights": True}),
    (RISING_AT_ONCE, {}), (RISING_AT_ONCE, {"patience": 1, "restore_best_weights": True}),
    (RISING_AT_ONCE, {"patience": 2, "start_from_epoch": 4, "restore_best_weights": True}),
    (NANS, {"patience": 3, "restore_best_weights": True}),
    (ALL_NAN, {"patience": 4, "restore_best_weights": True}),
    (TIES, {"patience": 2}), (TIES, {"patience": 3}),
    (SMALL_STEPS, {"patience": 2, "min_delta": 0.05}),
    (SMALL_STEPS, {"patience": 2, "min_delta": -0.05, "restore_best_weights": True}),
    (SMALL_STEPS, {"patience": 4, "baseline": 0.7}),
    (SMALL_STEPS, {"patience": 4, "baseline": 0.1, "restore_best_weights": True}),
    (ACCURACIES, {"patience": 2, "monitor": "val_accuracy"}),
    (ACCURACIES, {"patience": 2, "monitor": "val_accuracy", "mode": "min"}),
    (ACCURACIES, {"patience": 2, "monitor": "val_loss", "mode": "max"}),
    (ACCURACIES, {"patience": 3, "monitor": "val_accuracy", "min_delta": 0.1}),
]
REDUCE = [
    (FALLING, {"patience": 1}), (FALLING, {"patience": 2, "factor": 0.5}),
    (FALLING, {"patience": 1, "factor": 0.5, "cooldown": 2}),
    (FALLING, {"patience": 1, "factor": 0.25, "min_lr": 0.01}),
    (RISING_AT_ONCE, {"patience": 0, "factor": 0.5}),
    (RISING_AT_ONCE, {"patience": 1, "factor": 0.5, "cooldown": 1}),
    (TIES, {"patience": 2, "factor": 0.2}),
    (SMALL_STEPS, {"patience": 2, "factor": 0.5, "min_delta": 0.05}),
    (NANS, {"patience": 2, "factor": 0.5}),
    (ACCURACIES, {"patience": 1, "factor": 0.5, "monitor": "val_accuracy"}),
    (ACCURACIES, {"patience": 1, "factor": 0.5, "mode": "max"}),
]
CHECKPOINT = [
    (FALLING, {"filepath": "{epoch:02d}-{val_loss:.2f}.keras"}),
    (FALLING, {"filepath": "best-{epoch}.keras", "save_best_only": True}),
    (FALLING, {"filepath": "{epoch:03d}.weights.h5", "save_best_only": True,
               "save_weights_only": True}),
    (FALLING, {"filepath": "{{x}}-{epoch:4d}-{val_loss:08.3f}.keras"}),
    (FALLING, {"filepath": "{loss}-{val_loss:e}.keras"}),
    (FALLING, {"filepath": "{epoch}.keras", "save_best_only": True,
               "initial_value_threshold": 0.695}),
    (NANS, {"filepath": "{epoch}-{val_loss:.1f}.keras", "save_best_only": True}),
    (TIES, {"filepath": "{epoch}.keras", "save_best_only": True}),
    (ACCURACIES, {"filepath": "{epoch}.keras", "save_best_only": True, "monitor": "val_accuracy"}),
    (ACCURACIES, {"filepath": "{epoch}.keras", "save_best_only": True, "mode": "max"}),
    (FALLING, {"filepath": "{epoch}-{batch}.keras", "save_freq": 4}),
    (FALLING, {"filepath": "{epoch}-{batch:02d}.keras", "save_freq": 7}),
]
STEPS = 5  # an epoch, where steps matter


def model() -> keras.Model:
    """One weight, its value the number of the epoch."""
    made = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    made.compile(keras.optimizers.SGD(0.1), loss="mse", metrics=["accuracy"])
    made.train_on_batch(np.zeros((1, 1)), np.zeros((1, 1)))  # Keras makes the metrics at the first step
    return made


def logs_of(sequence: list, epoch: int, monitor: str) -> dict:
    return {"loss": 2.0 / (epoch + 1), monitor: sequence[epoch]}


def drive(callback, sequence: list, monitor: str, watch=None) -> keras.Model:
    """Ten epochs, unless the callback ends them; watch(model, logs) after each."""
    made = model()
    callback.set_model(made)
    made.stop_training = False
    callback.on_train_begin({})
    for epoch in range(len(sequence)):
        made.set_weights([np.full((1, 1), epoch)])
        callback.on_epoch_begin(epoch, {})
        for step in range(STEPS):
            callback.on_train_batch_end(step, {"loss": 1.0})
        logs = logs_of(sequence, epoch, monitor)
        callback.on_epoch_end(epoch, logs)
        if watch:
            watch(made, logs)
        if made.stop_training:
            break
    callback.on_train_end({})
    return made


def case(kind: str, sequence: list, options: dict, **more) -> dict:
    return {"callback": kind, "options": options, "sequence": golden.numbers(sequence), **more}


def early_stopping(sequence: list, options: dict) -> dict:
    epochs = []
    made = drive(keras.callbacks.EarlyStopping(**options), sequence,
                 options.get("monitor", "val_loss"), lambda *_: epochs.append(1))
    return case("EarlyStopping", sequence, options, epochs=len(epochs),
                weights_of_epoch=int(made.get_weights()[0][0, 0]))


def reduce_lr(sequence: list, options: dict) -> dict:
    logged, after = [], []

    def watch(made, logs):
        logged.append(logs["learning_rate"])
        after.append(float(made.optimizer.learning_rate))

    drive(keras.callbacks.ReduceLROnPlateau(**options), sequence,
          options.get("monitor", "val_loss"), watch)
    return case("ReduceLROnPlateau", sequence, options, logged=logged, after=after)


def checkpoint(sequence: list, options: dict) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        callback = keras.callbacks.ModelCheckpoint(
            **{**options, "filepath": folder + "/" + options["filepath"]})
        drive(callback, sequence, options.get("monitor", "val_loss"))
        files = sorted(path.name for path in pathlib.Path(folder).iterdir())
    return case("ModelCheckpoint", sequence, options, files=files)


def scheduler() -> dict:
    logged = []
    drive(keras.callbacks.LearningRateScheduler(lambda epoch, lr: lr if epoch < 3 else lr * 0.5),
          FALLING, "val_loss", lambda _, logs: logged.append(logs["learning_rate"]))
    return case("LearningRateScheduler", FALLING, {}, logged=logged)


def csv_logger(sequence: list, monitor: str, options: dict) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/log.csv"
        for _ in range(2):  # twice: what append does
            drive(keras.callbacks.CSVLogger(path, **options), sequence, monitor)
        text = pathlib.Path(path).read_bytes().decode()
    return case("CSVLogger", sequence, options, monitor=monitor, text=text)


def main() -> None:
    cases = [early_stopping(*arguments) for arguments in EARLY_STOPPING]
    cases += [reduce_lr(*arguments) for arguments in REDUCE]
    cases += [checkpoint(*arguments) for arguments in CHECKPOINT]
    cases += [scheduler()]
    cases += [csv_logger(FALLING, "val_loss", {}), csv_logger(FALLING, "accuracy", {}),
              csv_logger(NANS, "val_loss", {"append": True}),
              csv_logger(FALLING, 'val_"a, b"', {"separator": ";"})]
    golden.write("callbacks", __file__, cases,
                 "An epoch's logs are loss = 2 / (epoch + 1) and the monitored quantity (default "
                 f"val_loss) from sequence; an epoch has {STEPS} steps; the learning rate begins at "
                 "0.1. files: those there at the end. CSVLogger's text is that of two runs.")


if __name__ == "__main__":
    main()

"""tests/golden/tensorboard_tags.json: what real Keras's TensorBoard callback writes, by run and tag.

Runs with the `oracle` environment, which has Keras, and sees TensorBoard's own on PYTHONPATH."""

import collections
import pathlib
import tempfile

import golden
import keras
import numpy as np
from tensorboard.backend.event_processing import event_file_loader
from tensorboard.compat.proto import event_pb2

EPOCHS, SAMPLES, BATCH = 3, 20, 4


def fit(folder: str, **options) -> None:
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2, activation="softmax")])
    model.compile("sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    x, y = np.random.rand(SAMPLES, 3), np.random.randint(0, 2, SAMPLES)
    model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, validation_data=(x, y), verbose=0,
              callbacks=[keras.callbacks.TensorBoard(folder, **options)])


def steps_by_tag(folder: str) -> dict:
    """(run, tag, plugin) -> the steps, as they lie in the files."""
    found = collections.defaultdict(list)
    for path in sorted(pathlib.Path(folder).rglob("*tfevents*")):
        plugins = {}
        for record in event_file_loader.RawEventFileLoader(str(path)).Load():
            event = event_pb2.Event.FromString(record)
            for value in event.summary.value:
                plugins.setdefault(value.tag, value.metadata.plugin_data.plugin_name)
                found[path.parent.name, value.tag, plugins[value.tag]].append(event.step)
    return found


def case(name: str, only: str, **options) -> dict:
    keras.backend.clear_session()
    with tempfile.TemporaryDirectory() as folder:
        fit(folder, **options)
        found = steps_by_tag(folder)
    tags = [{"run": run, "tag": tag, "plugin": plugin, "steps": steps}
            for (run, tag, plugin), steps in sorted(found.items()) if tag.startswith(only)]
    return {"name": name, "options": options, "tags": tags}


def main() -> None:
    golden.write("tensorboard_tags", __file__,
                 [case("epochs", "", histogram_freq=2),
                  case("batches", "batch_", update_freq=3)],
                 f"{EPOCHS} epochs of {SAMPLES} samples in batches of {BATCH}, Dense(2) on 3 inputs. "
                 "Of the second case only the batch_ tags: with an update_freq Keras loses epochs.")


if __name__ == "__main__":
    main()

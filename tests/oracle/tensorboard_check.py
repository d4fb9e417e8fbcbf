"""Whether TensorBoard's own reader finds in a job's events/ what its history.csv says.

    tests/oracle/tensorboard_check.py JOB_DIR        (in the environment `tensorboard`)
"""

import csv
import pathlib
import sys

import numpy as np
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins import base_plugin
from tensorboard.plugins.hparams import api_pb2, backend_context, get_experiment, list_session_groups
from tensorboard.util import tensor_util


def read_history(path: pathlib.Path) -> dict[str, list[float]]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0] if name != "epoch"}


def by_step(multiplexer, run: str, tag: str) -> list:
    """A value a step. A run that was killed after it wrote an epoch, and before its checkpoint, has
    written that epoch twice, with the same numbers."""
    found = {}
    for event in multiplexer.Tensors(run, tag):
        value = tensor_util.make_ndarray(event.tensor_proto)
        np.testing.assert_array_equal(found.setdefault(event.step, value), value)
    return [found[step] for step in sorted(found)]


def check_scalars(multiplexer, history: dict) -> None:
    for name, values in history.items():
        run = "events/validation" if name.startswith("val_") else "events/train"
        found = by_step(multiplexer, run, "epoch_" + name.removeprefix("val_"))
        np.testing.assert_allclose(found, values, rtol=1e-6, err_msg=name)
        print(f"{run}/epoch_{name.removeprefix('val_')}: {len(found)} values as in history.csv")


def check_histograms(multiplexer, epochs: int) -> None:
    tags = [tag for tag in multiplexer.Runs()["events/train"]["tensors"] if tag.endswith("/histogram")]
    assert tags, "no histograms"
    for tag in tags:
        tables = by_step(multiplexer, "events/train", tag)
        assert len(tables) == epochs, (tag, len(tables))
        for table in tables:
            assert table.shape == (30, 3) and table[:, 2].sum() > 0, tag
            assert (table[:, 0] <= table[:, 1]).all(), tag
    print(f"histograms: {', '.join(tags)}")


def check_hparams(multiplexer, history: dict) -> None:
    """What the HParams page lists: one session, its settings, its metrics' last values. It finds the
    metrics below the session's run, which therefore can't be the log directory itself."""
    provider = data_provider.MultiplexerDataProvider(multiplexer, "logs")
    context = backend_context.Context(base_plugin.TBContext(data_provider=provider))
    where = (RequestContext(), context, "any")
    experiment = get_experiment.Handler(*where, api_pb2.GetExperimentRequest()).run()
    names = [info.name for info in experiment.hparam_infos]
    metrics = [(info.name.group, info.name.tag) for info in experiment.metric_infos]
    request = api_pb2.ListSessionGroupsRequest(
        start_index=0, slice_size=10, allowed_statuses=[api_pb2.STATUS_SUCCESS],
        col_params=[api_pb2.ColParams(metric=info.name) for info in experiment.metric_infos])
    groups = list_session_groups.Handler(*where, request).run().session_groups
    assert len(groups) == 1, groups
    settings = {name: str(value) for name, value in groups[0].hparams.items()}
    assert settings.keys() == set(names) and "learning_rate" in names, (settings, names)
    values = {(value.name.group, value.name.tag): value.value for value in groups[0].metric_values}
    assert values.keys() == set(metrics), (values, metrics)
    np.testing.assert_allclose(values["validation", "epoch_loss"], history["val_loss"][-1], rtol=1e-6)
    print(f"hparams: {', '.join(names)}; metrics: {', '.join('/'.join(m) for m in metrics)}")


def main() -> None:
    job = pathlib.Path(sys.argv[1])
    history = read_history(job / "history.csv")
    multiplexer = plugin_event_multiplexer.EventMultiplexer(
        tensor_size_guidance={"scalars": 0, "histograms": 0}).AddRunsFromDirectory(str(job))
    multiplexer.Reload()
    check_scalars(multiplexer, history)
    check_histograms(multiplexer, len(history["loss"]))
    check_hparams(multiplexer, history)
    graph = multiplexer.Tensors("events/train", "keras")[0].tensor_proto.string_val[0]
    assert b'"class_name": "Sequential"' in graph
    print("PASS")


if __name__ == "__main__":
    main()

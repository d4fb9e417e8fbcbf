"""tests/golden/tensorboard.tfevents: a few events, made by TensorBoard's own messages and writer.

tests/training/tensorboard_test.cpp writes the same ones; the bytes must agree."""

import pathlib

import numpy as np
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.plugins.histogram import summary_v2 as histogram
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

TARGET = pathlib.Path(__file__).resolve().parent.parent / "golden/tensorboard.tfevents"
TIME = 1704067200.0  # 2024-01-01 00:00:00 UTC
LEARNING_RATE = 0.001


def float_tensor(value: float) -> TensorProto:
    tensor = TensorProto(dtype=1, float_val=[value])
    tensor.tensor_shape.SetInParent()
    return tensor


def metadata(plugin: str, content: bytes = b"") -> summary_pb2.SummaryMetadata:
    made = summary_pb2.SummaryMetadata()
    made.plugin_data.plugin_name = plugin
    made.plugin_data.content = content
    return made


def scalar(tag: str, value: float, first: bool) -> summary_pb2.Summary:
    made = summary_pb2.Summary()
    made.value.add(tag=tag, tensor=float_tensor(value),
                   metadata=metadata("scalars") if first else None)
    return made


def weights(values: list) -> summary_pb2.Summary:
    made = histogram.histogram_pb("dense/kernel/histogram", np.array(values, np.float32))
    tensor = made.value[0].tensor  # NumPy's shape has names of its own; ours are the content's bytes
    array = np.frombuffer(tensor.tensor_content, np.float64) if tensor.tensor_content \
        else np.array(tensor.double_val)
    made.value[0].tensor.CopyFrom(TensorProto(dtype=2, tensor_content=array.tobytes()))
    for size in (30, 3):
        made.value[0].tensor.tensor_shape.dim.add(size=size)
    made.value[0].metadata.CopyFrom(metadata("histograms"))
    return made


def keras_model(json: str) -> summary_pb2.Summary:
    tensor = TensorProto(dtype=7, string_val=[json.encode()])
    tensor.tensor_shape.SetInParent()
    made = summary_pb2.Summary()
    made.value.add(tag="keras", tensor=tensor, metadata=metadata("graph_keras_model", b"1"))
    return made


def plugin(tag: str, data: plugin_data_pb2.HParamsPluginData) -> summary_pb2.Summary:
    tensor = TensorProto(dtype=1)
    tensor.tensor_shape.SetInParent()
    made = summary_pb2.Summary()
    made.value.add(tag=tag, tensor=tensor,
                   metadata=metadata("hparams", data.SerializeToString(deterministic=True)))
    return made


def session() -> list:
    data = plugin_data_pb2.HParamsPluginData
    experiment = api_pb2.Experiment(
        hparam_infos=[api_pb2.HParamInfo(name="optimizer", type="DATA_TYPE_STRING"),
                      api_pb2.HParamInfo(name="learning_rate", type="DATA_TYPE_FLOAT64"),
                      api_pb2.HParamInfo(name="synthetic", type="DATA_TYPE_BOOL")],
        metric_infos=[api_pb2.MetricInfo(
            name=api_pb2.MetricName(group="validation", tag="epoch_loss"))])
    start = plugin_data_pb2.SessionStartInfo(start_time_secs=TIME)
    start.hparams["optimizer"].string_value = "RMSprop"
    start.hparams["learning_rate"].number_value = LEARNING_RATE
    start.hparams["synthetic"].bool_value = True
    end = plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_SUCCESS, end_time_secs=TIME)
    return [plugin("_hparams_/experiment", data(experiment=experiment)),
            plugin("_hparams_/session_start_info", data(session_start_info=start)),
            plugin("_hparams_/session_end_info", data(session_end_info=end))]


def main() -> None:
    events = [event_pb2.Event(wall_time=TIME, file_version="brain.Event:2")]
    events[0].source_metadata.writer = "carnyx"
    steps = [(0, scalar("epoch_loss", 0.5, True)), (1, scalar("epoch_loss", 0.25, False)),
             (300, scalar("evaluation_loss_vs_iterations", float("nan"), True)),
             (0, weights([-1, -0.5, 0, 0.1, 0.2, 0.3, 2.5])), (1, weights([0.75] * 5)),
             (0, keras_model('{"class_name": "Sequential"}'))]
    steps += [(0, made) for made in session()]
    for step, summary in steps:
        events.append(event_pb2.Event(wall_time=TIME, step=step, summary=summary))
    with TARGET.open("wb") as file:
        writer = RecordWriter(file)
        for event in events:
            writer.write(event.SerializeToString(deterministic=True))
    print(f"{TARGET}: {len(events)} events, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()

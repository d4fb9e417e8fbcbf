"""The documents' two dense programs as their readers run them, and what real Keras makes of the results.

    python documents_check.py CARNYX MNIST

CARNYX is the program, MNIST a folder of the IDX .gz files. NumPy makes data/mnist.pkl of Python 2
(protocols 0 and 2) and mnist.npz from them; then the Cloud ML Engine document's and the UAI document's
local runs follow, verbatim but for the program. Their printed lines must come in the documents' order
and form; mnist.h5 and model.h5 must load in Keras 3 and tf-keras and predict what Carnyx predicts within
1e-5. Prints the accuracies and PASS, or says what is wrong and leaves with 1.
"""

import gzip
import json
import pathlib
import pickle
import re
import subprocess
import sys
import tempfile

import keras
import numpy as np
import tf_keras

TOLERANCE = 1e-5
SAMPLES = 500


def read_idx(path: pathlib.Path) -> np.ndarray:
    data = gzip.decompress(path.read_bytes())
    shape = np.frombuffer(data, ">u4", data[3], 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def arrays(mnist: pathlib.Path) -> dict[str, np.ndarray]:
    names = {"x_train": "train-images-idx3", "y_train": "train-labels-idx1",
             "x_test": "t10k-images-idx3", "y_test": "t10k-labels-idx1"}
    return {key: read_idx(mnist / f"{name}-ubyte.gz") for key, name in names.items()}


def run(program: str, folder: pathlib.Path, *arguments: str) -> str:
    """All that it says, as a terminal shows it."""
    done = subprocess.run([program, *arguments], cwd=folder, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"FAIL: carnyx {' '.join(arguments)}: {done.stdout}")
    return done.stdout


def expect_lines(what: str, text: str, patterns: list[str]) -> None:
    """Each pattern matches a whole line, one after the other, with anything between them."""
    lines = iter(re.split(r"[\r\n\b]+", text))
    for pattern in patterns:
        if not any(re.fullmatch(pattern, line) for line in lines):
            sys.exit(f"FAIL: {what}: no line like '{pattern}' where it should be in\n{text[-3000:]}")


def predictions(program: str, folder: pathlib.Path, model: str, images: pathlib.Path) -> np.ndarray:
    done = subprocess.run([program, "predict", model, str(images), "--limit", str(SAMPLES), "--json"],
                          cwd=folder, capture_output=True, text=True, check=True)
    return np.array([json.loads(line)["outputs"] for line in done.stdout.splitlines()])


def compare(program: str, folder: pathlib.Path, path: str, x: np.ndarray, mnist: pathlib.Path) -> None:
    ours = predictions(program, folder, path, mnist / "t10k-images-idx3-ubyte.gz")
    for library in (keras, tf_keras):
        model = library.models.load_model(folder / path)
        theirs = model.predict(x[:SAMPLES], verbose=0)
        largest = float(np.abs(ours - theirs).max())
        if ours.shape != theirs.shape or not largest <= TOLERANCE:
            sys.exit(f"FAIL: {path} in {library.__name__}: predictions differ by {largest}")
        print(f"{path} in {library.__name__}: largest difference {largest:.2g}")


def cloud_ml_engine(program: str, folder: pathlib.Path, data: dict, mnist: pathlib.Path,
                    protocol: int) -> None:
    (folder / "data").mkdir()
    parts = ((data["x_train"], data["y_train"]), (data["x_test"], data["y_test"]))
    (folder / "data/mnist.pkl").write_bytes(pickle.dumps(parts, protocol))
    epochs = [] if protocol == 2 else ["--epochs", "1"]  # the document's twenty once
    text = run(program, folder, "train", "mnist_mlp", "--job-dir", "./tmp/mnist_mlp",
               "--train-file", "data/mnist.pkl", "--log-style", "keras2", *epochs)
    last = 20 if protocol == 2 else 1
    expect_lines("Cloud ML Engine's run", text, [
        r"Using logs_path located at \./tmp/mnist_mlp/logs/\d{4}-\d\d-\d\dT[\d:.]+",
        "60000 train samples", "10000 test samples", r"_+", r"Layer \(type\).*", r"=+",
        r"dense.*\(None, 512\) +401920 *", "Total params: 669,706", "Trainable params: 669,706",
        "Non-trainable params: 0", "Train on 60000 samples, validate on 10000 samples",
        f"Epoch 1/{last}", rf"60000/60000 \[=+\] - .*loss: [\d.]+ - acc: [\d.]+ - val_loss: [\d.]+ "
        r"- val_acc: [\d.]+ *", *([f"Epoch 20/{last}"] if last == 20 else []),
        r"Test loss: [\d.]+", r"Test accuracy: [\d.]+"])
    accuracy = float(re.findall(r"Test accuracy: ([\d.]+)", text)[-1])
    print(f"mnist_mlp after {last} epochs, pickle protocol {protocol}: test accuracy {accuracy}")
    if last == 20 and accuracy < 0.98:
        sys.exit(f"FAIL: mnist_mlp: accuracy {accuracy}")
    for path in ("model.h5", "tmp/mnist_mlp/model.h5"):
        compare(program, folder, path, data["x_test"].reshape(-1, 784) / np.float32(255), mnist)


def uai(program: str, folder: pathlib.Path, data: dict, mnist: pathlib.Path) -> None:
    (folder / "data").mkdir()
    np.savez_compressed(folder / "data/mnist.npz", **data)
    text = run(program, folder, "train", "uai_mnist", "--work_dir=.", "--data_dir=data",
               "--output_dir=output", "--log_dir=output", "--num_gpus=0", "--log-style", "keras2")
    expect_lines("UAI Train's run", text, [
        "Epoch 1/5", r"60000/60000 \[=+\] - .*loss: [\d.]+ - acc.*: [\d.]+.*", "Epoch 5/5"])
    if "Total params" in text:
        sys.exit("FAIL: UAI Train's program prints no summary")
    summary = run(program, folder, "summary", "output/mnist.h5", "--style", "keras2")
    expect_lines("uai_mnist", summary, ["Total params: 407,050"])
    found = json.loads(subprocess.run(
        [program, "evaluate", "output/mnist.h5", "--data", str(mnist), "--json"], cwd=folder,
        capture_output=True, text=True, check=True).stdout)
    print(f"uai_mnist after 5 epochs: test accuracy {found['accuracy']}")
    if found["accuracy"] < 0.975:
        sys.exit(f"FAIL: uai_mnist: accuracy {found['accuracy']}")
    compare(program, folder, "output/mnist.h5", data["x_test"] / np.float32(255), mnist)


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program, mnist = (str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve())
    data = arrays(mnist)
    for protocol in (0, 2):
        with tempfile.TemporaryDirectory() as folder:
            cloud_ml_engine(program, pathlib.Path(folder), data, mnist, protocol)
    with tempfile.TemporaryDirectory() as folder:
        uai(program, pathlib.Path(folder), data, mnist)
    print("PASS")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Reading data: Carnyx beside pandas, PyArrow, NumPy and tf.data, decoding included.

Writes MNIST as CSV, npz, TFRecord and a folder of PNG files with
`carnyx data convert`, then asks one warm process a reader for the whole set in turn, and prints
medians in rows/s and MB/s of file. The files stay in the page cache; every reader may use all cores.

A participant prints {"ready": true}, and for every line on its stdin reads everything once and prints
{"epoch_s": seconds, "rows": N, "sum": of all pixels}; the sums must agree.
"""

import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PEERS = ROOT / "bench" / "peers"
sys.path.append(str(PEERS))
from session import PeerFailed, Session, interleave, markdown, median_s  # noqa: E402

READERS = {"csv": ["pandas", "pandas-pyarrow", "pyarrow", "pyarrow-matrix", "numpy", "tf.data"],
           "npz": ["numpy"], "tfr": ["tf.data"], "images": ["tf.data"]}
PARTS = {"csv": ["--format", "csv3", "--num-partitions", "10"], "npz": ["--format", "npz"],
         "tfr": ["--format", "tfr", "--num-partitions", "10"]}
OURS = "Carnyx"


def write_images(folder: pathlib.Path, npz: pathlib.Path, count: int, python: str) -> None:
    """The first images as PNG files, a folder a class."""
    program = f"""
import pathlib, numpy, tensorflow as tf
data = numpy.load({str(npz)!r})
for i, (pixels, label) in enumerate(zip(data["x_train"][:{count}], data["y_train"])):
    folder = pathlib.Path({str(folder)!r}) / str(int(label))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{{i:05}}.png").write_bytes(tf.io.encode_png(pixels.reshape(28, 28, 1)).numpy())
"""
    subprocess.run([python, "-c", program], check=True, stderr=subprocess.DEVNULL)


def write_data(options: argparse.Namespace) -> dict[str, pathlib.Path]:
    written = {}
    source = [options.data] if options.data else []
    for name, flags in PARTS.items():
        place = options.output / name
        if not place.exists():
            subprocess.run([options.build_dir / "carnyx", "data", "convert", *source, *flags,
                            "--output", place], check=True, stdout=subprocess.DEVNULL)
        written[name] = place
    npz = written["npz"]
    written["npz"] = next(npz.rglob("*.npz")) if npz.is_dir() else npz
    written["images"] = options.output / "images"
    if not written["images"].exists():
        write_images(written["images"], written["npz"], options.images, python_of("tf.data"))
    return written


def python_of(reader: str) -> str:
    return str(ROOT / "build/peers" / ("keras_tf" if reader == "tf.data" else "reading")
               / "bin/python")


def start(reader: str, name: str, place: pathlib.Path, options: argparse.Namespace):
    command = [python_of(reader), str(PEERS.parent / "reading" / "peer.py"), reader, name,
               str(place)]
    if reader == OURS:
        command = [str(options.build_dir / "carnyx_bench_reading"), str(place)]
    try:
        return Session(command, options.output / f"{name}-{reader}.log", {}, limit_s=60)
    except PeerFailed as failure:
        print(f"{reader} is left out of {name}: {failure}", file=sys.stderr)
        return None


def bytes_of(place: pathlib.Path) -> int:
    files = place.rglob("*") if place.is_dir() else [place]
    return sum(file.stat().st_size for file in files if file.is_file())


def measure(name: str, place: pathlib.Path, options: argparse.Namespace) -> list[list[str]]:
    started = {reader: start(reader, name, place, options) for reader in [OURS, *READERS[name]]}
    sessions = {reader: session for reader, session in started.items() if session}
    try:
        replies, busy = interleave(sessions, options.rounds, options.limit, options.quiet)
    finally:
        for session in sessions.values():
            session.close()
    medians = {reader: median_s(of) for reader, of in replies.items()}
    sums = {reader: (of[0]["rows"], of[0]["sum"]) for reader, of in replies.items()}
    if len(set(sums.values())) != 1:
        raise SystemExit(f"{name}: the readers do not agree: {sums}")
    megabytes = bytes_of(place) / 1e6
    return [[name, reader, f"{seconds:.3f}", f"{sums[reader][0] / seconds:,.0f}",
             f"{megabytes / seconds:.0f}", f"{seconds / medians[OURS]:.2f}",
             f"{max(busy, default=0):.0%}"]
            for reader, seconds in medians.items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", help="MNIST in any format; what train finds if absent")
    parser.add_argument("--build-dir", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--format", nargs="+", choices=READERS, default=list(READERS))
    parser.add_argument("--images", type=int, default=10_000, help="PNG files to write")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limit", type=float, default=120, help="s that reading once may take")
    parser.add_argument("--quiet", type=float, default=30, help="s to wait for an idle machine")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build/reading")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    subprocess.run([PEERS / "environments.sh", "reading", "keras_tf"], check=True)

    places = write_data(options)
    rows = [row for name in options.format for row in measure(name, places[name], options)]
    report = markdown(["format", "reader", "s", "rows/s", "MB/s", "times Carnyx's s",
                       "machine busy before"], rows)
    (options.output / "report.md").write_text(report)
    (options.output / "report.json").write_text(json.dumps(rows, indent=1) + "\n")
    print(report)


if __name__ == "__main__":
    main()

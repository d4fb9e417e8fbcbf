#!/usr/bin/env python3
"""Carnyx beside the floor: the same networks as bare oneDNN primitives, and the roofline.

Interleaves one epoch of ours, of ours with the flat-gradient plan, and of carnyx_floor, for the
MNIST MLP and for the off-menu network (257-511-129-7, tanh, batch 100, Adam, clipped by global
norm), or for the convolutional networks of bench/peers, in float32 (highest, and high beside the
same float32 floor) and mixed_bfloat16, then prints medians, the ratios, and what arithmetic and
memory of this machine allow. The programs speak the protocol at the top of bench/peers/run.py.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "bench" / "peers"))
from session import PeerFailed, Session, interleave, markdown, median_s  # noqa: E402

FLOOR = "oneDNN floor"
PROGRAMS = {"Carnyx": ["carnyx_bench_epoch"],
            "Carnyx flat": ["carnyx_bench_epoch", "--plan", "flat"],
            FLOOR: ["carnyx_floor"]}
PRECISIONS = ["float32", "float32 high", "mixed_bfloat16"]
NETWORKS = ["mnist_mlp", "off_menu", "mnist_cnn", "resnet20", "resnet56"]


def start(name: str, network: str, precision: str, options: argparse.Namespace) -> Session | None:
    program = options.build_dir / PROGRAMS[name][0]
    policy, *high = precision.split(" ")
    if not program.exists():
        print(f"{name} is left out: no {program}; build it with `make release`", file=sys.stderr)
        return None
    folder = options.cifar10 if network.startswith("resnet") else options.data
    data = ["--data", folder] if folder else []
    rows = ["--rows", str(options.rows)] if options.rows else []
    augmentation = ["--augmentation", "crop_flip"] if (
        options.augmentation == "crop_flip" and network.startswith("resnet")) else []
    command = [str(program), *PROGRAMS[name][1:], "--network", network, "--precision", policy,
               "--threads", str(options.threads), *data, *rows, *augmentation]
    if high and name != FLOOR:
        command += ["--float32-matmul-precision", *high]
    log = options.output / f"{name}-{network}-{precision}.log".replace(" ", "-")
    try:
        return Session(command, log, {}, limit_s=60)
    except PeerFailed as failure:
        reason = log.read_text().strip().split("\n")[-1] or str(failure)
        print(f"{name} is left out of {network}, {precision}: {reason}", file=sys.stderr)
        return None


def measure(network: str, precision: str, options: argparse.Namespace) -> dict:
    """{name: {"median_s", "cpu_s", "epochs_s", "accuracy"}} and "busy"."""
    started = {name: start(name, network, precision, options) for name in PROGRAMS}
    sessions = {name: session for name, session in started.items() if session}
    try:
        replies, busy = interleave(sessions, options.rounds, options.limit, options.quiet)
        measured = {name: {"median_s": median_s(of),
                           "cpu_s": statistics.median(r["cpu_s"] for r in of[1:]),
                           "epochs_s": [r["epoch_s"] for r in of[1:]],
                           "accuracy": sessions[name].evaluate(options.limit)["accuracy"]}
                    for name, of in replies.items()}
        return {"network": network, "precision": precision, "busy": busy, "measured": measured}
    finally:
        for session in sessions.values():
            session.close()


def roofline(options: argparse.Namespace) -> dict | None:
    program = options.build_dir / "carnyx_roofline"
    if not program.exists():
        print(f"no roofline: no {program}", file=sys.stderr)
        return None
    command = [str(program), str(options.threads)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def ratio(part: float | None, whole: float | None, digits: str = ".2f") -> str:
    return f"{part / whole:{digits}}" if part and whole else "-"


def medians_of(result: dict) -> tuple[float | None, float | None, float | None]:
    """Ours, ours with the flat plan, the floor's: s an epoch; None where it did not run."""
    measured = result["measured"]
    return tuple(measured[name]["median_s"] if name in measured else None for name in PROGRAMS)


def table(results: list[dict], bounds: dict | None) -> str:
    rows = []
    for result in results:
        allowed = (bounds or {}).get(result["network"], {}).get(result["precision"])
        own, flat, floor = medians_of(result)
        rows.append([
            result["network"], result["precision"],
            f"{own:.3f}" if own else "-", f"{flat:.3f}" if flat else "-",
            f"{floor:.3f}" if floor else "-", ratio(floor, own), ratio(flat, own),
            f"{allowed['at_least_s']:.3f}-{allowed['sum_s']:.3f}" if allowed else "-",
            ratio(own, allowed and allowed["at_least_s"]),
            ratio(*(result["measured"].get(name, {}).get("cpu_s") for name in (FLOOR, "Carnyx"))),
            f"{max(result['busy'], default=0):.0%}"])
    return markdown(["network", "precision", "Carnyx s/epoch", "flat s/epoch",
                     "oneDNN floor s/epoch", "floor / Carnyx", "flat / Carnyx", "roofline s",
                     "Carnyx / roofline", "floor / Carnyx, CPU s", "machine busy before"], rows)


def off_menu_share(results: list[dict]) -> str:
    """How much of the named network's gain over its floor the network off the menu keeps."""
    gains = {}
    for result in results:
        own, _, floor = medians_of(result)
        if own and floor:
            gains[result["network"], result["precision"]] = floor / own
    shares = [f"{precision} {gains['off_menu', precision] / gain:.0%}"
              for (network, precision), gain in gains.items()
              if network == "mnist_mlp" and ("off_menu", precision) in gains]
    text = ", ".join(shares)
    return f"\nOff the menu, of the named network's ratio to its floor: {text}\n" if text else ""


def peaks(bounds: dict) -> str:
    text = f"{bounds['threads']} threads: FMA {bounds['fma_gflop_s']:.0f} GFLOP/s"
    if bounds["amx_bf16_gflop_s"]:
        text += f", AMX bfloat16 {bounds['amx_bf16_gflop_s']:.0f} GFLOP/s"
    for level in ("l2", "l3", "dram"):
        text += (f"; {level} read {bounds[level]['read_gb_s']:.0f}, in place "
                 f"{bounds[level]['read_write_gb_s']:.0f} GB/s")
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", help="folder of the MNIST IDX .gz files; random bytes if absent")
    parser.add_argument("--cifar10", help="folder of CIFAR-10's .bin files; random bytes if absent")
    parser.add_argument("--rows", type=int, help="an epoch has only the first images")
    parser.add_argument("--augmentation", choices=["none", "crop_flip"], default="none",
                        help="of the residual networks' images")
    parser.add_argument("--build-dir", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--network", nargs="+", choices=NETWORKS,
                        default=["mnist_mlp", "off_menu"])
    parser.add_argument("--precision", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9, help="measured epochs of each")
    parser.add_argument("--limit", type=float, default=60, help="s an epoch may take")
    parser.add_argument("--quiet", type=float, default=30, help="s to wait for an idle machine")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build/floor")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)

    bounds = roofline(options)
    results = [measure(network, precision, options)
               for network in options.network for precision in options.precision]
    report = (peaks(bounds) + "\n\n" if bounds else "") + table(results, bounds) + off_menu_share(results)
    (options.output / "report.md").write_text(report)
    (options.output / "report.json").write_text(
        json.dumps({"roofline": bounds, "results": results}, indent=1) + "\n")
    print(report)


if __name__ == "__main__":
    main()

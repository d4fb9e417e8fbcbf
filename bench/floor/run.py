#!/usr/bin/env python3
"""Carnyx beside the floor: the same networks as bare oneDNN primitives, and the roofline.

Interleaves one epoch of ours and one of carnyx_floor, for the MNIST MLP and for the off-menu
network (257-511-129-7, tanh, batch 100, Adam, clipped by global norm), in float32 and
mixed_bfloat16, then prints medians, the ratio ours / floor, and what arithmetic and memory of this
machine allow. The programs speak the protocol at the top of bench/peers/run.py.
"""

import argparse
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "bench" / "peers"))
from session import PeerFailed, Session, interleave, markdown, median_s  # noqa: E402

PROGRAMS = {"Carnyx": "carnyx_bench_epoch", "oneDNN floor": "carnyx_floor"}


def start(name: str, network: str, precision: str, options: argparse.Namespace) -> Session | None:
    program = options.build_dir / PROGRAMS[name]
    if not program.exists():
        print(f"{name} is left out: no {program}; build it with `make release`", file=sys.stderr)
        return None
    data = ["--data", options.data] if options.data else []
    command = [str(program), "--network", network, "--precision", precision,
               "--threads", str(options.threads), *data]
    log = options.output / f"{PROGRAMS[name]}-{network}-{precision}.log"
    try:
        return Session(command, log, {}, limit_s=60)
    except PeerFailed as failure:
        reason = log.read_text().strip().split("\n")[-1] or str(failure)
        print(f"{name} is left out of {network}, {precision}: {reason}", file=sys.stderr)
        return None


def measure(network: str, precision: str, options: argparse.Namespace) -> dict:
    """{name: {"median_s", "epochs_s", "accuracy"}} and "busy"."""
    started = {name: start(name, network, precision, options) for name in PROGRAMS}
    sessions = {name: session for name, session in started.items() if session}
    try:
        replies, busy = interleave(sessions, options.rounds, options.limit, options.quiet)
        measured = {name: {"median_s": median_s(of), "epochs_s": [r["epoch_s"] for r in of[1:]],
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


def table(results: list[dict], bounds: dict | None) -> str:
    rows = []
    for result in results:
        allowed = (bounds or {}).get(result["network"], {}).get(result["precision"])
        medians = {name: of["median_s"] for name, of in result["measured"].items()}
        own, floor = medians.get("Carnyx"), medians.get("oneDNN floor")
        rows.append([
            result["network"], result["precision"],
            f"{own:.3f}" if own else "-", f"{floor:.3f}" if floor else "-",
            f"{own / floor:.2f}" if own and floor else "-",
            f"{allowed['at_least_s']:.3f}-{allowed['sum_s']:.3f}" if allowed else "-",
            f"{own / allowed['at_least_s']:.2f}" if own and allowed else "-",
            f"{max(result['busy'], default=0):.0%}"])
    return markdown(["network", "precision", "Carnyx s/epoch", "oneDNN floor s/epoch",
                     "ours / floor", "roofline s", "ours / roofline", "machine busy before"], rows)


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
    parser.add_argument("--build-dir", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--network", nargs="+", choices=["mnist_mlp", "off_menu"],
                        default=["mnist_mlp", "off_menu"])
    parser.add_argument("--precision", nargs="+", choices=["float32", "mixed_bfloat16"],
                        default=["float32", "mixed_bfloat16"])
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
    report = (peaks(bounds) + "\n\n" if bounds else "") + table(results, bounds)
    (options.output / "report.md").write_text(report)
    (options.output / "report.json").write_text(
        json.dumps({"roofline": bounds, "results": results}, indent=1) + "\n")
    print(report)


if __name__ == "__main__":
    main()

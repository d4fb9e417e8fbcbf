"""A warm process that trains one epoch when asked, and rounds of such processes taking turns."""

import json
import os
import pathlib
import select
import statistics
import subprocess
import sys
import time


class PeerFailed(Exception):
    """The process ended, took too long or answered with something else than JSON."""


class Session:
    """One process speaking the protocol at the top of run.py. Its stderr goes to `log`."""

    def __init__(self, command: list[str], log: pathlib.Path, environment: dict[str, str],
                 limit_s: float) -> None:
        self.pending = b""
        with log.open("wb") as sink:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sink,
                env=os.environ | environment)
        self.log = log
        started = time.perf_counter()
        try:
            self.ready = self.answer(limit_s)
        except PeerFailed:
            self.close()
            raise
        self.start_s = time.perf_counter() - started

    def epoch(self, limit_s: float) -> dict:
        return self.ask("epoch", limit_s)

    def evaluate(self, limit_s: float) -> dict:
        return self.ask("evaluate", limit_s)

    def ask(self, request: str, limit_s: float) -> dict:
        try:
            self.process.stdin.write(request.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise PeerFailed(f"ended with status {self.process.wait()}; see {self.log}") from error
        return self.answer(limit_s)

    def answer(self, limit_s: float) -> dict:
        deadline = time.monotonic() + limit_s
        output = self.process.stdout.fileno()
        while b"\n" not in self.pending:
            readable, _, _ = select.select([output], [], [], max(0.0, deadline - time.monotonic()))
            if not readable:
                raise PeerFailed(f"no answer within {limit_s:.0f} s; see {self.log}")
            piece = os.read(output, 65536)
            if not piece:
                raise PeerFailed(f"ended with status {self.process.wait()}; see {self.log}")
            self.pending += piece
        line, _, self.pending = self.pending.partition(b"\n")
        try:
            return json.loads(line)
        except ValueError as error:
            raise PeerFailed(f"answered {line[:80]!r}, expected a JSON line") from error

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def busy_share(seconds: float = 1.0) -> float:
    """Share of all cores' time that was not idle."""

    def ticks() -> tuple[int, int]:
        all_cores = pathlib.Path("/proc/stat").read_text().split("\n")[0]
        fields = [int(x) for x in all_cores.split()[1:9]]
        return sum(fields), fields[3] + fields[4]

    total, idle = ticks()
    time.sleep(seconds)
    total_after, idle_after = ticks()
    return 1 - (idle_after - idle) / max(1, total_after - total)


def wait_until_quiet(limit_s: float, allowed: float = 0.07) -> float:
    """Waits for an idle second; returns how busy the machine still was when the wait ended."""
    deadline = time.monotonic() + limit_s
    busy = busy_share()
    while busy > allowed and time.monotonic() < deadline:
        busy = busy_share()
    return busy


def interleave(sessions: dict[str, Session], rounds: int, limit_s: float,
               quiet_s: float) -> tuple[dict[str, list[dict]], list[float]]:
    """`rounds` rounds of one epoch each after one warming round, every round in a new order.

    Returns the replies by name, the warming one first, and how busy the machine was before every
    measured round. A session that fails leaves the rounds and the result.
    """
    replies: dict[str, list[dict]] = {name: [] for name in sessions}
    busy: list[float] = []
    for turn in range(rounds + 1):
        if turn > 0:
            busy.append(wait_until_quiet(quiet_s))
        names = list(replies)
        shift = turn % max(1, len(names))
        for name in names[shift:] + names[:shift]:
            try:
                replies[name].append(sessions[name].epoch(limit_s))
            except PeerFailed as failure:
                print(f"left out: {name}: {failure}", file=sys.stderr)
                del replies[name]
    return replies, busy


def median_s(replies: list[dict]) -> float:
    """Of the measured epochs: all but the first, which warmed the process."""
    return statistics.median(reply["epoch_s"] for reply in replies[1:])


def markdown(header: list[str], rows: list[list[str]]) -> str:
    table = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in table) + "\n"

"""Writes an expectation file: what made it, and numbers that JSON can hold."""

import json
import math
import pathlib

import keras
import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "golden"


def numbers(values) -> list | float | int | str:
    """Nested lists; float32 as its own shortest text; what is not finite as "inf", "-inf", "nan"."""
    array = np.asarray(values)
    if array.ndim > 0:
        return [numbers(row) for row in array]
    if array.dtype.kind in "iu":
        return int(array)
    value = float(str(array[()]))  # of a float32: the shortest decimal that reads back the same
    return value if math.isfinite(value) else str(value)


def write(name: str, script: str, cases: list[dict], note: str, **more_versions: str) -> None:
    """tests/golden/NAME.json; one case a line, so that a change reads well in a diff."""
    head = {"made_by": f"tests/oracle/{pathlib.Path(script).name}",
            "versions": {"keras": keras.__version__, keras.backend.backend(): backend_version(),
                         **more_versions},
            "note": note}
    lines = ",\n".join("  " + json.dumps(case, ensure_ascii=False) for case in cases)
    body = json.dumps(head, indent=1)[:-2] + ',\n "cases": [\n' + lines + "\n ]\n}\n"
    json.loads(body)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.json").write_text(body, encoding="utf-8")
    print(f"{FOLDER / name}.json: {len(cases)} cases, {len(body)} bytes")


def backend_version() -> str:
    return __import__(keras.backend.backend()).__version__

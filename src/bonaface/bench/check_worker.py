"""Another detector's own process: loads a Python file, then answers each path on stdin with a line of JSON.

Run as a program by `check_detector`, perhaps by another Python than ours, so it needs nothing but the standard library.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path


def main(file: str) -> None:
    """Answer paths until there are none left; whatever the detector prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.path[0] = str(Path(file).resolve().parent)
    spec = importlib.util.spec_from_file_location("detector", file)
    if spec is None or spec.loader is None:
        sys.exit(f"{file} is no Python file.")
    detector = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(detector)
    predict = detector.predict
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        try:
            answer: dict[str, object] = {"score": float(predict(json.loads(line)))}
        except Exception as error:  # noqa: BLE001  # whatever a stranger's code raises is an answer
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])

"""Install torch into this environment, but only its CPU build, not the several gigabytes of one with CUDA.

    python scripts/get_torch.py

Only training the network needs it; without it everything else works. What pip would bring is looked at first. Leaves
with 0 where torch is there afterwards, with 3 where only a build with CUDA is within reach, with 1 where none is.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

WANTED = "torch==2.13.*"
_HEAVY = ("nvidia-", "triton", "cuda-")


def main() -> int:
    """Look, then install."""
    try:
        print(f"torch {version('torch')} is there")
        return 0
    except PackageNotFoundError:
        pass
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    plan = subprocess.run([*pip, "--dry-run", "--report", "-", WANTED], capture_output=True, text=True, check=False)
    if plan.returncode != 0:
        print("torch is not within reach of pip: the network paints as it was shipped, and is not adapted to a person.")
        return 1
    names = [entry["metadata"]["name"].lower() for entry in json.loads(plan.stdout)["install"]]
    if any(name.startswith(_HEAVY) for name in names):
        print(
            "pip would bring a build of torch with CUDA, several gigabytes; nothing was installed. For the CPU build "
            "add PyTorch's own index of CPU wheels to pip's settings, or install torch yourself."
        )
        return 3
    print("installing torch, CPU build (once; only training the network needs it)", flush=True)
    return subprocess.run([*pip, WANTED], check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())

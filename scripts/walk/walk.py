"""``make walk``: people of different trades do one real task each, by what --help and the documents say alone.

What came of it is judged by tools outside bonaface's own code (see ``outside.py``). One line a check; leaves with 1
where one failed. A further role is one further file beside this one with ``TASK`` and ``walk(ground)``; nothing else
needs to know of it. ``python scripts/walk/walk.py film_maker`` walks one role alone.
"""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
from importlib import import_module
from pathlib import Path

from ground import Ground

HERE = Path(__file__).resolve().parent
NO_ROLES = {"walk", "ground", "outside"}


def main() -> None:
    """Walk the roles that were named, or all, and leave with 0 only where every check held."""
    known = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NO_ROLES)
    roles = sys.argv[1:] or known
    unknown = sorted(set(roles) - set(known))
    if unknown:
        sys.exit(f"There is no role {', '.join(unknown)}; there are: {', '.join(known)}.")
    failed = checks = 0
    began_s = time.monotonic()
    for name in roles:
        role = import_module(name)
        print(f"\n{name.replace('_', ' ')}: {role.TASK}", flush=True)
        with tempfile.TemporaryDirectory(prefix="bonaface-walk-") as folder:
            ground = Ground(Path(folder))
            try:
                role.walk(ground)
                ground.check("the example files are as they were", ground.examples_untouched())
            except Exception:  # noqa: BLE001 (a role that breaks off has failed, and the next one walks)
                traceback.print_exc()
                ground.check("the role came to its end", False)
        checks += ground.checks
        failed += ground.failed
    print(f"\n{checks - failed} of {checks} checks held, in {time.monotonic() - began_s:.0f} s")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

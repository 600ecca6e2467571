"""What works on this machine, what is missing and how to get it, and each setting with its origin."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import av
import av.codec
import onnxruntime

from bonaface import models
from bonaface.terms.version import __version__
from bonaface.verbs.settings import Resolved, settle

CODECS = {"libx264": "H.264", "libx265": "HEVC", "libsvtav1": "AV1"}
EXTRAS = {
    "pillow_heif": ("HEIC pictures", "heic"),
    "dlib": ("second judge of identity (benchmark only)", "judge"),
}
LEAST_FREE_GIB = 2.0


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that works or not; ``needed`` says whether bonaface is unwell without it, ``cure`` what to do."""

    name: str
    works: bool
    found: str
    cure: str = ""
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Health:
    """The doctor's whole finding."""

    version: str
    python: str
    machine: str
    parts: tuple[Part, ...]
    settings: tuple[Resolved, ...]

    @property
    def well(self) -> bool:
        """Whether all that is needed works."""
        return all(part.works for part in self.parts if part.needed)


def doctor(home: Path | None = None) -> Health:
    """Return what works on this machine. It changes nothing: no folder and no key is made.

    Raises:
        UsageError: ``config.toml`` cannot be used.
    """
    settings = settle({}, home=home)
    folder = Path(str(settings["home"].value))
    parts = (*_models(), *_codecs(), *_extras(), *_compute(), _identity(folder), *_places(folder))
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return Health(__version__, platform.python_version(), machine, parts, tuple(settings.values()))


def model_sums() -> dict[str, str]:
    """Return the SHA-256 of each model that ships, as ``models/NOTICE.md`` states it."""
    notice = Path(models.__file__).with_name("NOTICE.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| (\S+\.\w+) \|.*\| ([0-9a-f]{64}) \|$", notice, re.MULTILINE))


def _models() -> Iterator[Part]:
    cure = "install bonaface again"
    for name, expected in model_sums().items():
        path = Path(models.__file__).with_name(name)
        if not path.is_file():
            yield Part(f"model {name}", False, "missing", cure)
            continue
        right = hashlib.sha256(path.read_bytes()).hexdigest() == expected
        yield Part(f"model {name}", right, "sum is right" if right else "sum is wrong", "" if right else cure)


def _codecs() -> Iterator[Part]:
    for name, title in CODECS.items():
        has = name in av.codec.codecs_available
        cure = "" if has else "install PyAV from its wheel: pip install --force-reinstall av"
        yield Part(f"encoder {title}", has, name if has else "missing", cure, needed=name == "libx264")


def _extras() -> Iterator[Part]:
    for module, (title, extra) in EXTRAS.items():
        has = importlib.util.find_spec(module) is not None
        cure = "" if has else f"pip install 'bonaface[{extra}]'"
        yield Part(title, has, "installed" if has else "not installed (optional)", cure, needed=False)


def _compute() -> Iterator[Part]:
    # Azure's stands for a service on the network, which nothing here asks.
    every = [name.removesuffix("ExecutionProvider") for name in onnxruntime.get_available_providers()]
    providers = [name for name in every if name != "Azure"]
    yield Part("ONNX Runtime", True, f"{_version('onnxruntime')} on {', '.join(providers)}")
    torch = _version("torch")
    found = torch or "not installed (optional: nothing in this version needs it)"
    yield Part("torch", bool(torch), found, needed=False)


def _identity(home: Path) -> Part:
    folder = home / "identity"
    made = folder.is_dir() and any(folder.iterdir())
    found = f"in {folder}" if made else "not made yet; the first sealed file makes it"
    if made and sys.platform != "win32" and folder.stat().st_mode & 0o077:
        return Part("signing identity", False, f"{folder} can be read by others", f"chmod -R go-rwx '{folder}'")
    return Part("signing identity", True, found)


def _places(home: Path) -> Iterator[Part]:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free_gib = shutil.disk_usage(there).free / 2**30
    enough = free_gib >= LEAST_FREE_GIB
    cure = "" if enough else "free some space, or set BONAFACE_HOME to a folder on another disk"
    yield Part("free disk", enough, f"{free_gib:.1f} GiB at {there}", cure)
    may = os.access(there, os.W_OK)
    yield Part("home folder", may, str(home), "" if may else "set BONAFACE_HOME to a folder that you may write")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""

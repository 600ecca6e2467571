"""Tracked frames kept on disk between the look at a clip and its rendering, so that memory stays flat."""

from __future__ import annotations

import pickle
import tempfile
import zlib
from collections.abc import Iterator
from types import TracebackType

import numpy as np

from bonaface.terms.arrays import Mask
from bonaface.terms.face import TrackedFrame

_Packed = tuple[tuple[int, ...], bytes]


class Recording:
    """Written once from front to back, then read the same way; vanishes when closed, also after a crash.

    The file has no name on Linux and macOS and belongs to this process alone, which is why unpickling it is safe.
    """

    def __init__(self) -> None:
        """Open the nameless file."""
        self._file = tempfile.TemporaryFile(prefix="bonaface-")  # noqa: SIM115 (closed by __exit__)
        self.frames = 0

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, tracked: TrackedFrame, pts: int) -> None:
        """Append a frame with its timestamp, by which it is known again."""
        packed = None if tracked.covers is None else _pack(tracked.covers)
        values = (pts, tracked.index, tracked.faces, tracked.cut, packed, tracked.lost)
        pickle.dump(values, self._file, protocol=pickle.HIGHEST_PROTOCOL)
        self.frames += 1

    def read(self) -> Iterator[tuple[int, TrackedFrame]]:
        """Give timestamps and frames in order."""
        self._file.seek(0)
        for _ in range(self.frames):
            pts, index, faces, cut, packed, lost = pickle.load(self._file)
            yield pts, TrackedFrame(index, faces, cut, None if packed is None else _unpack(packed), lost)


def _pack(mask: Mask) -> _Packed:
    return mask.shape, zlib.compress(np.ascontiguousarray(mask).tobytes(), 1)


def _unpack(packed: _Packed) -> Mask:
    shape, data = packed
    return np.frombuffer(zlib.decompress(data), np.uint8).reshape(shape)

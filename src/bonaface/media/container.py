"""Open clips: which containers are read at all, and which of their tracks is the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av

from bonaface.terms.errors import UnreadableMediaError

_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "mpegts", "mpeg", "mpegvideo", "flv", "asf", "ogg", "gif", "mxf",
    "dv", "nut", "ivf", "h264", "hevc", "obu", "m4v", "yuv4mpegpipe", "rm", "wtv",
)  # fmt: skip
"""Play lists and scripts, which name other files or addresses, are none of these; neither are texts."""
_OPTIONS = {"format_whitelist": ",".join(_FORMATS), "protocol_whitelist": "file"}


def open_container(path: Path) -> av.container.InputContainer:
    """Return an open container of a known kind; nothing but this one file is read.

    Raises:
        UnreadableMediaError: damaged, or of another kind.
    """
    try:
        return av.open(str(path), metadata_errors="replace", options=_OPTIONS)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise UnreadableMediaError(
            f"{path} is damaged or no clip that can be read; get it again or convert it to MP4."
        ) from error


def picture_stream(container: av.container.InputContainer) -> Any | None:
    """Return the first track of moving pictures, or None; a cover picture is none."""
    moving = (s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic)
    return next(moving, None)

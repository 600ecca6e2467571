"""Where a new shot begins."""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.terms.arrays import Floats, Rgb8

_THUMBNAIL = (32, 24)
_LEAST_CHANGE = 14.0  # grey levels in the mean; webcam motion is 1 to 4, a cut mostly over 30
_TIMES_USUAL = 4.0
_LEARN = 0.2
_LAYOUT_SHARE = 0.5  # of the change must stay when brightness is evened: a flash is no cut
_BLANK = 2.0  # grey levels of deviation: a black or white frame
_SAME_LAYOUT = 0.6  # correlation of light and dark, below which it is another place however bright it is


class CutDetector:
    """Compares thumbnails of consecutive frames."""

    def __init__(self) -> None:
        """Begin before the first frame."""
        self._before: Floats | None = None
        self._usual = 2.0

    def step(self, rgb8: Rgb8) -> bool:
        """Tell whether this frame begins a new shot. The first frame of a clip does."""
        every = max(1, max(rgb8.shape[:2]) // 160)
        now = cv2.resize(rgb8[::every, ::every], _THUMBNAIL, interpolation=cv2.INTER_AREA).astype(np.float32)
        before, self._before = self._before, now
        if before is None:
            return True
        change = float(np.abs(now - before).mean())
        if change > _LEAST_CHANGE and change > _TIMES_USUAL * self._usual:
            brightness = now.mean() / max(float(before.mean()), 1.0)
            evened = float(np.abs(now - before * brightness).mean())
            if evened > _LAYOUT_SHARE * change or _likeness(now.mean(2), before.mean(2)) < _SAME_LAYOUT:
                return True
        self._usual += _LEARN * (min(change, 3 * self._usual + 1) - self._usual)
        return False


def _likeness(now: Floats, before: Floats) -> float:
    """Return the correlation of two thumbnails (H, W); with a blank one 0, and 1 where both are blank."""
    a, b = now - now.mean(), before - before.mean()
    blank = (float(a.std()) < _BLANK, float(b.std()) < _BLANK)
    if any(blank):
        return float(all(blank))
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))

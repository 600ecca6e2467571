"""How fast files were checked, and how much of that was decoding alone, in the same run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bonaface.bench.check_faces import Seen

STAGES = ("decode", "find", "examine")


@dataclass(frozen=True, slots=True)
class Speed:
    """Seconds by stage over all files, and how many faces were looked at; other detectors and damage do not count."""

    files: int
    looks: int
    decode_s: float
    find_s: float
    examine_s: float

    @property
    def whole_s(self) -> float:
        """Decoding, finding faces and examining them."""
        return self.decode_s + self.find_s + self.examine_s

    @property
    def crops_per_s(self) -> float:
        """Face crops a second, once they are cut: network, traces, verdict and its doubts."""
        return self.looks / self.examine_s if self.examine_s else float("nan")

    def sentence(self) -> str:
        """Return the figures in words."""
        if not self.decode_s:
            return "Speed: nothing was decoded."
        return (
            f"Speed: {self.crops_per_s:.1f} face crops a second examined; {self.files / self.whole_s:.1f} files a "
            f"second as a whole, {self.files / self.decode_s:.1f} by decoding alone in the same run. "
            f"Of {self.whole_s:.1f} s, decoding took {self.decode_s:.1f}, finding faces "
            f"{self.find_s:.1f}, examining {self.examine_s:.1f}."
        )


def speed_of(seen: Sequence[Seen]) -> Speed:
    """Return the speed over files that could be read."""
    read = [one for one in seen if not one.error]
    sums = [sum(one.seconds.get(stage, 0.0) for one in read) for stage in STAGES]
    return Speed(len(read), sum(one.looks for one in read), *sums)

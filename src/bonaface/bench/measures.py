"""The measures of a swap, as plain formulas on arrays. What each means and why: ``docs/measures.md``.

Frames are RGB uint8 ``(H, W, 3)``; meshes ``(N, 478, 3)`` in pixels of their frame, MediaPipe's order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from bonaface.faces.pose import fit_pose, head_angles_deg
from bonaface.terms.arrays import Doubles, Floats, Mask, Rgb8

LIVE = 0.03
"""Standard deviation over the clip from which a blendshape counts as alive; the others are noise."""

_EYE_CORNERS = (33, 263)
_LIPS = (13, 14)
_MOUTH_CORNERS = (61, 291)
_LIDS = ((159, 145), (386, 374))
_EYES = ((468, 33, 133), (473, 362, 263))  # iris, corner towards the viewer's left, the other corner
_RIM_PX = 9
_FEWEST_PEOPLE = 3
_SSIM_SIGMA_PX = 1.5
_SSIM_C1, _SSIM_C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def pose_error_deg(points: Floats, other: Floats, reference: Floats) -> float:
    """Return the mean absolute difference of pitch, yaw and roll, in degrees.

    ``points``, ``other`` (N, 478, 3) meshes of the same frames; ``reference`` (478, 3) the canonical face.
    """
    return float(np.abs(_turn(head_angles(points, reference) - head_angles(other, reference))).mean())


def pose_wobble_deg(points: Floats, other: Floats, reference: Floats) -> float:
    """Return the pose error that is left when the mean difference of each angle is taken away, in degrees."""
    turn = _turn(head_angles(points, reference) - head_angles(other, reference))
    return float(np.abs(turn - turn.mean(0)).mean())


def head_angles(points: Floats, reference: Floats) -> Doubles:
    """Return pitch, yaw and roll (N, 3) in degrees of meshes (N, 478, 3)."""
    return head_angles_deg(fit_pose(points, reference))


def expression_r(blendshapes: Floats, other: Floats) -> float:
    """Return the mean correlation over the blendshapes that are alive in ``blendshapes``; nan where none is.

    ``blendshapes``, ``other`` (N, 52) of the target and of the swap. A blendshape that stands still in the swap
    counts as 0.
    """
    live = np.flatnonzero(blendshapes.std(0) > LIVE)
    if len(live) == 0:
        return float("nan")
    return float(np.mean([correlation(blendshapes[:, k], other[:, k]) for k in live]))


def mouth_opening(points: Floats) -> Doubles:
    """Return (N,) the distance of the inner lips over that of the outer eye corners."""
    return _distance(points, *_LIPS) / _distance(points, *_EYE_CORNERS)


def mouth_width(points: Floats) -> Doubles:
    """Return (N,) the distance of the corners of the mouth over that of the outer eye corners."""
    return _distance(points, *_MOUTH_CORNERS) / _distance(points, *_EYE_CORNERS)


def eye_opening(points: Floats) -> Doubles:
    """Return (N,) the sum of both eyes' lid distances over the distance of the outer eye corners."""
    return sum((_distance(points, *lids) for lids in _LIDS), np.zeros(len(points))) / _distance(points, *_EYE_CORNERS)


def gaze(points: Floats) -> Doubles:
    """Return (N,) where the irises stand along the line of each eye's corners, in eye widths, 0 in the middle.

    Mean of both eyes; positive is to the viewer's right.
    """
    flat = points[..., :2].astype(np.float64)
    stands = []
    for iris, left, right in _EYES:
        width = flat[:, right] - flat[:, left]
        from_middle = flat[:, iris] - (flat[:, left] + flat[:, right]) / 2
        stands.append((from_middle * width).sum(-1) / (width**2).sum(-1))
    return np.mean(stands, axis=0)


def gaze_off(points: Floats, other: Floats) -> float:
    """Return the mean absolute difference of gaze, in eye widths."""
    return float(np.abs(gaze(points) - gaze(other)).mean())


def correlation(values: Floats, other: Floats) -> float:
    """Return Pearson's r; 0 where one of the two stands still."""
    a, b = values - values.mean(), other - other.mean()
    scale = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / scale if scale > 1e-12 else 0.0


def sharpness_ratio(frame: Rgb8, target: Rgb8, mask: Mask) -> float:
    """Return the root of the Laplacian's energy inside the mask over that of the target; 1 is as sharp.

    The mask (H, W) is shrunk by 4 px first, so that its edge does not count.
    """
    inside = cv2.erode(mask, np.ones((_RIM_PX, _RIM_PX), np.uint8)) > 0
    return float(np.sqrt(_detail(frame, inside) / max(_detail(target, inside), 1e-9)))


def psnr_db(frame: Rgb8, target: Rgb8, mask: Mask) -> float:
    """Return the peak signal-to-noise ratio inside the mask (H, W), in dB; infinite for equal pictures."""
    inside = mask > 0
    error = float(((frame.astype(np.float32) - target) ** 2)[inside].mean())
    return float(10 * np.log10(255**2 / error)) if error > 0 else float("inf")


def ssim(frame: Rgb8, target: Rgb8, mask: Mask) -> float:
    """Return the mean structural similarity of luma inside the mask (H, W), -1..1.

    Wang and others, "Image quality assessment: from error visibility to structural similarity", TIP 2004, eq. 13,
    Gaussian window of 1.5 px.
    """
    a, b = _luma(frame).astype(np.float64), _luma(target).astype(np.float64)
    mean_a, mean_b = _blur(a), _blur(b)
    var_a, var_b, both = _blur(a * a) - mean_a**2, _blur(b * b) - mean_b**2, _blur(a * b) - mean_a * mean_b
    similar = (2 * mean_a * mean_b + _SSIM_C1) * (2 * both + _SSIM_C2)
    similar /= (mean_a**2 + mean_b**2 + _SSIM_C1) * (var_a + var_b + _SSIM_C2)
    return float(similar[mask > 0].mean())


@dataclass(slots=True, eq=False)
class Flicker:
    """Gathers how much a swap and its target change from one frame to the next, both unwrapped to one layout.

    ``mask`` (S, S) says which texels count.
    """

    mask: Mask
    _before: tuple[Rgb8, Rgb8] | None = None
    _changes: list[tuple[float, float]] = field(default_factory=list)

    def add(self, texture: Rgb8, target: Rgb8) -> None:
        """Take in the next frame's textures (S, S, 3)."""
        if self._before is not None:
            ours, theirs = self._before
            self._changes.append((change_between(ours, texture, self.mask), change_between(theirs, target, self.mask)))
        self._before = texture, target

    def interrupt(self) -> None:
        """Say that the next frame does not follow the last one, since one between them shows no face."""
        self._before = None

    def means(self) -> tuple[float, float]:
        """Return the mean absolute differences, 0..255, of the swap and of the target; nan without two frames."""
        if not self._changes:
            return float("nan"), float("nan")
        ours, theirs = np.mean(self._changes, axis=0)
        return float(ours), float(theirs)


def change_between(texture: Rgb8, following: Rgb8, mask: Mask) -> float:
    """Return the mean absolute difference, 0..255, of two textures inside the mask."""
    return float(cv2.absdiff(texture, following)[mask > 0].mean())


def change_outside(frame: Rgb8, original: Rgb8, mask: Mask) -> tuple[float, float]:
    """Return the share of pixels outside the mask (H, W) that differ at all, and the mean absolute difference there."""
    difference = cv2.absdiff(frame, original)[mask == 0]
    if len(difference) == 0:
        return 0.0, 0.0
    return float((difference.max(-1) > 0).mean()), float(difference.mean())


def mean_interval(
    values: Floats, *, block: int = 8, draws: int = 1000, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the interval of the mean of a clip's values by a bootstrap over runs of ``block`` neighbours.

    A clip with less than six such runs is cut into shorter ones. It tells how far this clip's frames agree, not how
    another person would fare: for that see `people_interval`.

    Neighbouring frames are alike, so that single frames would promise too narrow an interval (Künsch, "The jackknife
    and the bootstrap for general stationary observations", 1989). The draws are the same every time.
    """
    block = max(1, min(block, len(values) // 6))
    return _bootstrap([values[k : k + block] for k in range(0, len(values), block)], draws, confidence)


def people_interval(
    values: Floats, people: Sequence[str], *, draws: int = 1000, confidence: float = 0.95
) -> tuple[float, float]:
    """Return the interval of the mean over directions by a bootstrap over people; nan with fewer than three of them.

    ``values`` (N,) of as many directions, ``people`` whose face each of them shows. All directions of a person are
    drawn together (Cameron, Gelbach, Miller, "Bootstrap-based improvements for inference with clustered errors", 2008).
    """
    everyone = sorted(set(people))
    if len(everyone) < _FEWEST_PEOPLE:
        return float("nan"), float("nan")
    whose = np.array(people)
    return _bootstrap([values[whose == person] for person in everyone], draws, confidence)


def _bootstrap(groups: Sequence[Floats], draws: int, confidence: float) -> tuple[float, float]:
    sums, sizes = np.array([group.sum() for group in groups]), np.array([len(group) for group in groups])
    chosen = np.random.default_rng(0).integers(0, len(groups), (draws, len(groups)))
    means = sums[chosen].sum(1) / sizes[chosen].sum(1)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def _turn(angles_deg: Doubles) -> Doubles:
    return (angles_deg + 180) % 360 - 180


def _distance(points: Floats, a: int, b: int) -> Doubles:
    return np.linalg.norm(points[:, a, :2].astype(np.float64) - points[:, b, :2], axis=-1)


def _detail(frame: Rgb8, inside: np.ndarray) -> float:
    return float((cv2.Laplacian(_luma(frame), cv2.CV_32F)[inside] ** 2).mean())


def _luma(frame: Rgb8) -> Floats:
    return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32)


def _blur(plane: Doubles) -> Doubles:
    return cv2.GaussianBlur(plane, (11, 11), _SSIM_SIGMA_PX)

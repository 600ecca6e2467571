"""Traces of blending in one face: is the face's inside of another grain, spectrum or colour than what is around it.

Weak by themselves (areas under the curve of .6 to .75 are usual: Durall and others 2020; Li and others, "Face X-ray",
2020), and independent of anything that was learned from examples of fakes.
"""

from __future__ import annotations

import cv2
import numpy as np

from bonaface.terms.arrays import Floats, Rgb8

NAMES = ("grain", "spectrum", "border", "colour")
_ELLIPSE = ((0.5, 0.5), (0.36, 0.44))
"""Centre and half axes of what a swap covers, in shares of the crop."""
_RING = 1.28
_BANDS = ((0.05, 0.15), (0.15, 0.3), (0.3, 0.5))


def traces(crop: Rgb8) -> Floats:
    """Return four figures (4,) float32 of a crop made by `face_crop`, in the order of `NAMES`.

    grain: log ratio of the finest residual inside and around. spectrum: fall of the power from middle to high
    frequencies, in nats. border: gradient along the edge of the face against both sides of it. colour: step of the
    chroma across that edge, in grey levels.
    """
    grey, chroma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.cvtColor(crop, cv2.COLOR_RGB2LAB)[..., 1:]
    luma, chroma = grey.astype(np.float32), chroma.astype(np.float32)
    inside, around, edge = _areas(crop.shape[0])
    fine = luma - cv2.medianBlur(grey, 3)
    grain = float(np.log((np.abs(fine)[inside].mean() + 0.2) / (np.abs(fine)[around].mean() + 0.2)))
    gradient = np.hypot(cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1))
    border = float(np.log((gradient[edge].mean() + 1) / ((gradient[inside].mean() + gradient[around].mean()) / 2 + 1)))
    step = np.abs(chroma[inside].mean(0) - chroma[around].mean(0)).mean()
    return np.array([grain, _fall(luma), border, float(step)], np.float32)


def _fall(luma: Floats) -> float:
    """Log of middle over high frequencies of the inner half."""
    side = luma.shape[0]
    inner = luma[side // 4 : -side // 4, side // 4 : -side // 4]
    window = np.hanning(inner.shape[0])
    power = np.abs(np.fft.fftshift(np.fft.fft2((inner - inner.mean()) * np.outer(window, window)))) ** 2
    axis = np.fft.fftshift(np.fft.fftfreq(inner.shape[0]))
    radius = np.hypot(*np.meshgrid(axis, axis))
    energy = [float(power[(radius >= low) & (radius < high)].mean()) + 1 for low, high in _BANDS]
    return float(np.log(energy[1] / energy[2]))


def _areas(side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return masks (side, side) of inside, around, and the edge between."""
    (x, y), (wide, high) = _ELLIPSE
    axis = (np.arange(side) + 0.5) / side
    reach = np.hypot(*np.meshgrid((axis - x) / wide, (axis - y) / high))
    return reach < 0.85, (reach > 1.05) & (reach < _RING), (reach >= 0.85) & (reach <= 1.05)

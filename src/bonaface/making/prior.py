"""What is known of all faces before a person is: the mean face, how expression moves it, the common layout.

The file ``prior.safetensors`` keeps the sums of the regression for each person apart, so that any of them can be left
out again in closed form: no figure on a person comes from a prior that has seen that person.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from bonaface.making.layout import Layout, make_layout
from bonaface.models import model_path
from bonaface.terms.arrays import Floats

_RIDGE = 2e-3
_CODES = 16


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """Knowledge about people.

    ``reference`` (478, 3) canonical mean face; ``expression`` (52, 1434) vertices from blendshapes; ``calm`` (52,)
    blendshapes reported of calm faces and ``calm_spread`` (52,) their deviation between people; ``codes`` (16, 1434)
    orthonormal directions of expression; ``uv`` and ``triangles`` the layout.
    """

    reference: Floats
    expression: Floats
    calm: Floats
    calm_spread: Floats
    codes: Floats
    uv: Floats
    triangles: np.ndarray

    def layout(self, size: int) -> Layout:
        """Return the common layout with ``size`` x ``size`` texels."""
        return make_layout(self.uv, self.triangles, size)


def solve_expression(moments: Floats, crossed: Floats) -> Floats:
    """Ridge regression of vertices on blendshapes from the sums over people: (52, 1434)."""
    return np.asarray(np.linalg.solve(moments + _RIDGE * np.eye(len(moments)), crossed), np.float32)


def learned_from(path: Path | None = None) -> frozenset[str]:
    """Return the names of the people that the prior was learned from: the shipped one, or the one in a file."""
    return frozenset(_people(load_file(path or model_path("prior.safetensors"))))


def _people(held: Mapping[str, np.ndarray]) -> list[str]:
    return sorted(key.removeprefix("moments.") for key in held if key.startswith("moments."))


@lru_cache(maxsize=4)
def _load(without: frozenset[str], path: Path) -> Prior:
    held = load_file(path)
    kept = [name for name in _people(held) if name not in without]
    if not kept:
        raise ValueError("Expected somebody to be left in the prior, got everybody left out.")
    moments = sum(held[f"moments.{name}"].astype(np.float64) for name in kept)
    crossed = sum(held[f"crossed.{name}"].astype(np.float64) for name in kept)
    expression = solve_expression(moments, crossed)
    values, vectors = np.linalg.eigh(moments)
    spread = (vectors * np.sqrt(np.maximum(values, 0))).T @ expression
    codes = np.linalg.svd(spread, full_matrices=False)[2][:_CODES].astype(np.float32)
    calm = np.array([held[f"calm.{name}"] for name in kept], np.float32)
    return Prior(
        held["reference"], expression, np.median(calm, axis=0), calm.std(axis=0), codes, held["uv"], held["triangles"]
    )


def load_prior(without: Collection[str] = (), path: Path | None = None) -> Prior:
    """Return the shipped prior, if asked without some of the people it was learned from (see `learned_from`).

    Args:
        without: names of people to leave out; those it does not know change nothing.
        path: another prior's file, as ``scripts/build_prior.py`` writes it; read once.

    Raises:
        ValueError: nobody is left.
    """
    return _load(frozenset(without), path or model_path("prior.safetensors"))

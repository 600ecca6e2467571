"""The version, which the change log, the package and every seal name."""

from __future__ import annotations

__version__ = "0.1.0"

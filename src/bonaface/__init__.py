"""bonaface: faces replaced in good faith, from people who agreed, sealed so that everyone can tell.

Each name below is loaded when it is first used, so that ``import bonaface`` stays light. See ``docs/api.md``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bonaface.terms.version import __version__

if TYPE_CHECKING:
    from bonaface.terms.errors import BonafaceError as BonafaceError
    from bonaface.terms.progress import Step as Step
    from bonaface.verbs.doctor import doctor as doctor
    from bonaface.verbs.swap import swap as swap
    from bonaface.verbs.train import train as train

_WHERE = {
    "BonafaceError": "bonaface.terms.errors",
    "Step": "bonaface.terms.progress",
    "doctor": "bonaface.verbs.doctor",
    "swap": "bonaface.verbs.swap",
    "train": "bonaface.verbs.train",
}

__all__ = ["BonafaceError", "Step", "__version__", "doctor", "swap", "train"]


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _WHERE:
        raise AttributeError(f"module 'bonaface' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

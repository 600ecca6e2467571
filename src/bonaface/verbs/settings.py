"""Settings: command line, then environment, then ``config.toml`` in the home folder, then the default."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bonaface.people.home import home_folder
from bonaface.terms.errors import UsageError


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting that can be made: its name (as in ``config.toml``), its variable, its default and what it does."""

    name: str
    variable: str
    default: str | None
    meaning: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """The value in force and where it comes from: ``command line``, a variable, a file, or ``default``."""

    name: str
    value: str | None
    origin: str
    meaning: str


HOME = Setting("home", "BONAFACE_HOME", None, "where people, identity and ledger are kept")
SETTINGS = (
    Setting("out", "BONAFACE_OUT", None, "the folder for results; without it, beside each target"),
    Setting("label", "BONAFACE_LABEL", "small", "the visible label's preset", ("small", "large")),
    Setting("codec", "BONAFACE_CODEC", "h264", "the video codec of results", ("h264", "hevc", "av1")),
    Setting("trust", "BONAFACE_TRUST", None, "a file of certificates (PEM) whose seals verify counts as trusted"),
)


def settle(
    given: Mapping[str, str | None], *, home: Path | None = None, environment: Mapping[str, str] | None = None
) -> dict[str, Resolved]:
    """Return each setting with its value in force and its origin.

    ``given`` holds what the command line said (None: nothing); ``home`` and ``environment`` default to this machine's.

    Raises:
        UsageError: ``config.toml`` is not TOML or has an unknown setting, or a value is not among its choices.
    """
    variables = os.environ if environment is None else environment
    folder = home_folder() if home is None else home
    written = _read_config(folder / "config.toml")
    found = {"home": Resolved(HOME.name, str(folder), _origin_of_home(home, variables), HOME.meaning)}
    for setting in SETTINGS:
        found[setting.name] = _settle_one(setting, given.get(setting.name), variables, written, folder)
    return found


def check_choice(name: str, value: str) -> None:
    """Refuse a value that a setting cannot have.

    Raises:
        UsageError: with all that it can be.
    """
    setting = next(setting for setting in SETTINGS if setting.name == name)
    if value not in setting.choices:
        raise UsageError(f"{value!r} is no {name}; choose one of: {', '.join(setting.choices)}.")


def _settle_one(
    setting: Setting, given: str | None, variables: Mapping[str, str], written: Mapping[str, str], folder: Path
) -> Resolved:
    if given is not None:
        value, origin = given, "command line"
    elif variables.get(setting.variable):
        value, origin = variables[setting.variable], setting.variable
    elif setting.name in written:
        value, origin = written[setting.name], str(folder / "config.toml")
    else:
        return Resolved(setting.name, setting.default, "default", setting.meaning)
    if setting.choices and value not in setting.choices:
        known = ", ".join(setting.choices)
        raise UsageError(f"The setting {setting.name} is {value!r} ({origin}), but can only be one of: {known}.")
    return Resolved(setting.name, value, origin, setting.meaning)


def _origin_of_home(home: Path | None, variables: Mapping[str, str]) -> str:
    if home is not None:
        return "command line"
    return HOME.variable if variables.get(HOME.variable) else "default"


def _read_config(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is not valid TOML ({error}); correct it or delete it.") from None
    known = {setting.name for setting in SETTINGS}
    for name, value in written.items():
        if name not in known:
            raise UsageError(f"{path} has the setting {name!r}, there are only: {', '.join(sorted(known))}.")
        if not isinstance(value, str):
            raise UsageError(f"{path} sets {name} to {value!r}; write it as text in quotes.")
    return {name: str(value) for name, value in written.items()}

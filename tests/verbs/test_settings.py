"""Settings: command line before environment before config.toml before default, each with its origin."""

from __future__ import annotations

from pathlib import Path

import pytest

from bonaface.terms.errors import UsageError
from bonaface.verbs.settings import SETTINGS, check_choice, settle


def config(home: Path, text: str) -> Path:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(text)
    return home


def test_defaults(tmp_path: Path) -> None:
    settled = settle({}, home=tmp_path, environment={})
    assert {name: (each.value, each.origin) for name, each in settled.items()} == {
        "home": (str(tmp_path), "command line"),
        "out": (None, "default"),
        "label": ("small", "default"),
        "codec": ("h264", "default"),
        "trust": (None, "default"),
    }
    assert all(each.meaning for each in settled.values())


def test_each_origin_wins_over_those_below(tmp_path: Path) -> None:
    home = config(tmp_path, 'label = "large"\ncodec = "av1"\nout = "from file"\n')
    settled = settle(
        {"label": "small", "codec": None}, home=home, environment={"BONAFACE_CODEC": "hevc", "BONAFACE_LABEL": "large"}
    )
    said = {name: (settled[name].value, settled[name].origin) for name in ("label", "codec", "out")}
    assert said == {
        "label": ("small", "command line"),
        "codec": ("hevc", "BONAFACE_CODEC"),
        "out": ("from file", str(home / "config.toml")),
    }


def test_an_empty_variable_says_nothing(tmp_path: Path) -> None:
    assert settle({}, home=tmp_path, environment={"BONAFACE_LABEL": ""})["label"].origin == "default"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("label = ", "not valid TOML"),
        ('lable = "small"', "lable"),
        ("label = 3", "quotes"),
        ('label = "tiny"', "small, large"),
        (b"\xff\xfe\x00", "not valid TOML"),
    ],
)
def test_a_wrong_file_is_said(text: str | bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError, match=said):
        settle({}, home=tmp_path, environment={})


def test_a_wrong_variable_names_itself(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="BONAFACE_CODEC"):
        settle({}, home=tmp_path, environment={"BONAFACE_CODEC": "divx"})


def test_choices() -> None:
    check_choice("codec", "av1")
    with pytest.raises(UsageError, match="h264, hevc, av1"):
        check_choice("codec", "divx")


def test_every_variable_is_named_after_its_setting() -> None:
    for setting in SETTINGS:
        assert setting.variable == f"BONAFACE_{setting.name.upper()}"
        assert setting.default is None or not setting.choices or setting.default in setting.choices

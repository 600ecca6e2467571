"""Other detectors: asked in a process of their own, whatever they do there."""

import sys
from pathlib import Path

import numpy as np
import pytest

from bonaface.bench.check_detector import Detector, DetectorError
from bonaface.terms.errors import MissingFileError, MissingPartError, UsageError


def grey(value):
    return np.full((24, 24, 3), value, np.uint8)


def written(tmp_path, body, first=""):
    path = tmp_path / "theirs.py"
    path.write_text(f"{first}import os, sys\nfrom pathlib import Path\n{body}\n", encoding="utf-8")
    return str(path)


BRIGHTNESS = """
import struct, zlib
print("loading weights")
def predict(path):
    print("looking at", path)
    data = Path(path).read_bytes()
    assert data.startswith(b"\\x89PNG")
    start = data.index(b"IDAT")
    size = struct.unpack(">I", data[start - 4:start])[0]
    row = zlib.decompress(data[start + 4:start + 4 + size])
    if row[1] == 13:
        os._exit(7)
    if row[1] == 14:
        raise ValueError("unlucky")
    if row[1] == 15:
        return float("nan")
    return row[1]
"""


def test_a_file_answers_and_what_it_prints_does_no_harm(tmp_path):
    with Detector(written(tmp_path, BRIGHTNESS)) as theirs:
        assert theirs.name == "theirs"
        assert theirs.score([[grey(90)]]) == 90
        assert theirs.score([[grey(20), grey(40)], [grey(10)]]) == 30  # mean over looks, the highest of the faces


def test_a_failure_is_told_and_the_next_face_is_asked(tmp_path):
    with Detector(written(tmp_path, BRIGHTNESS)) as theirs:
        assert theirs.score([[grey(90)]]) == 90
        with pytest.raises(DetectorError, match="ValueError: unlucky"):
            theirs.score([[grey(14)]])
        with pytest.raises(DetectorError, match="nan instead of a number"):
            theirs.score([[grey(15)]])
        assert theirs.score([[grey(91)]]) == 91
        theirs.check_useful()


def test_a_process_that_dies_is_started_anew_a_few_times(tmp_path):
    with Detector(written(tmp_path, BRIGHTNESS)) as theirs:
        assert theirs.score([[grey(90)]]) == 90
        for _ in range(3):
            with pytest.raises(DetectorError, match="ended without an answer"):
                theirs.score([[grey(13)]])
        with pytest.raises(DetectorError, match="ended 3 times and was not started again"):
            theirs.score([[grey(90)]])


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ("import no_such_package_at_all", "No module named 'no_such_package_at_all'"),
        ("def forecast(path): return 1.0", "predict"),
        ("def predict(path): return 'fake'", "could not convert"),
        ("def predict(path): return None", "TypeError"),
    ],
)
def test_one_that_never_gives_a_number_is_refused_with_its_reason(tmp_path, body, part):
    with Detector(written(tmp_path, body)) as theirs:
        for _ in range(2):
            with pytest.raises(DetectorError, match=part):
                theirs.score([[grey(90)]])
        with pytest.raises(UsageError, match=r"is of no use here.*Try it on one picture by hand"):
            theirs.score([[grey(90)]])
        with pytest.raises(UsageError, match="gave no number"):
            theirs.check_useful()


def test_the_first_line_may_name_another_python(tmp_path):
    shell = tmp_path / "python-of-theirs"
    shell.write_text(f'#!/bin/sh\nTHEIRS=5 exec {sys.executable} "$@"\n', encoding="utf-8")
    shell.chmod(0o755)
    body = "def predict(path): return os.environ['THEIRS']"
    with Detector(written(tmp_path, body, f"#!{shell}\n")) as theirs:
        assert theirs.score([[grey(90)]]) == 5
    shell.chmod(0o644)
    with (
        Detector(written(tmp_path, body, f"#!{shell}\n")) as theirs,
        pytest.raises(MissingPartError, match="first line"),
    ):
        theirs.score([[grey(90)]])


def test_the_names_of_faces_tell_nothing_and_no_face_is_left(tmp_path):
    kept = tmp_path / "seen.txt"
    body = f"def predict(path):\n    open({str(kept)!r}, 'a').write(path + '\\n')\n    return 1"
    with Detector(written(tmp_path, body)) as theirs:
        theirs.score([[grey(90)], [grey(91)]])
        theirs.score([[grey(92)]])
    paths = [type(tmp_path)(line) for line in kept.read_text().splitlines()]
    assert [path.name for path in paths] == ["0000001.png", "0000002.png", "0000003.png"]
    assert not any(path.parent.exists() for path in paths)


def command(code):
    return f'{sys.executable} -c "{code}" {{path}}'


def test_a_command_gives_its_last_number():
    with Detector(
        command("import sys; print('1 face'); print('score:', -2.5e-1 if sys.argv[1][-4:] == '.png' else 9)")
    ) as it:
        assert it.score([[grey(90)]]) == -0.25


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("print('fake')", "printed no number but 'fake'"),
        ("pass", "printed no number but ''"),
        ("import sys; sys.exit('no weights')", "ended with 1: no weights"),
    ],
)
def test_a_command_that_prints_no_number_is_refused_with_what_it_said(code, part):
    with Detector(command(code)) as it:
        for _ in range(2):
            with pytest.raises(DetectorError, match=part):
                it.score([[grey(90)]])
        with pytest.raises(UsageError, match=f"(?s){part}.*by hand first"):
            it.score([[grey(90)]])


def test_a_detector_that_is_none_is_refused_before_any_work(tmp_path):
    with pytest.raises(MissingFileError, match=r"does not exist; name a Python file with predict\(path\)"):
        Detector(str(tmp_path / "none.py"))
    with pytest.raises(UsageError, match=r"has no \{path\}; write a command"):
        Detector("their-tool --fast")
    with Detector("no-such-program-anywhere {path}") as it, pytest.raises(UsageError, match="cannot be started"):
        it.score([[grey(90)]])


def test_the_example_of_the_document_works(tmp_path):
    document = Path(__file__).parents[2] / "docs" / "detectors.md"
    example = document.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    rough = np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8)
    with Detector(str(tmp_path / "example.py")) as it:
        assert it.score([[rough]]) < it.score([[grey(90)]]) == 0

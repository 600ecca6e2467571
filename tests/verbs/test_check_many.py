"""The engine beyond one machine, on a cluster of this one: every file has a row, whatever happens."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

from bonaface.terms.errors import OutputExistsError
from bonaface.verbs.check import ask, check

ray = pytest.importorskip("ray")
parquet = pytest.importorskip("pyarrow.parquet")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    from pathlib import Path

    folder = tmp_path_factory.mktemp("many")
    with Image.open(Path(__file__).parents[2] / "examples" / "media" / "astronaut.png") as picture:
        face = picture.convert("RGB").crop((120, 0, 360, 240)).resize((120, 120))
    for number in range(11):
        face.save(folder / f"{number:02d}.jpg", quality=90)
    (folder / "05.jpg").write_bytes(b"\xff\xd8\xff nothing that could be read")
    return sorted(folder.glob("*.jpg"))


@pytest.fixture(scope="module", autouse=True)
def cluster():
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False, configure_logging=False)
    yield
    ray.shutdown()


def rows(out):
    return [row for path in sorted(out.glob("part-*.parquet")) for row in parquet.read_table(path).to_pylist()]


def test_it_says_what_the_local_engine_says_and_goes_on_where_it_was(files, home, tmp_path):
    from bonaface.verbs.check_many import check_many

    out = tmp_path / "out"
    tally = check_many(files, ask(home=home), out, partition=4)
    assert (tally.files, tally.examined) == (11, 11)
    local = check(files, home=home)
    assert [row["path"] for row in rows(out)] == [str(path) for path in files]
    assert [row["exit_code"] for row in rows(out)] == [finding.exit_code for finding in local]
    assert [row["score"] for row in rows(out)] == [finding.score for finding in local]
    assert json.loads(rows(out)[5]["finding"])["error"]["sentence"]
    (out / "part-000001.parquet").unlink()
    again = check_many(files, ask(home=home), out, partition=4)
    assert (again.files, again.examined, again.codes) == (11, 4, tally.codes)
    with pytest.raises(OutputExistsError, match="another list"):
        check_many(files[:3], ask(home=home), out, partition=4)


def test_a_file_that_kills_its_worker_gets_a_row_and_stops_no_other(files, home, tmp_path, monkeypatch):
    from bonaface.verbs import check_many as module

    class Deadly(module.Worker):
        def check(self, paths):
            if any(path.endswith("02.jpg") for path in paths):
                os.kill(os.getpid(), signal.SIGKILL)
            return super().check(paths)

    monkeypatch.setattr(module, "Worker", Deadly)
    module.check_many(files[:5], ask(home=home), tmp_path / "out", partition=3)
    found = rows(tmp_path / "out")
    assert len(found) == 5
    assert "crashed a worker" in json.loads(found[2]["finding"])["error"]["sentence"]
    assert all(json.loads(row["finding"])["faces"] for k, row in enumerate(found) if k != 2)


def test_a_run_that_is_killed_is_taken_up_again(files, home, tmp_path):
    from bonaface.verbs.check_many import check_many

    del home
    (tmp_path / "list.txt").write_text("\n".join(map(str, files)))
    code = (
        "import sys; from pathlib import Path; from bonaface.verbs.check import ask; "
        "from bonaface.verbs.check_many import check_many; from bonaface.verbs.file_list import read_list; "
        "check_many(read_list(Path(sys.argv[1])), ask(), Path(sys.argv[2]), partition=2)"
    )
    out = tmp_path / "out"
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "list.txt"), str(out)])
    deadline_s = time.monotonic() + 90
    while time.monotonic() < deadline_s and len(list(out.glob("part-*"))) < 2:
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = len(list(out.glob("part-*.parquet")))
    assert before >= 2
    tally = check_many(files, ask(), out, partition=2)
    assert tally.files == 11
    assert tally.examined == 11 - min(11, 2 * before)
    assert len(rows(out)) == 11

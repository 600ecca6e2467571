"""What holds the house together, read from the syntax trees: who writes, encodes, knows whom, and may call out."""

from __future__ import annotations

import ast
import os
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import bonaface
from bonaface.terms.version import __version__

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((SOURCE / "bonaface").rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}

# Whoever is named here, writes; nobody else does. What is rendered passes the door: encode, remux and marking.
WRITERS_OF_MEDIA = {
    "bonaface.media.encode": "the door's own encoder",
    "bonaface.media.remux": "joins the door's labelled segments",
    "bonaface.bench.clips": "the beginning of a clip, its packets untouched",
    "bonaface.bench.reencode": "in memory alone: what encoding costs",
    "bonaface.media.recompress": "in memory alone: what compression does to a picture",
    "bonaface.bench.curve_plot": "a plot of figures, which shows nobody",
    "bonaface.bench.check_detector": "faces for another detector, in a folder that vanishes",
    "bonaface.checking.report_pictures": "frames of files that were given to be checked, for the report",
}
WRITERS_OF_MATERIAL = {
    "bonaface.people.face_set": "crops of a person's own pictures, in the person's folder",
}
WRITERS_OF_FILES = {
    **WRITERS_OF_MEDIA,
    **WRITERS_OF_MATERIAL,
    "bonaface.marking.identity": "keys and certificates",
    "bonaface.marking.manifest": "the signed file",
    "bonaface.marking.segments": "the journal of finished segments",
    "bonaface.marking.door": "moves subtitles beside the result",
    "bonaface.making.checkpoint": "avatars",
    "bonaface.making.painting": "who paints a person, and the weights",
    "bonaface.making.apprentice": "the state to go on learning from",
    "bonaface.people.store": "person.toml and consent",
    "bonaface.people.archive": "exported people",
    "bonaface.people.ledger": "the ledger",
    "bonaface.verbs.recording": "meshes between two passes, in a file without a name",
    "bonaface.bench.perform": "the consent of a benchmark, in a folder that vanishes",
    "bonaface.bench.swap": "the tables of figures",
    "bonaface.bench.curve": "the tables of figures",
    "bonaface.bench.unseen": "the tables of figures",
    "bonaface.bench.check": "the tables of figures",
    "bonaface.bench.check_worker": "answers to the process that asked",
    "bonaface.checking.report": "the report",
    "bonaface.apps.kept": "what the demo made, and from what",
    "bonaface.bench.fetch": "the one clip that is fetched when asked for",
    "bonaface.verbs.check_many": "results of a list, in the folder that was named for them",
}
NETWORK = {
    "aiohttp", "asyncio", "ftplib", "http", "httpx", "imaplib", "paramiko", "poplib", "requests", "smtplib", "socket",
    "socketserver", "ssl", "telnetlib", "urllib", "urllib3", "webbrowser", "websockets", "xmlrpc",
}  # fmt: skip
CALLS_OUT = {"bonaface.bench.fetch": {"subprocess"}, "bonaface.bench.check_detector": {"subprocess"}}
NO_NAMES = {"util", "utils", "helper", "helpers", "core", "manager", "managers", "common", "misc"}


def imports(tree: ast.Module) -> set[str]:
    """Every module that is named by an import, also those inside functions."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and _name(node.func) in ("import_module", "__import__") and node.args:
            found |= {str(arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant)}
    return found


def importers(wanted: str) -> set[str]:
    return {module for module, tree in TREES.items() if any(name.startswith(wanted) for name in imports(tree))}


def writes(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Name and line of each call that writes a file; media are marked as such."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = _name(node.func)
        on = _name(node.func.value) if isinstance(node.func, ast.Attribute) else ""
        if name in ("imwrite", "imwritemulti", "imencode", "VideoWriter"):
            yield f"media: {name}", node.lineno
        elif name == "save" and (on in ("image", "picture", "img", "im") or _calls(node, "fromarray")):
            yield "media: Image.save", node.lineno
        elif name == "open" and _writing(node):
            yield ("media: av.open" if on == "av" else "open"), node.lineno
        elif name in ("write_bytes", "write_text", "tofile", "savez", "savez_compressed", "save_file", "fdopen"):
            yield name, node.lineno
        elif on in ("np", "numpy", "torch", "json", "pickle") and name in ("save", "savetxt", "dump"):
            yield f"{on}.{name}", node.lineno
        elif on == "sqlite3" and name == "connect":
            yield "sqlite3.connect", node.lineno
        elif name == "ZipFile" and _writing(node):
            yield "ZipFile", node.lineno
        elif on == "shutil" and (name.startswith("copy") or name == "move"):
            yield f"shutil.{name}", node.lineno


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _calls(node: ast.Call, name: str) -> bool:
    inner = node.func.value if isinstance(node.func, ast.Attribute) else None
    return isinstance(inner, ast.Call) and _name(inner.func) == name


def _writing(node: ast.Call) -> bool:
    """Tell whether a call of open() or the like names a mode that writes."""
    bare = isinstance(node.func, ast.Name) or _name(getattr(node.func, "value", node.func)) in ("av", "zipfile", "io")
    given = [*node.args[int(bare) :], *(keyword.value for keyword in node.keywords if keyword.arg == "mode")]
    modes = [arg.value for arg in given if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    return any(re.fullmatch(r"[rwaxbt+]{1,4}", mode) and set(mode) & set("wax+") for mode in modes)


def planted(code: str) -> list[str]:
    return [what for what, _ in writes(ast.parse(code))]


# ---- the test of the test ----


@pytest.mark.parametrize(
    "code",
    [
        'open("a", "w")', 'path.open(mode="wb")', 'path.write_bytes(b"")', 'cv2.imwrite("a.png", x)',
        'Image.fromarray(x).save("a.png")', 'image.save("a.png")', 'av.open("a.mp4", "w", format="mp4")',
        "np.save(path, x)", 'pickle.dump(x, file)', 'zipfile.ZipFile(path, "w")', "shutil.copyfile(a, b)",
    ],
)  # fmt: skip
def test_a_planted_write_is_seen(code: str) -> None:
    assert len(planted(code)) == 1


@pytest.mark.parametrize("code", ['open("a")', 'path.open("rb")', "av.open(str(path))", "zipfile.ZipFile(path)"])
def test_a_planted_read_is_none(code: str) -> None:
    assert planted(code) == []


# ---- one door out ----


@pytest.mark.parametrize("module", MODULES)
def test_only_the_named_modules_write(module: str) -> None:
    found = list(writes(TREES[module]))
    media = [(what, line) for what, line in found if what.startswith("media")]
    assert not media or module in WRITERS_OF_MEDIA.keys() | WRITERS_OF_MATERIAL.keys(), f"{module} writes {media}"
    assert not found or module in WRITERS_OF_FILES, f"{module} writes {found}"


def test_the_list_of_writers_has_no_idle_names() -> None:
    assert {module for module in WRITERS_OF_FILES if not list(writes(TREES[module]))} <= {"bonaface.verbs.recording"}


def test_only_the_door_imports_the_encoder() -> None:
    users = {
        module for module, tree in TREES.items() if any(i.startswith("bonaface.media.encode") for i in imports(tree))
    }
    assert users == {"bonaface.marking.door"}


def test_only_the_encoder_joins_clips() -> None:
    users = {
        module for module, tree in TREES.items() if any(i.startswith("bonaface.media.remux") for i in imports(tree))
    }
    assert users == {"bonaface.media.encode"}


def test_rendered_pixels_have_no_way_to_a_file() -> None:
    from bonaface.terms.picture import Unmarked

    assert not [name for name in dir(Unmarked) if re.search("save|write|export|encode|tobytes", name)]


def test_only_what_a_person_was_learned_from_is_shown_as_given() -> None:
    users = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "as_given"
    }
    assert users == {"bonaface.verbs.person"}


def test_making_and_checking_do_not_know_each_other() -> None:
    for module, tree in TREES.items():
        for one, other in (("making", "checking"), ("checking", "making"), ("checking", "people")):
            if module.startswith(f"bonaface.{one}"):
                assert not [name for name in imports(tree) if name.startswith(f"bonaface.{other}")], module


def test_making_knows_no_judge() -> None:
    for module, tree in TREES.items():
        if module.startswith("bonaface.making"):
            judges = ("bonaface.bench", "bonaface.faces.embed", "dlib", "face_recognition_models")
            assert not [name for name in imports(tree) if name.startswith(judges)], module


# ---- nothing leaves the machine ----


@pytest.mark.parametrize("module", MODULES)
def test_no_module_can_call_out(module: str) -> None:
    roots = {name.split(".")[0] for name in imports(TREES[module])}
    assert not roots & NETWORK
    assert not roots & {"mediapipe", "wandb", "sentry_sdk", "huggingface_hub"}
    assert not roots & {"subprocess", "multiprocessing"} - CALLS_OUT.get(module, set())


@pytest.mark.skipif(not os.environ.get("BONAFACE_TEST_OFFLINE"), reason="BONAFACE_TEST_OFFLINE is not set")
@pytest.mark.parametrize("address", [("1.1.1.1", 443), ("8.8.8.8", 53), ("2606:4700:4700::1111", 443)])
def test_the_test_run_has_no_network(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as line, pytest.raises(OSError):
        line.settimeout(3)
        line.connect(address)


# ---- nothing heavy at start ----


@pytest.mark.parametrize("code", ["import bonaface", "import bonaface.apps.cli"])
def test_the_start_is_light(code: str) -> None:
    heavy = "torch", "cv2", "onnxruntime", "av", "ai_edge_litert", "numba", "scipy", "numpy"
    seen = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sorted(set({heavy!r}) & set(sys.modules)))"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert seen.stdout.split() == []


def test_the_public_names_exist() -> None:
    for name in bonaface.__all__:
        assert getattr(bonaface, name) is not None
    with pytest.raises(AttributeError, match="bonaface"):
        _ = bonaface.no_such_name  # type: ignore[attr-defined]


# ---- house style ----


@pytest.mark.parametrize("module", MODULES)
def test_modules_are_short_named_by_things_and_say_what_they_are(module: str) -> None:
    lines = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    assert lines < 300, f"{module} has {lines} lines"
    assert ast.get_docstring(TREES[module]), f"{module} does not say what it is"
    assert module.rsplit(".", maxsplit=1)[-1] not in NO_NAMES


@pytest.mark.parametrize("module", MODULES)
def test_modules_hold_no_state(module: str) -> None:
    globals_ = [node.lineno for node in ast.walk(TREES[module]) if isinstance(node, ast.Global)]
    assert not globals_, f"{module} changes a module's variable in line {globals_}"


def test_tests_mirror_the_tree() -> None:
    packages = {path.name for path in (SOURCE / "bonaface").iterdir() if path.is_dir()}
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= packages | {"scripts"}


def test_one_version_everywhere() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert declared == __version__ == newest[1] == bonaface.__version__


def test_every_weight_that_ships_has_its_sum_in_the_notice() -> None:
    import hashlib

    models = SOURCE / "bonaface" / "models"
    tracked = subprocess.run(
        ["git", "ls-files", str(models)], cwd=ROOT, check=False, capture_output=True, text=True, timeout=30
    ).stdout.split()
    if not tracked:
        pytest.skip("not a git checkout")
    notice = (models / "NOTICE.md").read_text(encoding="utf-8")
    for path in (ROOT / name for name in tracked):
        if path.suffix in (".onnx", ".tflite", ".task", ".safetensors"):
            assert hashlib.sha256(path.read_bytes()).hexdigest()[:16] in notice, f"{path.name} is not in NOTICE.md"


def test_every_shipped_medium_has_a_notice() -> None:
    media = ROOT / "examples" / "media"
    notice = (media / "NOTICE.md").read_text(encoding="utf-8")
    assert [path.name for path in media.iterdir() if path.name != "NOTICE.md" and path.name not in notice] == []


def test_no_file_tells_where_it_was_made() -> None:
    texts = [path for path in ROOT.rglob("*") if path.suffix in (".py", ".md", ".toml", ".txt") and path.is_file()]
    for path in texts:
        if not {".venv", ".git", "node_modules"} & set(path.relative_to(ROOT).parts) and path != Path(__file__):
            text = path.read_text(encoding="utf-8", errors="replace")
            assert not re.search(r"/work/|/root/|/home/\w+/", text), f"{path} names a folder of one machine"

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from bonaface.marking import identity
from bonaface.marking.claim import Claim
from bonaface.marking.read import Seal, read_seal
from bonaface.terms.errors import MissingFileError, UsageError

TYPES = ("jpg", "png", "webp", "tiff", "avif", "mp4", "mov")
Sign = Callable[..., Path]


@pytest.mark.parametrize("ending", TYPES)
def test_a_seal_reads_back_whole_and_trusted_with_all_it_says(
    ending: str, media_files: dict[str, Path], seal_file: Sign, home: Path
) -> None:
    seal = read_seal(seal_file(media_files[ending]), home=home)
    assert (seal.state, seal.signer, seal.failures) == ("whole", "trusted", ())
    assert seal.actions == ("c2pa.opened", "c2pa.placed", "c2pa.edited")
    assert seal.source_types == ("compositeWithTrainedAlgorithmicMedia",)
    assert (seal.purpose, seal.statement) == ("art", "consent of the person not documented")
    assert seal.consent_sha256 == ("ab" * 32,)
    assert seal.target_sha256 == "cd" * 32
    assert seal.tool.startswith("bonaface 0.")
    assert seal.time.endswith("Z")
    assert not seal.parent_sealed
    said = " ".join(seal.sentences())
    assert "whole" in said and "consent of the person not documented" in said and "not everything seen is real" in said


@pytest.mark.parametrize("ending", TYPES)
@pytest.mark.parametrize("where", [0.3, 0.6, 0.9])
def test_one_flipped_byte_of_the_picture_is_altered(
    ending: str, where: float, media_files: dict[str, Path], seal_file: Sign, home: Path
) -> None:
    plain, sealed = media_files[ending], seal_file(media_files[ending])
    content = bytearray(sealed.read_bytes())
    # A place in the picture's own bytes, wherever the manifest was put.
    at = int(where * plain.stat().st_size)
    piece = plain.read_bytes()[at : at + 12]
    at = bytes(content).find(piece)
    assert at >= 0
    content[at] ^= 0x40
    sealed.write_bytes(content)
    seal = read_seal(sealed, home=home)
    assert seal.state == "altered"
    assert seal.signer == "unknown", "nobody vouches for what was changed"
    assert "changed" in seal.sentences()[0]


@pytest.mark.parametrize("ending", ("jpg", "png", "avif", "mp4", "mov"))
def test_a_file_cut_short_is_altered(ending: str, media_files: dict[str, Path], seal_file: Sign, home: Path) -> None:
    sealed = seal_file(media_files[ending])
    sealed.write_bytes(sealed.read_bytes()[:-200])
    assert read_seal(sealed, home=home).state == "altered"


@pytest.mark.parametrize("ending", TYPES)
def test_any_changed_word_of_the_manifest_is_altered(
    ending: str, media_files: dict[str, Path], seal_file: Sign, home: Path
) -> None:
    sealed = seal_file(media_files[ending])
    content = sealed.read_bytes()
    assert content.count(b"not documented") >= 1
    sealed.write_bytes(content.replace(b"not documented", b"well documente"))
    assert read_seal(sealed, home=home).state == "altered"


@pytest.mark.parametrize("ending", ("jpg", "png", "webp", "tiff", "avif"))
def test_a_reencoded_picture_has_no_seal(
    ending: str, media_files: dict[str, Path], seal_file: Sign, home: Path, tmp_path: Path
) -> None:
    sealed = seal_file(media_files[ending])
    again = tmp_path / f"again.{ending}"
    with Image.open(sealed) as picture:
        picture.convert("RGB").copy().save(again)
    seal = read_seal(again, home=home)
    assert (seal.state, seal.signer) == ("missing", None)
    assert "says nothing" in seal.sentences()[0]


def test_a_rewrapped_clip_has_no_seal(
    media_files: dict[str, Path], seal_file: Sign, home: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.mp4"
    with av.open(str(seal_file(media_files["mp4"]))) as given, av.open(str(again), "w") as taken:
        stream = taken.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(given.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                taken.mux(packet)
    assert read_seal(again, home=home).state == "missing"


def test_a_manifest_moved_to_another_picture_is_altered(
    media_files: dict[str, Path], seal_file: Sign, home: Path, scene: Callable[..., np.ndarray]
) -> None:
    sealed = seal_file(media_files["png"]).read_bytes()
    begin = sealed.index(b"caBX") - 4
    chunk = sealed[begin : begin + 12 + int.from_bytes(sealed[begin : begin + 4])]
    other = media_files["png"].with_name("other.png")
    Image.fromarray(255 - scene()).save(other)
    content = other.read_bytes()
    other.write_bytes(content[:33] + chunk + content[33:])
    assert read_seal(other, home=home).state == "altered"


def test_a_certificate_forged_with_our_name_is_an_unknown_signer(
    media_files: dict[str, Path], seal_file: Sign, home: Path, tmp_path: Path
) -> None:
    identity.signing_identity(home)
    forged = seal_file(media_files["jpg"], by=tmp_path / "forger")
    seal = read_seal(forged, home=home)
    assert (seal.state, seal.signer) == ("whole", "unknown")
    assert "anyone can make such a seal" in seal.sentences()[0]


def test_trust_file_makes_a_foreign_signer_trusted(
    media_files: dict[str, Path], seal_file: Sign, home: Path, tmp_path: Path
) -> None:
    foreign = seal_file(media_files["jpg"], by=tmp_path / "friend")
    anchor = tmp_path / "friend" / "identity" / "root.crt"
    assert read_seal(foreign, anchor, home=home).signer == "trusted"


@pytest.mark.parametrize("content", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n"])
def test_trust_file_without_a_certificate_is_refused(
    content: bytes, media_files: dict[str, Path], home: Path, tmp_path: Path
) -> None:
    (tmp_path / "trust.pem").write_bytes(content)
    with pytest.raises(UsageError, match="--trust"):
        read_seal(media_files["jpg"], tmp_path / "trust.pem", home=home)


def test_missing_trust_file_is_said(media_files: dict[str, Path], home: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="--trust"):
        read_seal(media_files["jpg"], tmp_path / "none.pem", home=home)


def test_after_the_certificate_has_ended_the_seal_is_whole_but_nobody_vouches(
    media_files: dict[str, Path], seal_file: Sign, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "SIGNER_LIFE", timedelta(seconds=2))
    sealed = seal_file(media_files["jpg"])
    assert read_seal(sealed, home=home).signer == "trusted"
    time.sleep(3.1)  # certificates count whole seconds
    seal = read_seal(sealed, home=home)
    assert (seal.state, seal.signer, seal.expired) == ("whole", "unknown", True)
    assert "ended" in " ".join(seal.sentences())


def test_the_target_s_own_seal_is_kept_inside(media_files: dict[str, Path], seal_file: Sign, home: Path) -> None:
    once = seal_file(media_files["png"], "once")
    twice = seal_file(media_files["png"], "twice", source=once)
    seal = read_seal(twice, home=home)
    assert (seal.state, seal.signer, seal.parent_sealed) == ("whole", "trusted", True)


def test_a_broken_seal_of_the_target_does_not_break_ours(
    media_files: dict[str, Path], seal_file: Sign, home: Path
) -> None:
    once = seal_file(media_files["png"], "once")
    once.write_bytes(once.read_bytes().replace(b"not documented", b"well documente"))
    assert read_seal(seal_file(media_files["png"], "twice", source=once), home=home).state == "whole"


def test_a_target_that_is_no_media_of_ours_is_still_named(
    media_files: dict[str, Path], seal_file: Sign, home: Path, tmp_path: Path
) -> None:
    for name, content in (
        ("clip.webm", b"\x1a\x45\xdf\xa3 nothing"),
        ("wrong.jpg", b"not a picture"),
        ("empty.png", b""),
    ):
        (tmp_path / name).write_bytes(content)
        seal = read_seal(seal_file(media_files["mp4"], name.split(".")[0], source=tmp_path / name), home=home)
        assert (seal.state, seal.signer) == ("whole", "trusted")


def test_every_consent_of_a_cast_is_named(
    media_files: dict[str, Path], seal_file: Sign, home: Path, claim: Claim
) -> None:
    other = replace(claim.permits[0], consent_sha256="ef" * 32, statement="self-declared")
    seal = read_seal(seal_file(media_files["jpg"], says=Claim((*claim.permits, other))), home=home)
    assert seal.consent_sha256 == ("ab" * 32, "ef" * 32)
    assert seal.statement == "consent of the person not documented; self-declared"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.jpg", b""),
        ("note.txt", b"hello"),
        ("cut.png", b"\x89PNG"),
        ("x.mp4", b"123456789"),
        ("x.mkv", b"\x1aE\xdf\xa3"),
    ],
)
def test_what_is_no_sealable_media_has_no_seal(name: str, content: bytes, tmp_path: Path, home: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert read_seal(tmp_path / name, home=home).state == "missing"


def test_a_wrong_ending_does_not_hide_a_seal(media_files: dict[str, Path], seal_file: Sign, home: Path) -> None:
    for ending in TYPES:
        sealed = seal_file(media_files[ending])
        assert read_seal(sealed.rename(sealed.with_suffix(".dat")), home=home).state == "whole"


def test_a_path_that_is_not_there_or_a_folder_is_said(tmp_path: Path, home: Path) -> None:
    with pytest.raises(MissingFileError, match="not there"):
        read_seal(tmp_path / "none.jpg", home=home)
    with pytest.raises(MissingFileError, match="a folder"):
        read_seal(tmp_path, home=home)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("consent of the person not documented", "consent of the person not documented"),
        ("self-declared", "consent self-declared"),
        ("self-declared: the person's own likeness", "consent self-declared: the person's own likeness"),
        (
            "consent of the person not documented; self-declared: permission of the estate",
            "consent of the person not documented; consent self-declared: permission of the estate",
        ),
        (
            "benchmark only: consent of the person not documented",
            "benchmark only: consent of the person not documented",
        ),
        ("", "nothing is said of the person's consent"),
    ],
)
def test_consent_is_told_in_a_sentence_whatever_its_basis(statement: str, said: str) -> None:
    seal = Seal(Path("a.png"), "whole", "trusted", "Ann", purpose="art", statement=statement)
    assert f"Purpose: art; {said}." in seal.sentences()

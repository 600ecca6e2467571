"""The manifest read by other means than the library that wrote it: boxes, CBOR and signature by hand."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from PIL import Image

from bonaface.marking.claim import Claim
from bonaface.marking.manifest import media_type_of
from bonaface.terms.errors import UsageError

BMFF_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


def store_in(path: Path) -> bytes:
    """Return the manifest store (JUMBF) of a file, by each container's own rules (C2PA 2.4, annex A)."""
    content = path.read_bytes()
    if path.suffix == ".jpg":
        return jpeg_store(content)
    if path.suffix == ".png":
        return next(data for kind, data in png_chunks(content) if kind == b"caBX")
    if path.suffix == ".webp":
        at = content.index(b"C2PA")
        return content[at + 8 : at + 8 + struct.unpack("<I", content[at + 4 : at + 8])[0]]
    if path.suffix == ".tiff":
        with Image.open(path) as picture:
            return bytes(picture.tag_v2[0xCD41])
    box = next(body for kind, body in boxes(content) if kind == b"uuid" and body.startswith(BMFF_UUID))
    return box[box.index(b"jumb") - 4 :]


def jpeg_store(content: bytes) -> bytes:
    store, at = b"", 2
    while content[at + 1] != 0xDA:
        size = struct.unpack(">H", content[at + 2 : at + 4])[0]
        if content[at + 1] == 0xEB and content[at + 4 : at + 6] == b"JP":
            # After the first piece each repeats the superbox's eight bytes.
            number = struct.unpack(">I", content[at + 8 : at + 12])[0]
            store += content[at + (12 if number == 1 else 20) : at + 2 + size]
        at += 2 + size
    return store


def png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(content):
        size = struct.unpack(">I", content[at : at + 4])[0]
        yield content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        at += 12 + size


def boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(content):
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        begin = at + 8
        if size == 1:
            size, begin = struct.unpack(">Q", content[at + 8 : at + 16])[0], at + 16
        size = size or len(content) - at
        yield kind, content[begin : at + size]
        at += size


def tree(superbox: bytes) -> dict[str, Any]:
    """Return the children of a JUMBF superbox by their labels: dictionaries for superboxes, bytes for content."""
    inside = list(boxes(superbox))
    label = inside[0][1][17:].split(b"\0")[0].decode()
    children: dict[str, Any] = {}
    for kind, body in inside[1:]:
        if kind == b"jumb":
            children |= tree(body)
        else:
            children.setdefault("content", body)
    return {label: children}


def cbor(data: bytes) -> Any:
    value, rest = _cbor(data)
    assert not rest.strip(b"\0")
    return value


def _cbor(data: bytes) -> tuple[Any, bytes]:
    major, low, data = data[0] >> 5, data[0] & 31, data[1:]
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(low, 0)
    number, data = (int.from_bytes(data[:size]) if size else low), data[size:]
    if major in (0, 1):
        return (number if major == 0 else -1 - number), data
    if major in (2, 3):
        return (data[:number] if major == 2 else data[:number].decode()), data[number:]
    if major == 4:
        items = []
        for _ in range(number):
            item, data = _cbor(data)
            items.append(item)
        return items, data
    if major == 5:
        pairs = {}
        for _ in range(number):
            key, data = _cbor(data)
            pairs[key], data = _cbor(data)
        return pairs, data
    if major == 6:
        return _cbor(data)
    return {20: False, 21: True, 22: None}[low], data


def head(number: int, major: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    size = next(size for size in (1, 2, 4) if number < 256**size)
    return bytes([major << 5 | 23 + size.bit_length()]) + number.to_bytes(size)


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tiff", "avif", "mp4", "mov"])
def test_signature_and_hashes_hold_when_computed_by_hand(
    ending: str, media_files: dict[str, Path], seal_file: Callable[..., Path], home: Path
) -> None:
    store = store_in(seal_file(media_files[ending]))
    manifests = tree(next(boxes(store))[1])["c2pa"]
    assert len(manifests) == 1
    manifest = next(iter(manifests.values()))
    claim_bytes = manifest["c2pa.claim.v2"]["content"]
    protected, unprotected, payload, signature = cbor(manifest["c2pa.signature"]["content"])
    assert payload is None, "C2PA detaches the payload"
    header = cbor(protected)
    assert header[1] == -7, "ES256"
    chain = header.get(33) or unprotected.get(33) or unprotected.get("x5chain")
    signer, root = (x509.load_der_x509_certificate(one) for one in chain)
    assert root == x509.load_pem_x509_certificate((home / "identity" / "root.crt").read_bytes())
    signer.verify_directly_issued_by(root)
    # RFC 9052, section 4.4: what a COSE_Sign1 signs.
    signed = (
        b"\x84\x6aSignature1" + head(len(protected), 2) + protected + b"\x40" + head(len(claim_bytes), 2) + claim_bytes
    )
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
    key = signer.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    claimed = cbor(claim_bytes)
    assert claimed["claim_generator_info"]["specVersion"] == "2.4"
    named = {one["url"].rsplit("/", 1)[-1] for one in claimed["created_assertions"]}
    assert {"c2pa.actions.v2", "org.bonaface.consent"} <= named
    hard = "c2pa.hash.data" if ending in ("jpg", "png", "webp", "tiff") else "c2pa.hash.bmff.v3"
    assert hard in named


def test_png_hash_covers_all_bytes_but_the_manifest(
    media_files: dict[str, Path], seal_file: Callable[..., Path]
) -> None:
    sealed = seal_file(media_files["png"])
    assertions = next(iter(tree(next(boxes(store_in(sealed)))[1])["c2pa"].values()))["c2pa.assertions"]
    binding = cbor(assertions["c2pa.hash.data"]["content"])
    content = bytearray(sealed.read_bytes())
    for part in sorted(binding["exclusions"], key=lambda part: -part["start"]):
        assert b"caBX" in content[part["start"] : part["start"] + 8]
        del content[part["start"] : part["start"] + part["length"]]
    assert hashlib.sha256(content).digest() == binding["hash"]


def test_actions_are_as_the_specification_asks(media_files: dict[str, Path], seal_file: Callable[..., Path]) -> None:
    assertions = next(iter(tree(next(boxes(store_in(seal_file(media_files["png"]))))[1])["c2pa"].values()))[
        "c2pa.assertions"
    ]
    stated = cbor(assertions["c2pa.actions.v2"]["content"])
    opened, placed, edited = stated["actions"]
    assert stated["allActionsIncluded"] is True
    assert [action["action"] for action in stated["actions"]] == ["c2pa.opened", "c2pa.placed", "c2pa.edited"]
    assert "digitalSourceType" not in opened and "digitalSourceType" not in placed
    assert edited["digitalSourceType"].endswith("/compositeWithTrainedAlgorithmicMedia")
    target, donor = (cbor(assertions[label]["content"]) for label in ("c2pa.ingredient.v3", "c2pa.ingredient.v3__1"))
    assert (target["relationship"], donor["relationship"]) == ("parentOf", "componentOf")
    assert len(opened["parameters"]["ingredients"]) == len(placed["parameters"]["ingredients"]) == 1
    assert opened["parameters"]["ingredients"][0]["url"].endswith("c2pa.ingredient.v3")
    assert not any("thumbnail" in label for label in assertions)


def test_neither_the_person_nor_the_target_is_named(
    media_files: dict[str, Path], seal_file: Callable[..., Path], claim: Claim
) -> None:
    person = replace(claim.permits[0], person_name="Zebulon Quick", person_id="id-of-zebulon")
    named = media_files["jpg"].rename(media_files["jpg"].with_name("wedding of Yolanda.jpg"))
    content = seal_file(named, says=Claim((person,))).read_bytes()
    for word in (b"Zebulon", b"id-of", b"Yolanda"):
        assert word not in content


@pytest.mark.parametrize("name", ["clip.mkv", "clip.webm", "scan.bmp", "file"])
def test_types_that_carry_no_manifest_are_refused_with_those_that_do(name: str) -> None:
    with pytest.raises(UsageError, match=r"\.mp4"):
        media_type_of(Path(name))

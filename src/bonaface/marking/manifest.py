"""The C2PA manifest (content credentials, specification 2.4): built, signed and embedded, all offline."""

from __future__ import annotations

import io
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from c2pa import Builder, C2paError, C2paSignerInfo, Context, Signer

from bonaface.marking.claim import Claim
from bonaface.marking.identity import Identity
from bonaface.terms.errors import NoSpaceError, SealError, UsageError

_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
CONSENT_LABEL = "org.bonaface.consent"
UNNAMED = "anonymised; the original is deliberately not named"
SPECIFICATION = "2.4"
MEDIA_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
}
"""Files that we write and content credentials can be embedded in (there is no Matroska, WebM or BMP)."""
_OTHER = "application/octet-stream"


def sign_file(
    unsigned: Path,
    signed: Path,
    claim: Claim,
    identity: Identity,
    *,
    source: Path | None,
    target_sha256: str = "",
) -> None:
    """Write ``unsigned`` with a signed manifest to ``signed`` (another file, replaced if it is there).

    ``source`` is the target that was opened; its own manifest, if any, is kept in the parent ingredient. None: a new
    picture, such as a sheet, that has no single parent, or an anonymised one, whose original is not named.

    Raises:
        UsageError: the type cannot carry a manifest.
        SealError: signing failed. NoSpaceError: the disk is full. OSError: a file cannot be opened.
    """
    media_type = media_type_in(unsigned) or media_type_of(unsigned)
    try:
        with (
            Context.from_dict(context_settings(identity.anchors_pem)) as context,
            Builder.from_json(json.dumps(_definition(claim, target_sha256, media_type, source)), context) as builder,
            Signer.from_info(C2paSignerInfo("es256", identity.chain_pem, identity.key_pem, None)) as signer,
            unsigned.open("rb") as content,
            signed.open("w+b") as out,
        ):
            if source is not None:
                with source.open("rb") as opened:
                    _add_parent(builder, source, opened)
            for number in range(len(claim.permits)):
                # A stand-in: no thumbnail, no name, not even a hash of the person's pictures.
                donor = {"title": "face of a person with a permit", "relationship": "componentOf"}
                builder.add_ingredient(donor | {"label": f"donor-{number}"}, _OTHER, io.BytesIO(b""))
            builder.sign(signer, media_type, content, out)
    except C2paError as error:
        if shutil.disk_usage(signed.parent).free < unsigned.stat().st_size:
            raise NoSpaceError(
                f"The disk of {signed.parent} is full; free some space and repeat the command."
            ) from error
        raise SealError(
            f"The seal could not be written ({error}), so nothing was released; repeat the command."
        ) from error


def source_type_of(claim: Claim) -> str:
    """Return the digital source type that a result is declared with, a term of IPTC's.

    A sheet of pictures as given is "composite", which leaves open what each of them is: a person may not exist.
    """
    return _SOURCE_TYPES + ("composite" if claim.as_given else "compositeWithTrainedAlgorithmicMedia")


def media_type_of(path: Path) -> str:
    """Return the media type that a file with this ending is sealed as.

    Raises:
        UsageError: files of this type cannot carry a manifest.
    """
    if path.suffix.lower() not in MEDIA_TYPES:
        known = " ".join(MEDIA_TYPES)
        raise UsageError(f"{path.name} cannot carry content credentials; choose an ending out of: {known}.")
    return MEDIA_TYPES[path.suffix.lower()]


def media_type_in(path: Path) -> str | None:
    """Return the type by the first bytes (names lie), else by the ending, else None: the library may know it."""
    with path.open("rb") as stream:
        head = stream.read(16)
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG"):
        return "image/png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:4] in (b"II*\0", b"MM\0*"):
        return "image/tiff"
    if head[4:8] == b"ftyp":
        brands = {b"avif": "image/avif", b"avis": "image/avif", b"heic": "image/heic", b"mif1": "image/heif"}
        return brands.get(head[8:12], "video/quicktime" if head[8:12] == b"qt  " else "video/mp4")
    return MEDIA_TYPES.get(path.suffix.lower())


def context_settings(anchors_pem: bytes) -> dict[str, Any]:
    """Return the settings of the C2PA library: these roots trusted, nothing fetched, nothing added by itself."""
    trust = {"user_anchors": anchors_pem.decode("ascii", "replace")} if anchors_pem.strip() else {}
    off = {"enabled": False}
    return {
        "version": 1,
        "trust": trust,
        "verify": {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
        "builder": {
            "thumbnail": off,
            "actions": {"auto_opened_action": off, "auto_placed_action": off, "auto_created_action": off},
        },
    }


def _definition(claim: Claim, target_sha256: str, media_type: str, source: Path | None) -> dict[str, Any]:
    when = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "claim_generator_info": [{"name": "bonaface", "version": claim.version, "specVersion": SPECIFICATION}],
        "format": media_type,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": _actions(claim, when, source), "created": True},
            {
                "label": CONSENT_LABEL,
                "data": _consent(claim, target_sha256, when),
                "kind": "Json",
                "created": True,
            },
        ],
    }


def _actions(claim: Claim, when: str, source: Path | None) -> dict[str, Any]:
    agent = {"name": "bonaface", "version": claim.version}
    donors = [f"donor-{number}" for number in range(len(claim.permits))]
    began: dict[str, Any] = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["target"]}}
    if source is None:
        began = {"action": "c2pa.created", "digitalSourceType": source_type_of(claim)}
    placed: dict[str, Any] = {"action": "c2pa.placed", "parameters": {"ingredientIds": donors}}
    done = [began, placed]
    if claim.as_given:
        placed["description"] = "pictures of a person as they were given, laid out on a sheet; visible label"
    else:
        what = "faces replaced by those of other people, learned from their images and videos; visible label"
        if claim.performance_sha256:
            what = "the face of a still picture made to do what an actor does in a clip; visible label"
        what = f"{UNNAMED}: {what}" if claim.anonymous else what
        done.append({"action": "c2pa.edited", "digitalSourceType": source_type_of(claim), "description": what})
    actions = [action | {"when": when, "softwareAgent": agent} for action in done]
    return {"actions": actions, "allActionsIncluded": True}


def _consent(claim: Claim, target_sha256: str, when: str) -> dict[str, Any]:
    people = [
        {
            "basis": permit.basis,
            "purpose": permit.purpose,
            "expires": permit.expires.isoformat(),
            "consent_sha256": permit.consent_sha256,
            "statement": permit.statement,
        }
        for permit in claim.permits
    ]
    counts = {"frames": claim.frames, "swapped": claim.swapped, "held": claim.held, "hidden": claim.hidden}
    stated = {"purpose": ", ".join(claim.purposes), "statement": claim.statement, "people": people, "time": when}
    named = {"target_sha256": target_sha256} if target_sha256 else {}
    named |= {"performance_sha256": claim.performance_sha256} if claim.performance_sha256 else {}
    named |= {"original": UNNAMED} if claim.anonymous else {}
    return stated | named | (counts if claim.frames else {})


def _add_parent(builder: Builder, source: Path, opened: BinaryIO) -> None:
    # The file name may name somebody; the picture itself tells what the target was.
    parent = {"title": f"target{source.suffix.lower()}", "relationship": "parentOf", "label": "target"}
    media_type = media_type_in(source) or _OTHER
    try:
        builder.add_ingredient(parent, media_type, opened)
    except C2paError:
        # A damaged file or a broken manifest of somebody else's must not keep ours from being written.
        opened.seek(0)
        builder.add_ingredient(parent, _OTHER, opened)

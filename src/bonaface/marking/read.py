"""Reading a seal back: is it whole, who signed it, and what does it declare."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from c2pa import C2paError, Context, Reader
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates

from bonaface.marking.identity import trust_anchors
from bonaface.marking.manifest import CONSENT_LABEL, context_settings, media_type_in
from bonaface.people.home import home_folder
from bonaface.terms.errors import MissingFileError, UnreadableMediaError, UsageError
from bonaface.terms.permit import tell_consent

State = Literal["whole", "altered", "missing"]
Trust = Literal["trusted", "unknown"]

_ABOUT_THE_SIGNER = ("signingCredential.", "claimSignature.outsideValidity", "timeStamp.")
"""Failures that say who signed, or until when that is vouched for; every other one says that something was changed."""
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Seal:
    """What a file's seal says.

    ``state``: whole (nothing was changed since it was signed), altered, or missing. ``signer`` is None where the seal
    is missing; ``expired``: the signer's certificate has ended since. ``actions`` are C2PA's names in order;
    ``source_types`` the last words of the digital source types; ``purpose``, ``statement``, ``consent_sha256`` and
    ``time`` are as the maker declared them, empty where the seal is another tool's. ``parent_sealed``: the target
    carried a seal of its own. ``failures`` are C2PA's validation codes; ``declared`` is all of the consent assertion.
    """

    path: Path
    state: State
    signer: Trust | None = None
    signer_name: str = ""
    expired: bool = False
    tool: str = ""
    actions: tuple[str, ...] = ()
    source_types: tuple[str, ...] = ()
    purpose: str = ""
    statement: str = ""
    consent_sha256: tuple[str, ...] = ()
    target_sha256: str = ""
    time: str = ""
    parent_sealed: bool = False
    failures: tuple[str, ...] = ()
    declared: Mapping[str, Any] = field(default_factory=dict)

    @property
    def composite(self) -> bool:
        """Whether the seal declares media made by a trained algorithm."""
        return any("rainedAlgorithmicMedia" in source_type for source_type in self.source_types)

    def sentences(self) -> list[str]:
        """Return what a person needs to know, in plain words."""
        if self.state == "missing":
            return ["No seal. That says nothing about the picture: most sites remove seals."]
        if self.state == "altered":
            return ["The seal is broken: the file, or what its seal says, was changed after it was signed."]
        known = "a signer you trust" if self.signer == "trusted" else "an unknown signer (anyone can make such a seal)"
        said = [f"The seal is whole: nothing changed since it was signed by {known}, {self.signer_name or 'no name'}."]
        if self.expired:
            said.append("The signer's certificate has ended since, so nobody vouches for it any more.")
        if self.composite:
            said.append("It declares a composite with media made by a trained algorithm: not everything seen is real.")
        elif self.source_types == ("composite",):
            said.append("It declares a sheet of pictures as they were given; whether they are real it does not say.")
        if self.tool or self.time:
            said.append(f"Made with {self.tool or 'an unnamed tool'}{f', {self.time}' if self.time else ''}.")
        if self.purpose:
            said.append(f"Purpose: {self.purpose}; {tell_consent(self.statement)}.")
        if self.declared.get("original"):
            said.append(f"The original: {self.declared['original']}.")
        if self.parent_sealed:
            said.append("The original that it was made from carried a seal of its own, which is kept inside.")
        return said


def read_seal(path: Path, trust: Path | None = None, *, home: Path | None = None) -> Seal:
    """Return what the seal of a file says; trusted are this home's own roots and those in the PEM file ``trust``.

    Files of a type that cannot carry a seal, and files that are no media, have none: "missing".

    Raises:
        MissingFileError: no such file, or a folder. UsageError: ``trust`` holds no certificates.
        UnreadableMediaError: the file cannot be opened.
    """
    if not path.is_file():
        raise MissingFileError(f"{path} is {'a folder' if path.is_dir() else 'not there'}; name a file.")
    anchors = trust_anchors(home_folder() if home is None else home) + (b"" if trust is None else read_anchors(trust))
    try:
        with (
            path.open("rb") as stream,
            Context.from_dict(context_settings(anchors)) as context,
            Reader(media_type_in(path), stream, context=context) as reader,
        ):
            return _judge(path, json.loads(reader.json()))
    except OSError as error:
        raise UnreadableMediaError(f"{path} cannot be read ({error.strerror}); correct its rights.") from error
    except C2paError as error:
        state: State = (
            "altered" if not isinstance(error, C2paError.ManifestNotFound) and _has_store(path) else "missing"
        )
        return Seal(
            path,
            state,
            "unknown" if state == "altered" else None,
            failures=(type(error).__name__.removeprefix("_C2pa"),),
        )


def read_anchors(trust: Path) -> bytes:
    """Return the certificates of a PEM file.

    Raises:
        MissingFileError: it cannot be read. UsageError: there is no certificate in it.
    """
    try:
        content = trust.read_bytes()
    except OSError as error:
        raise MissingFileError(f"{trust} cannot be read ({error.strerror}); name a PEM file (--trust).") from error
    try:
        certificates = load_pem_x509_certificates(content)
    except ValueError:
        raise UsageError(
            f"{trust} holds no certificate in PEM form; name the signer's root as PEM (--trust)."
        ) from None
    # Only the certificates: a PEM file may hold other things, which the library would stumble over.
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def _judge(path: Path, report: dict[str, Any]) -> Seal:
    active = report["manifests"][report["active_manifest"]]
    results = report.get("validation_results", {}).get("activeManifest", {})
    failures = tuple(dict.fromkeys(str(failure["code"]) for failure in results.get("failure", [])))
    trusted = any(success["code"] == "signingCredential.trusted" for success in results.get("success", []))
    changed = any(not failure.startswith(_ABOUT_THE_SIGNER) for failure in failures)
    assertions = {str(item["label"]): item.get("data", {}) for item in active.get("assertions", [])}
    actions = [a for label, data in assertions.items() if label.startswith("c2pa.actions") for a in data["actions"]]
    consent = assertions.get(CONSENT_LABEL, {})
    consent = consent if isinstance(consent, dict) else {}
    signature = active.get("signature_info") or {}
    generator = (active.get("claim_generator_info") or [{}])[0]
    parents = [one for one in active.get("ingredients", []) if one.get("relationship") == "parentOf"]
    types = [str(action["digitalSourceType"]) for action in actions if action.get("digitalSourceType")]
    return Seal(
        path,
        "altered" if changed or not results else "whole",
        "trusted" if trusted and not changed else "unknown",
        str(signature.get("issuer", "")),
        any(failure in ("signingCredential.expired", "claimSignature.outsideValidity") for failure in failures),
        f"{generator.get('name', '')} {generator.get('version', '')}".strip(),
        tuple(str(action["action"]) for action in actions),
        tuple(dict.fromkeys(source_type.rsplit("/", 1)[-1] for source_type in types)),
        str(consent.get("purpose", "")),
        str(consent.get("statement", "")),
        tuple(str(person.get("consent_sha256", "")) for person in consent.get("people", [])),
        str(consent.get("target_sha256", "")),
        str(consent.get("time") or signature.get("time") or ""),
        any(parent.get("active_manifest") for parent in parents),
        failures,
        consent,
    )


def _has_store(path: Path) -> bool:
    """Tell whether the bytes of a manifest store (a JUMBF superbox of type c2pa) lie in a file that does not parse."""
    sign = b"jumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"
    with path.open("rb") as stream:
        tail = b""
        while chunk := stream.read(_CHUNK):
            if sign in tail + chunk:
                return True
            tail = chunk[-len(sign) :]
    return False

"""The examiner of origin: what a file declares of itself, and whether that can be believed."""

from __future__ import annotations

from collections.abc import Mapping

from bonaface.marking.read import Seal
from bonaface.terms.finding import Evidence

_MADE = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic", "algorithmicMedia")
_PROVED = "a declaration, not a measurement: it proves who signed and that nothing changed since, not what is true"
_STATED = "anybody can write or remove it"


def examine_origin(seal: Seal, facts: Mapping[str, str]) -> tuple[tuple[Evidence, ...], bool]:
    """Return what the file declares, and whether it declares that a machine made or changed what it shows.

    A missing manifest is no evidence: most sites remove it.
    """
    evidence, made = [], False
    if seal.state == "whole" and seal.composite:
        made = True
        evidence.append(
            Evidence(
                "origin",
                f"The manifest (C2PA) is whole, signed by {_signer(seal)}, and declares media made or changed by a "
                "trained algorithm.",
                reliability=_PROVED,
            )
        )
    elif seal.state == "whole":
        declares = ", ".join(seal.source_types) or "no source type"
        evidence.append(
            Evidence(
                "origin",
                f"The manifest (C2PA) is whole, signed by {_signer(seal)}, and declares: {declares}.",
                reliability=_PROVED,
            )
        )
    elif seal.state == "altered":
        evidence.append(
            Evidence(
                "origin",
                "The manifest (C2PA) is broken: the file was changed after it was signed.",
                reliability="certain; it does not say what was changed",
            )
        )
    else:
        evidence.append(Evidence("origin", "There is no manifest (C2PA). That is no evidence: most sites remove it."))
    declared = facts.get("declared source type", "")
    if declared in _MADE and seal.state == "missing":
        made = True
        evidence.append(Evidence("origin", f"Its metadata (IPTC) declare: {declared}.", reliability=_STATED))
    if "declared AIGC" in facts and seal.state == "missing":
        made = True
        evidence.append(
            Evidence(
                "origin", "Its metadata carry the Chinese mark AIGC for media made by machine.", reliability=_STATED
            )
        )
    if "note" in facts:
        made = True
        evidence.append(Evidence("origin", f"It {facts['note']}.", reliability=_STATED))
    told = [f"{name} {facts[name]}" for name in ("camera", "software", "compression", "encoder") if name in facts]
    if told:
        evidence.append(Evidence("origin", f"The file says of itself: {'; '.join(told)}.", reliability=_STATED))
    evidence += [
        Evidence("origin", f"{facts[name][0].upper()}{facts[name][1:]}.", reliability=_STATED)
        for name in ("history", "screen")
        if name in facts
    ]
    return tuple(evidence), made


def _signer(seal: Seal) -> str:
    name = seal.signer_name or "a signer without a name"
    return f"{name}, whom you trust" if seal.signer == "trusted" else f"{name}, who is not among those you trust"
